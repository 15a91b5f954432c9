#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make overlay': community.general.rax is ours, in every spelling, whether the
# community.general that is installed still has it (8), has it no more (9 and
# later), or is not there; and everything else of it works on. Made again after
# upgrades, it follows; the real collection is never touched.
set -euo pipefail
# shellcheck source=tests/lib/collection.sh
. "$ROOT/tests/lib/collection.sh"
# shellcheck source=tests/lib/general.sh
. "$ROOT/tests/lib/general.sh"

begin_alone
cd "$SCRATCH"
cloud_config '{"servers": [{"name": "web1"}]}'
overlay=$SCRATCH/first/ansible_collections/community/general

# hash: of what is really installed.
hash() {
	(cd "$real/ansible_collections/community" && find . -type f ! -path '*/__pycache__/*' -exec sha256sum {} + | sort -k 2 | sha256sum)
}

refuses() {
	local text=$1
	shift
	! make -s -C "$ROOT" BUILD="$BUILD" overlay "$@" >output 2>&1 || wrong "make overlay $*" "a refusal" "$(cat output)"
	told "$text"
}

cat >ours.yml <<'PLAY'
- hosts: localhost
  gather_facts: false
  module_defaults:
    community.general.rax_facts: {name: web1}
  tasks:
    - community.general.rax_facts:
      register: by_old_name
    - rax_facts:
      register: by_short_name
    - ansible.builtin.rax_facts:
      register: by_builtin_name
    - rackspace.cloud.rax_facts:
      register: by_new_name
    - action: community.general.rax_facts name=web1
      register: by_action
    - community.general.rax: {name: web2, image: Debian 12 (Bookworm), flavor: general1-1}
      check_mode: true
      register: predicted
    - ansible.builtin.assert:
        that:
          - item.ansible_facts.name == 'web1'
          - item.theirs is not defined
      loop: "{{ [by_old_name, by_short_name, by_builtin_name, by_new_name, by_action] }}"
      loop_control: {label: facts}
    - ansible.builtin.assert:
        that: predicted is changed and predicted.requests[0].body.server.name == 'web2'
- hosts: localhost
  gather_facts: false
  collections: [community.general]
  module_defaults:
    group/rackspace.cloud.rax: {name: web1}
  tasks:
    - rax_facts:
      register: facts
    - ansible.builtin.assert: {that: facts.ansible_facts.name == 'web1'}
PLAY
cat >theirs.yml <<'PLAY'
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.general.things: {text: by default}
  tasks:
    - community.general.thing:
      register: thing
    - community.general.old_thing: {text: "{{ 'loud' | community.general.shout }}"}
      register: again
    - ansible.builtin.assert:
        that:
          - thing.thing == version
          - thing.text == 'by default'
          - again.text == 'LOUD'
PLAY

# all_ours VERSION: what was made does all of this, without a word of deprecation.
all_ours() {
	works ours
	not_told DEPRECATION
	not_told "has been removed"
	[ "$1" = none ] || works theirs -e "version=$1"
	ansible-doc --playbook-dir . -t module community.general.rax >output 2>&1 || wrong "ansible-doc community.general.rax" ours "$(cat output)"
	told instance_ids
}

# --- As it is without an overlay: this test can fail.
general 8.0.0
install_collection
! ansible-playbook -i localhost, -c local ours.yml >output 2>&1 || wrong "8 without an overlay" "theirs" "$(cat output)"
before=$(hash)

# --- 8, with an overlay that comes first.
make_overlay DEST="$SCRATCH/first"
told "an overlay of $real/ansible_collections/community/general"
told "export ANSIBLE_COLLECTIONS_PATH=$SCRATCH/first:$real"
export ANSIBLE_COLLECTIONS_PATH=$SCRATCH/first:$real
all_ours 8.0.0
cat >not_ours.yml <<'PLAY'
- hosts: localhost
  gather_facts: false
  tasks:
    - community.general.rax_dns:
      register: called
    - ansible.builtin.assert: {that: called.theirs}
PLAY
works not_ours

# Again: nothing changes, and nothing is left beside it.
cp -a "$overlay" once
make_overlay DEST="$SCRATCH/first"
not_told "does not take it yet"
diff -r --no-dereference once "$overlay" >output || wrong "make overlay again" "the same" "$(cat output)"
[ "$(ls -A "$SCRATCH/first/ansible_collections/community")" = general ] ||
	wrong "make overlay again" "nothing beside it" "$(ls -A "$SCRATCH/first/ansible_collections/community")"

# What a killed run has left is no harm.
mkdir -p "${overlay%/*}/.general.new/meta" "${overlay%/*}/.general.old"
make_overlay DEST="$SCRATCH/first"
[ "$(ls -A "${overlay%/*}")" = general ] || wrong "make overlay after a killed one" "nothing beside it" "$(ls -A "${overlay%/*}")"
[ "$(hash)" = "$before" ] || wrong "make overlay" "the real collection as it was" "$(cd "$real" && find .)"

# --- The real one is upgraded in its place to 9, with tombstones.
general 9.1.0
before=$(hash)
[ ! -e "$overlay/NEW_IN_9.1.0" ] || wrong "an upgrade" "an overlay that is as it was" "$(ls "$overlay")"
make_overlay DEST="$SCRATCH/first"
[ -e "$overlay/NEW_IN_9.1.0" ] || wrong "make overlay after an upgrade" "what is new" "$(ls "$overlay")"
all_ours 9.1.0
[ "$(hash)" = "$before" ] || wrong "make overlay" "the real collection as it was" "$(cd "$real" && find .)"
# A name that is not ours stays removed.
! ansible localhost -m community.general.rax_dns >output 2>&1 || wrong "a name that is not ours" "it has been removed" "$(cat output)"
told "has been removed"

# --- ansible-galaxy, which installs where it searches first, replaces the overlay.
general 10.0.0 "$SCRATCH/first"
[ "$(hash)" = "$before" ] || wrong "an upgrade over the overlay" "the real collection as it was" "$(cd "$real" && find .)"
refuses "is a collection itself" DEST="$SCRATCH/first"
[ -e "$overlay/NEW_IN_10.0.0" ] || wrong "make overlay over a collection" "it is left alone" "$(ls "$overlay")"
rm -r "$overlay"

# --- One that is named, where Ansible does not search.
mkdir elsewhere
mv "$real/ansible_collections/community" elsewhere
refuses "There is no community.general in $real" DEST="$SCRATCH/first" FROM="$real"
mkdir -p elsewhere/ansible_collections
mv elsewhere/community elsewhere/ansible_collections
make_overlay DEST="$SCRATCH/first" FROM="$SCRATCH/elsewhere"
all_ours 9.1.0
# Where nothing else is found, it is made again of that one.
make_overlay DEST="$SCRATCH/first"
told "an overlay of $SCRATCH/elsewhere"
all_ours 9.1.0

# When that one has gone, the overlay stays what it was.
mv elsewhere gone
refuses "say FROM=" DEST="$SCRATCH/first"
[ -e "$overlay/meta/runtime.yml" ] || wrong "make overlay of what has gone" "the old overlay" "$(ls "$overlay")"
mv gone elsewhere
mkdir -p other/meta
echo '{}' >other/meta/runtime.yml
refuses "There is no community.general in $SCRATCH/other" DEST="$SCRATCH/first" FROM="$SCRATCH/other"
printf '[broken' >other/galaxy.yml
printf '{"collection_info": {"namespace": "community", "name": "other"}}' >other/MANIFEST.json
refuses "There is no community.general in $SCRATCH/other" DEST="$SCRATCH/first" FROM="$SCRATCH/other"
refuses "say $SCRATCH/first" DEST="$SCRATCH/first/ansible_collections"
refuses "is no directory" DEST="$SCRATCH/ours.yml"

# --- None at all: the names alone.
rm -r "$overlay" elsewhere
! ansible-playbook -i localhost, -c local ours.yml >output 2>&1 || wrong "without community.general" "a failure" "$(cat output)"
make_overlay DEST="$SCRATCH/first"
told "there is no community.general"
all_ours none

# --- Beside the playbooks, where no variable is needed.
general 9.1.0
unset ANSIBLE_COLLECTIONS_PATH
make_overlay DEST="$SCRATCH/collections"
all_ours 9.1.0
rm -r collections
export ANSIBLE_COLLECTIONS_PATH=$SCRATCH/first:$real

# --- One that was named stays the one, although Ansible finds another, until it has gone.
general 10.0.0 "$SCRATCH/newer"
make_overlay DEST="$SCRATCH/first" FROM="$SCRATCH/newer"
make_overlay DEST="$SCRATCH/first"
told "an overlay of $SCRATCH/newer/ansible_collections/community/general, which FROM has named"
all_ours 10.0.0
rm -r newer
make_overlay DEST="$SCRATCH/first"
told "an overlay of $real/ansible_collections/community/general"
not_told "FROM has named"
all_ours 9.1.0

# --- A link to a checkout, as developers have it; what it leads to is upgraded.
linked=$real/ansible_collections/community/general
mkdir src
mv "$linked" src/community.general
ln -s "$SCRATCH/src/community.general" "$linked"
make_overlay DEST="$SCRATCH/first"
told "an overlay of $linked"
all_ours 9.1.0
general 10.1.0 "$SCRATCH/newer"
mv src/community.general src/before
mv newer/ansible_collections/community/general src/community.general
make_overlay DEST="$SCRATCH/first"
told "an overlay of $linked"
all_ours 10.1.0
make_overlay DEST="$SCRATCH/first" FROM="$real"
told "an overlay of $linked"
ln -sfn "$SCRATCH/src/before" "$linked"
make_overlay DEST="$SCRATCH/first"
all_ours 9.1.0
[ -L "$linked" ] || wrong "make overlay" "the link as it was" "$(ls -ld "$linked")"

# A checkout that is named itself, which has a galaxy.yml; and it is made again of that one.
rm "$linked"
cp general/galaxy.yml src/community.general
rm src/community.general/MANIFEST.json
make_overlay DEST="$SCRATCH/first" FROM="$SCRATCH/src/community.general"
told "an overlay of $SCRATCH/src/community.general"
all_ours 10.1.0
make_overlay DEST="$SCRATCH/first"
all_ours 10.1.0
mv src/before "$linked"

# --- To be rid of it, in a path with a space.
mkdir "$SCRATCH/fir"
touch "$SCRATCH/fir/mine"
make_overlay DEST="$SCRATCH/fir st"
cp output made
overlay="$SCRATCH/fir st/ansible_collections/community/general"
export ANSIBLE_COLLECTIONS_PATH="$SCRATCH/fir st:$real"
all_ours 9.1.0
sed -n 's/^To be rid of it: //p' made >rid
sh rid
[ ! -e "$overlay" ] || wrong "$(cat rid)" "no overlay" "$(ls "$overlay")"
[ ! -e "$SCRATCH/fir st/ansible_collections/rackspace/cloud" ] || wrong "$(cat rid)" "no collection of ours" "$(cat made)"
[ -e "$SCRATCH/fir/mine" ] || wrong "$(cat rid)" "nothing else" "$(ls "$SCRATCH")"
works theirs -e version=9.1.0
! ansible localhost -m community.general.rax_facts -a name=web1 >output 2>&1 || wrong "without it" "as before" "$(cat output)"
told "has been removed"

refuses "Say where" DEST=
