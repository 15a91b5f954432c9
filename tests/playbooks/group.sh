#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The playbooks run from a library whatever community.general is there: they name no
# module in module_defaults, where one that community.general has removed ends the
# whole play, but a group that is beside them. It has every module, and its
# defaults arrive.
set -euo pipefail
# shellcheck source=tests/lib/collection.sh
. "$ROOT/tests/lib/collection.sh"
# shellcheck source=tests/lib/general.sh
. "$ROOT/tests/lib/general.sh"

begin --build-time 0.1 --app-delay 0.1 --delete-time 0.1
cd "$SCRATCH"
user=$RAX_USERNAME endpoint=$RAX_AUTH_ENDPOINT
library=playbooks/collections/ansible_collections/rackspace/library
cloud_config '{"servers": [{"name": "web1"}]}'

# --- Every module is in the group, and nothing else.
sed -n 's/^    - ansible\.legacy\.//p' "$ROOT/$library/meta/runtime.yml" | diff - <(printf '%s\n' "${MODULES[@]}") >output ||
	wrong "reading $library/meta/runtime.yml" "ansible.legacy.NAME of each module, in order" "$(cat output)"

# --- What a module's name leads to there. Where this is fatal no more, the group
# is needed no more.
general 9.1.0
cat >named.yml <<'PLAY'
- hosts: localhost
  gather_facts: false
  module_defaults:
    rax_facts: {name: web1}
  tasks:
    - rax_facts:
      register: facts
    - ansible.builtin.assert: {that: facts.ansible_facts.name == 'web1'}
PLAY
sed '/module_defaults/,+1d; s/rax_facts:$/rax_facts: {name: web1}/' named.yml >in_task.yml
works in_task
! ansible-playbook -i localhost, -c local named.yml >output 2>&1 ||
	wrong "a module's name in module_defaults" "a failure, beside community.general 9" "$(cat output)"
told "has been removed"

# --- The playbooks: the inventory says who one is, and the environment somebody else.
export RAX_USERNAME=nobody RAX_API_KEY=wrong RAX_REGION=none
runs() {
	playbook "$@" >output 2>&1 || wrong "the playbook $*" "all good" "$(tail -n 60 output)"
	not_told "has been removed"
}
for path in "$ROOT"/playbooks/*.yml; do
	name=${path##*/}
	runs "${name%.yml}" --syntax-check
done
add_images 41
runs deploy -e build_key=41 -e instances_count=1 -e settle_seconds=1 -e drain_seconds=1
cloud_is '.regions.IAD.loadbalancers | length == 1 and .[0].nodes[0].condition == "ENABLED"'
runs teardown -e confirm=app
cloud_is '.regions.IAD | .loadbalancers == [] and [.servers[].name] == ["web1"]'

# --- Its defaults reach every module; and a user's own playbook there still finds
# the collection that is installed.
install_collection
cp -r "$ROOT/playbooks/collections" .
cat >group.yml <<END
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/rackspace.library.rax: &login
      username: $user
      api_key: $USER_KEY
      auth_endpoint: $endpoint
      region: IAD
    group/rackspace.cloud.rax: *login
  tasks:
    - rax_facts: {name: web1}
      register: facts
    - rackspace.cloud.rax_facts: {name: web1}
      register: facts_again
    - ansible.builtin.assert:
        that:
          - facts.ansible_facts.name == 'web1'
          - facts_again.ansible_facts.id == facts.ansible_facts.id
$(logins)
END
unset RAX_AUTH_ENDPOINT
works group

# --- With the overlay, a name does as well.
export RAX_USERNAME=$user RAX_API_KEY=$USER_KEY RAX_AUTH_ENDPOINT=$endpoint RAX_REGION=IAD
make_overlay DEST="$SCRATCH/first"
export ANSIBLE_COLLECTIONS_PATH=$SCRATCH/first:$real
works named
works group
runs teardown -e confirm=app
