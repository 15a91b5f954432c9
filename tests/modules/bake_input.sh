#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Baking what cannot be baked: one message each that says the step and the
# remedy, and nothing is left.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

# bake_fails MEMBERS TEXT...: the bake fails with a message that has each text,
# and nothing of it is left.
bake_fails() {
	local members=$1 text
	shift
	run rax_image "$(recipe bad "$members")"
	for text in "$@"; do
		is 1 ".failed and (.msg | contains($(jq -n --arg text "$text" '$text')))"
	done
	nothing_left
	[ -z "$(finished)" ] || wrong "$called" "no image" "$(finished)"
}

# script TEXT: a provisioner, as a member.
script() {
	jq -nc --arg text "$1" '{provisioners: [{type: "shell", inline: [$text]}]}'
}

# template_fails CONTENT TEXT: a template of this content.
template_fails() {
	printf '%s' "$1" >"$SCRATCH/packer.json"
	run rax_image "{\"template\": \"$SCRATCH/packer.json\"}"
	is 1 ".failed and (.msg | contains($(jq -n --arg text "$2" '$text')))"
}

begin_bake
new_log

# What is known without a request.
template_fails '{"builders": [}' 'line 1, column 15'
template_fails '{"builders": []}' 'add one of type'
template_fails '{"builders": [{"type": "openstack", "image_name": "x", "source_image": "s",
	"flavor": "2", "region": "IAD", "identity_endpoint": "http://127.0.0.1/v2.0", "username": "u", "password": "p",
	"ssh_username": "root"}], "provisioners": [{"type": "shell", "script": "/nonexistent/a.sh"}]}' '/nonexistent/a.sh'
template_fails '{"variables": {"key": null}, "builders": [{"type": "null"}]}' '"key" is required'
run rax_image '{"template": "/nonexistent/packer.json"}'
is 1 '.msg | contains("/nonexistent/packer.json")'
[ "$(cloud_log '.requests | length')" = 0 ] || wrong "reading templates" "no request" "some"

# What the cloud says.
bake_fails '{"source_image": "c0de0000-1111-4222-8333-444455556666"}' 'source image: ' 'c0de0000-1111-4222-8333-444455556666'
bake_fails '{"source_image_filter": {"name": "No such image"}, "source_image": null}' 'No image matches source_image_filter'
bake_fails '{"flavor": "huge"}' 'There is no flavor huge'
bake_fails '{"networks": ["nowhere"]}' 'nowhere'
cloud_config '{"faults": [{"server": {"name": "bad", "fault": "No valid host was found."}}]}'
bake_fails '{}' 'step: server' 'No valid host was found.' 'removed again'
cloud_config '{"faults": [{"server": {"name": "bad", "stuck": true}}]}'
bake_fails '{"wait_timeout": 3}' 'step: server' 'Timeout'
cloud_config '{"faults": [{"image": {"name": "bad", "fault": "Out of space."}}]}'
bake_fails '{}' 'step: image' 'Out of space.'
cloud_config '{"faults": [{"image": {"name": "bad", "vanish": true}}]}'
bake_fails '{}' 'step: image' 'disappeared' 'try again'
cloud_config '{"faults": [{"image": {"name": "bad", "stuck": true}}]}'
bake_fails '{"wait_timeout": 5}' 'step: image' 'Timeout'
cloud_config '{"faults": []}'

# What SSH says.
bake_fails '{"ssh_port": 9, "ssh_timeout": "2s"}' 'step: login' 'port 9' 'attempts' 'refused'
bake_fails '{"ssh_username": "nobody", "ssh_handshake_attempts": 1}' 'step: login' 'nobody' 'publickey'
bake_fails '{"host_key": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}' \
	'step: login' 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 'host key'
bake_fails '{"ssh_interface": "storage"}' 'step: login' 'network storage' 'ssh_interface'
printf 'no key\n' >"$SCRATCH/key"
bake_fails "{\"ssh_private_key_file\": \"$SCRATCH/key\"}" "$SCRATCH/key"

# What the scripts say.
bake_fails "$(script 'echo It is broken.; exit 3')" 'step: provision' 'provisioner 1 (shell)' 'status 3' 'It is broken.'
bake_fails "$(script 'kill -9 $PPID')" 'step: provision' 'provisioner 1 (shell)' 'expect_disconnect'
bake_fails '{"provisioners": [{"type": "shell", "inline": ["sleep 60"], "timeout": "1s"}]}' 'step: provision' 'timeout' '1 s'
bake_fails '{"provisioners": [{"type": "file", "source": "/nonexistent/x", "destination": "/tmp/x"}]}' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "file", "direction": "download", "source": "/nonexistent/x", "destination": "'"$SCRATCH"'/x"}]}' \
	'step: provision' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "shell-local", "inline": ["exit 4"]}]}' 'step: provision' 'shell-local' '4'
# The template'"'"'s own cleaning up runs, once, and what it says is told.
run rax_image "$(recipe bad '{"error_cleanup_provisioner": {"type": "shell", "inline": ["echo cleaned up"]},
	"provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '[.output[].lines[] | select(. == "cleaned up")] | length == 1'
nothing_left

# What cannot be removed is named, and makes the run fail; the next one, or a
# sweep, removes it once its lease has ended, never before.
cloud_config '{"faults": [{"method": "DELETE", "path": "/700123/servers/", "status": 500, "body": "broken", "times": 0}]}'
run rax_image "$(recipe bad '{"lease": 3, "provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '(.left | length) == 1 and (.left[0] | startswith("server bad ")) and (.msg | contains("see `left'"'"'"))'
cloud_config '{"faults": []}'
[ "$(left_over)" = "server bad" ] || wrong "$called" "server bad" "$(left_over)"
run rax_image '{"state": "swept", "older_than": "1h"}'
is 0 '.changed | not'
until [ "$(cloud_state "[.regions.IAD.servers[] | .metadata[\"ansible-lease\"] | tonumber] | max < $(date +%s)")" = true ]; do
	run rax_image '{"state": "swept"}'
	[ "$(left_over)" = "server bad" ] || [ "$(jq .changed "$SCRATCH/result")" = true ] ||
		wrong "$called" "no change, or one that is told" "$(cat "$SCRATCH/result")"
	[ -n "$(left_over)" ] || break
	sleep 0.2
done
run rax_image '{"state": "swept"}'
nothing_left

# Kept where that is wanted, named, and swept later.
run rax_image "$(recipe bad '{"lease": 2, "on_error": "abort", "provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '(.kept | length) == 2 and .left == null'
[ "$(left_over | sort | cut -d ' ' -f 1 | paste -sd ' ')" = "key server" ] || wrong "$called" "a server and a key pair" "$(left_over)"
# Another recipe is refused as long as that lease runs.
run rax_image "$(recipe bad)"
while [ "$status" != 0 ]; do
	fails "Another run bakes image bad from another recipe"
	sleep 0.3
	run rax_image "$(recipe bad)"
done
is 0 '.changed and (.removed | length) == 2 and .image.name == "bad"'
nothing_left
