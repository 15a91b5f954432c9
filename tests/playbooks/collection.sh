#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The collection is built for this machine, installs without a network, and its
# modules run by full name and, in a play that names it, by short name, with
# credentials that are said once; its playbooks bake, deploy and roll back.
set -euo pipefail
# shellcheck source=tests/lib/collection.sh
. "$ROOT/tests/lib/collection.sh"

MACHINES=yes begin_alone --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --image-time 0.2
cd "$SCRATCH"
called="the collection"
[ -f "$TARBALL" ] || wrong "make collection" "$TARBALL" "$(ls "$ROOT/$BUILD")"
install_collection
installed=$HOME/.ansible/collections/ansible_collections/rackspace/cloud
[ -x "$installed/plugins/modules/rax" ] || wrong "$called" "an executable rax" "$(ls -l "$installed/plugins/modules")"
for name in README.md CHANGELOG.md LICENSE meta/runtime.yml meta/built_for inventory/template.yml \
	playbooks/{bake,deploy,rollback,teardown}.yml playbooks/sample/packer.json; do
	[ -s "$installed/$name" ] || wrong "$called" "$name" "$(find "$installed")"
done
[ ! -e "$installed/playbooks/collections" ] ||
	wrong "$called" "nothing beside its playbooks that has a group of its own" "$(find "$installed/playbooks/collections")"
! grep -rn '@[A-Z_]*@' "$installed"/{README.md,MANIFEST.json,meta} || wrong "$called" "all is filled in" "see above"
jq -e --arg machine "$(uname -m)" '.collection_info
	| .version == "'"$VERSION"'" and (.tags | index([$machine])) and (.description | contains($machine))' \
	"$installed/MANIFEST.json" >/dev/null ||
	wrong "$called" "it says for which machine it is" "$(cat "$installed/MANIFEST.json")"

# Everything that was built is in it, in the group, and has its document.
[ ${#MODULES[@]} -ge 7 ] || wrong "$called" "modules" "${MODULES[*]}"
ansible-doc -j -t module "${MODULES[@]/#/rackspace.cloud.}" >documents
for module in "${MODULES[@]}"; do
	jq -e --arg name "rackspace.cloud.$module" --arg examples "    $name:" '.[$name]
		| (.doc.options | length > 10) and (.examples | contains("\($name):")) and (.return | length > 0)' \
		documents >/dev/null || wrong "ansible-doc" "the document of $module" "$(jq "keys" documents)"
	# Its examples say full names only, so that they can be copied.
	! jq -r --arg name "rackspace.cloud.$module" '.[$name].examples' documents | grep -nE '^ *rax[a-z_]*:' ||
		wrong "the examples of $module" "full names" "see above"
done

# Who one is comes from the group's defaults alone, in every spelling.
user=$RAX_USERNAME endpoint=$RAX_AUTH_ENDPOINT
unset RAX_USERNAME RAX_API_KEY RAX_AUTH_ENDPOINT RAX_REGION
{
	cat <<END
- hosts: localhost
  gather_facts: false
  vars:
    # By itself it is in the home of passwd, not in this test's.
    ansible_async_dir: $SCRATCH/async
  module_defaults:
    group/rackspace.cloud.rax: &login
      username: $user
      api_key: $USER_KEY
      auth_endpoint: $endpoint
      region: IAD
  tasks:
    - rackspace.cloud.rax: {name: one, image: Debian 12 (Bookworm), flavor: general1-1, wait: true}
    - rackspace.cloud.rax_facts: {name: one}
      register: facts
    - action: rackspace.cloud.rax_facts name=one
      register: facts_again
    - local_action: {module: rackspace.cloud.rax_facts, id: "{{ facts.ansible_facts.id }}"}
      register: facts_by_id
    - rackspace.cloud.rax_facts: {name: one}
      async: 30
      poll: 1
      register: facts_later
    - rackspace.cloud.rax: {name: two, image: Debian 12 (Bookworm), flavor: general1-1}
      check_mode: true
      register: predicted
    - ansible.builtin.assert:
        that:
          - facts.ansible_facts.name == 'one'
          - facts_again.ansible_facts.id == facts.ansible_facts.id
          - facts_by_id.ansible_facts.id == facts.ansible_facts.id
          - facts_later.ansible_facts.id == facts.ansible_facts.id
          - predicted is changed and predicted.requests | length == 1
    - rackspace.cloud.rax: {name: one, state: absent, username: nobody, api_key: wrong}
      register: refused
      ignore_errors: true
    - ansible.builtin.assert:
        that: refused is failed and 'credentials' in refused.msg and 'nobody' in refused.msg
- hosts: localhost
  gather_facts: false
  collections: [rackspace.cloud]
  module_defaults:
    group/rackspace.cloud.rax: *login
  tasks:
    - rax: {name: one, image: Debian 12 (Bookworm), flavor: general1-1}
      register: again
    - ansible.builtin.assert: {that: again is not changed}
- hosts: localhost
  gather_facts: false
  module_defaults:
    rackspace.cloud.rax_facts: *login
    group/rackspace.cloud.rax: {region: ORD}
  tasks:
    - rackspace.cloud.rax_facts: {name: one}
      register: facts
    - ansible.builtin.assert: {that: facts.ansible_facts.name == 'one'}
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/rackspace.cloud.rax: *login
  tasks:
END
	logins rackspace.cloud.
} >full.yml
works full

# What its README shows.
export RAX_AUTH_ENDPOINT=$endpoint
sed -n '/^```yaml$/,/^```$/{/^```/d; p}' "$installed/README.md" |
	sed "s/harbour-ci/$user/" >readme.yml
works readme -e "vault_rax_api_key=$USER_KEY"
cloud_is '[.regions.IAD.servers[] | select(.name == ("web01", "web02"))] | length == 2'

# The playbooks: the inventory says who one is, and the environment somebody else.
need_machines
export RAX_USERNAME=nobody RAX_API_KEY=wrong
of_collection() {
	local name=$1
	shift
	called="rackspace.cloud.$name $*"
	ansible-playbook -i "$ROOT/inventory/simcloud.yml" "rackspace.cloud.$name" \
		-e settle_seconds=1 -e drain_seconds=1 "$@" >"$SCRATCH/output" 2>&1 ||
		wrong "$called" "all good" "$(tail -n 60 "$SCRATCH/output")"
}
serves() {
	cloud_is "[.regions.IAD.loadbalancers[0].metadata[] | select(.key == \"ansible-live\") | .value]
		| length == 1 and (.[0] | startswith(\"$1\"))"
}
of_collection bake -e build_key=41
cloud_is '[.regions.IAD.images[] | select(.name == "app-41")] | length == 1'
of_collection bake -e build_key=42
of_collection deploy -e build_key=41
serves 41
of_collection deploy -e build_key=42
serves 42
of_collection rollback
serves 41

# The same playbooks from a library, beside the collection that is installed.
new_log
called="playbooks/deploy.yml from a library"
ANSIBLE_LIBRARY=$ROOT/$BUILD/modules playbook deploy -e build_key=41 >"$SCRATCH/output" 2>&1 ||
	wrong "$called" "all good" "$(tail -n 60 "$SCRATCH/output")"
told "changed=0 "
[ -z "$(cloud_writes)" ] || wrong "$called" "nothing is written" "$(cloud_writes)"

of_collection teardown -e confirm=app
cloud_is '.regions.IAD | .loadbalancers == [] and ([.servers[].name] | index(["app1"]) == null)'
