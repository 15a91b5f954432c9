# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The collection, as a user installs it: for scripts that go on after
#   . "$ROOT/tests/lib/collection.sh"
# with the modules in no library, and a HOME of their own.
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

VERSION=$(sed -n 's/^version: //p' "$ROOT/common/collection/galaxy.yml")
TARBALL=$ROOT/$BUILD/rackspace-cloud-$VERSION-$(uname -m).tar.gz
# The modules that there are.
mapfile -t MODULES < <(find "$ROOT/$BUILD/modules" -type f ! -name '*.*' -printf '%f\n' | sort)

# begin_alone [OPTION...]: as begin, without the modules.
begin_alone() {
	begin "$@"
	unset ANSIBLE_LIBRARY
}

# install_collection [ARGUMENT...]: of ansible-galaxy.
install_collection() {
	ansible-galaxy collection install "$@" "$TARBALL" >"$SCRATCH/output" 2>&1 ||
		wrong "ansible-galaxy collection install $*" "an installed collection" "$(cat "$SCRATCH/output")"
}

# works NAME ARGUMENT...: the play in $SCRATCH/NAME.yml.
works() {
	local name=$1
	shift
	ansible-playbook -i localhost, -c local \
		-e "ansible_python_interpreter={{ ansible_playbook_python }}" "$@" "$SCRATCH/$name.yml" >"$SCRATCH/output" 2>&1 ||
		wrong "the play $name" "all good" "$(cat "$SCRATCH/output")"
}

# logins [PREFIX]: tasks of a play, one of each module by this prefix and its name,
# that fail unless they can log in by what is said elsewhere.
logins() {
	local module arguments
	for module in "${MODULES[@]}"; do
		case $module in
		rax) arguments='{name: one, state: absent, instance_ids: [none]}' ;;
		rax_clb) arguments='{name: none, state: absent}' ;;
		rax_clb_nodes) arguments='{load_balancer: none, address: 10.0.0.1, port: 80, state: absent}' ;;
		rax_facts) arguments='{id: none}' ;;
		rax_image) arguments='{name: none, state: absent}' ;;
		*) arguments='{name: none}' ;;
		esac
		printf '    - %s%s: %s\n      register: called\n      failed_when: >-\n' "${1:-}" "$module" "$arguments"
		printf "        called is failed and 'none' not in called.msg\n"
	done
}

# told TEXT: the last play has said so.
told() {
	grep -qF -- "$1" "$SCRATCH/output" || wrong "the last play" "$1" "$(cat "$SCRATCH/output")"
}

# not_told TEXT
not_told() {
	! grep -qF -- "$1" "$SCRATCH/output" || wrong "the last play" "nothing of: $1" "$(cat "$SCRATCH/output")"
}
