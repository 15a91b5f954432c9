#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is no build key, and settings that cannot be: refused with one clear
# message before anything is asked of the cloud.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# The command in each playbook's head names one inventory: the directory of them
# would put simcloud.yml's login in place of one's own.
for file in "$ROOT"/playbooks/*.yml; do
	inventory=$(sed -n 's/^#   ansible-playbook -i \([^ ]*\) .*/\1/p' "$file")
	[ -f "$ROOT/$inventory" ] || fail "the head of $file names no inventory: $inventory"
done

start_cloud
while IFS= read -r key; do
	fails "build_key must be a string" deploy -e "{\"build_key\": $key}"
done <<'KEYS'
"a/b"
"x y"
"$(id)"
"é"
""
42
42.0
042
true
null
["42"]
"-42"
"42\n"
"12345678901234567890123456789012345678901234567890123456789012345"
KEYS
fails "build_key must be a string" deploy
fails "build_key must be a string" rollback -e '{"build_key": 42}'
fails "instances_count=0: must be a whole number from 1 up" deploy -e build_key=42 -e instances_count=0
fails "drain_seconds=soon: must be a whole number from 0 up" deploy -e build_key=42 -e drain_seconds=soon
fails "server_name may have" deploy -e build_key=42 -e 'server_name=a%d'
fails "confirm it by the balancer's name: -e confirm=app" teardown
fails "confirm it by the balancer's name: -e confirm=app" teardown -e confirm=yes
fails "build_key must be a string" bake
fails "build_key must be a string" bake -e '{"build_key": 42}'
fails "keep_builds=-1: must be a whole number from 0 up" bake -e build_key=42 -e keep_builds=-1
fails "bake_variables must be names and texts" bake -e build_key=42 -e bake_variables=more
fails "rebake=perhaps: must be true or false" bake -e build_key=42 -e rebake=perhaps
fails "keep_builds needs a rackspace_image that ends in the build_key" bake -e build_key=42 -e keep_builds=1 \
	-e '{"rackspace_image": "{{ build_key }}-app"}'
fails "keep_builds needs a rackspace_image that ends in the build_key" bake -e build_key=42 -e keep_builds=1 \
	-e '{"rackspace_image": "[app]-{{ build_key }}"}'
equal "requests" 0 "$(cloud_log '.requests | length')"

add_images 042
succeeds deploy -e '{"build_key": "042"}' "${quick[@]}"
only 042 2
