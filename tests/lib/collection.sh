# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The collection, as a user installs it: for scripts that go on after
#   . "$ROOT/tests/lib/collection.sh"
# with the modules in no library, and a HOME of their own.
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

VERSION=$(sed -n 's/^version: //p' "$ROOT/common/collection/galaxy.yml")
TARBALL=$ROOT/$BUILD/rackspace-cloud-$VERSION-$(uname -m).tar.gz

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

# told TEXT: the last play has said so.
told() {
	grep -qF -- "$1" "$SCRATCH/output" || wrong "the last play" "$1" "$(cat "$SCRATCH/output")"
}

# not_told TEXT
not_told() {
	! grep -qF -- "$1" "$SCRATCH/output" || wrong "the last play" "nothing of: $1" "$(cat "$SCRATCH/output")"
}
