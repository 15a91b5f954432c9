#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make install' into a directory that Ansible searches by itself, and into
# another: the modules run from there, with documents, beside nothing else.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
unset ANSIBLE_LIBRARY
cloud_config '{"servers": [{"name": "web1"}]}'
cd "$SCRATCH"

# install_by WORDS: as a user types them, in a shell of theirs.
install_by() {
	sh -c "make -s -C '$ROOT' BUILD='$BUILD' install $1" >output 2>&1 ||
		wrong "make install $1" "modules" "$(cat output)"
}

# installed DIRECTORY: what was built is there, and no more.
installed() {
	[ "$(ls "$1")" = "$(ls "$ROOT/$BUILD/modules")" ] ||
		wrong "make install" "$(ls "$ROOT/$BUILD/modules")" "$(ls -l "$1")"
	local name
	for name in "$1"/*; do
		cmp -s "$name" "$ROOT/$BUILD/modules/${name##*/}" || wrong "make install" "what was built" "$name"
		[[ $name == *.yml ]] || [ "$(stat -c %a "$name")" = 755 ] || wrong "make install" "mode 755" "$(ls -l "$name")"
	done
}

install_by "LIBRARY=~/.ansible/plugins/modules"
installed "$HOME/.ansible/plugins/modules"
ad_hoc rax_facts -a name=web1
is 0 '.ansible_facts.name == "web1"'
ansible-doc -t module rax >output 2>&1 && grep -q instance_ids output || wrong "ansible-doc rax" "a document" "$(cat output)"
# Again, over what is there.
install_by "LIBRARY=~/.ansible/plugins/modules"
installed "$HOME/.ansible/plugins/modules"
rm -r "$HOME/.ansible/plugins"

# A path with a space, as make's variable and as the shell's ~.
install_by "'LIBRARY=~/my modules'"
installed "$HOME/my modules"
rm -r "$HOME/my modules"

# Where a package would be made, and the place that PREFIX makes.
install_by "DESTDIR=$SCRATCH/package LIBRARY=/usr/share/ansible/plugins/modules"
installed "$SCRATCH/package/usr/share/ansible/plugins/modules"
install_by "PREFIX=$SCRATCH/local"
installed "$SCRATCH/local/share/ansible/plugins/modules"
export ANSIBLE_LIBRARY=$SCRATCH/local/share/ansible/plugins/modules
ad_hoc rax_facts -a name=web1
is 0 '.ansible_facts.name == "web1"'
