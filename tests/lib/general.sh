# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A stand-in for community.general, and our overlay of it: for scripts that go on,
# in $SCRATCH, after
#   . "$ROOT/tests/lib/collection.sh"
#   . "$ROOT/tests/lib/general.sh"

# Where users have theirs.
real=$HOME/.ansible/collections

# general VERSION [PATH]: a collection like community.general of that version, made
# in the current directory and installed as users install theirs, or into that
# path. Its rax says that it is not ours; from 9 on, that it was removed.
general() {
	local version=$1 routes
	rm -rf general
	mkdir -p general/{meta,plugins/{modules,filter}}
	printf 'namespace: community\nname: general\nversion: %s\nreadme: README.md\nauthors: [nobody]\n' \
		"$version" >general/galaxy.yml
	echo "# general" >general/README.md
	if [ "${version%%.*}" -lt 9 ]; then
		routes='deprecation: {removal_version: 9.0.0, warning_text: This module relies on pyrax.}'
		for name in rax rax_clb rax_clb_nodes rax_facts rax_dns; do
			cat >general/plugins/modules/$name.py <<'END'
#!/usr/bin/python
DOCUMENTATION = '''
module: theirs
short_description: Theirs
description: Theirs
'''
print('{"changed": false, "theirs": true}')
END
		done
	else
		routes='tombstone: {removal_version: 9.0.0, warning_text: This module relied on pyrax.}'
	fi
	{
		printf -- "---\nrequires_ansible: '>=2.13.0'\nplugin_routing:\n  modules:\n"
		printf '    %s: {%s}\n' rax "$routes" rax_clb "$routes" rax_clb_nodes "$routes" \
			rax_facts "$routes" rax_dns "$routes"
		printf '    old_thing: {redirect: community.general.thing}\n'
		printf 'action_groups:\n  things: [thing]\n'
	} >general/meta/runtime.yml
	cat >general/plugins/modules/thing.py <<END
#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({'text': {}})
module.exit_json(thing='$version', text=module.params['text'])
END
	cat >general/plugins/filter/shout.py <<'END'
class FilterModule:
    def filters(self):
        return {'shout': lambda text: text.upper()}
END
	[ "$version" = 8.0.0 ] || echo new >"general/NEW_IN_$version"
	ansible-galaxy collection build --force --output-path general general >/dev/null
	ansible-galaxy collection install --force -p "${2:-$real}" "general/community-general-$version.tar.gz" \
		>output 2>&1 || wrong "installing the stand-in" "it is installed" "$(cat output)"
}

# make_overlay ARGUMENT...: of `make overlay'; what it says is left in output.
make_overlay() {
	make -s -C "$ROOT" BUILD="$BUILD" overlay "$@" >output 2>&1 ||
		wrong "make overlay $*" "an overlay" "$(cat output)"
}
