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

# A server that breaks while it is baked is not waited for.
# breaks CHANGE: what becomes of it when its provisioner runs.
breaks() {
	rm -f "$SCRATCH/progress"
	until grep -qs '1 (shell) begins' "$SCRATCH/progress"; do
		sleep 0.05
	done
	cloud_config "{\"server\": {\"name\": \"^bad\$\", $1}}"
}
sleeps="{\"progress\": \"$SCRATCH/progress\", \"provisioners\": [{\"type\": \"shell\", \"inline\": [\"sleep 3\"]}]}"
breaks '"status": "ERROR", "fault": "The host died."' &
bake_fails "$sleeps" 'step: ' 'ERROR'
wait "$!"
breaks '"delete": true' &
bake_fails "$sleeps" 'step: provision' '(its server is not there any more)'
wait "$!"

# Metadata that do not fit are told before a server is made.
new_log
for members in instance_metadata meta; do
	bake_fails "{\"$members\": $(jq -nc '[range(36) | {key: "k\(.)", value: "v"}] | from_entries')}" metadata 'than the 40'
done
# So is an account without the service that gives an image its name.
login=$(jq -nc --arg name "$RAX_USERNAME" --arg key "$RAX_API_KEY" '{auth:
	{"RAX-KSKEY:apiKeyCredentials": {username: $name, apiKey: $key}}}')
catalog=$(curl -sSf "${RAX_AUTH_ENDPOINT%/}/tokens" -d "$login" -H 'Content-Type: application/json' |
	jq -c '.access.serviceCatalog |= map(select(.type != "image"))')
cloud_config "$(jq -nc --argjson body "$catalog" '{faults: [{method: "POST", path: "/tokens$", times: 0, status: 200, body: $body}]}')"
bake_fails '{}' 'service of type image'
cloud_config '{"faults": []}'
[ -z "$(cloud_writes)" ] || wrong "baking what cannot be" "no request that writes" "$(cloud_writes)"

jq -nc --arg image "$DEBIAN" '{builders: [{type: "openstack", image_name: "bad", source_image: $image,
	flavor: "general1-1", ssh_username: "root"}], provisioners: [{type: "shell", inline: ["true"]}],
	"post-processors": [{type: "manifest", output: "/nonexistent/manifest.json"}]}' >"$SCRATCH/packer.json"
template_fails "$(cat "$SCRATCH/packer.json")" 'manifest /nonexistent/manifest.json'
[ -z "$(cloud_writes)" ] || wrong "baking what cannot be" "no request that writes" "$(cloud_writes)"

# What SSH says.
bake_fails '{"ssh_port": 9, "ssh_timeout": "2s"}' 'step: login' 'port 9' 'attempts' 'refused'
bake_fails '{"ssh_username": "nobody", "ssh_handshake_attempts": 1}' 'step: login' 'nobody' 'publickey'
bake_fails '{"host_key": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}' \
	'step: login' 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 'host key'
bake_fails '{"ssh_interface": "storage"}' 'step: login' 'network storage' 'ssh_interface'
printf 'no key\n' >"$SCRATCH/key"
bake_fails "{\"ssh_private_key_file\": \"$SCRATCH/key\"}" "$SCRATCH/key"

# An image that was said to be renamed, and is not.
cloud_config '{"faults": [{"method": "PATCH", "status": 200, "body": {}}]}'
bake_fails '{}' 'step: finish' 'is still called bad-baking-'
cloud_config '{"faults": []}'

# What the scripts say.
bake_fails "$(script 'echo It is broken.; exit 3')" 'step: provision' 'provisioner 1 (shell)' 'status 3' 'It is broken.'
bake_fails "$(script 'kill -9 $PPID')" 'step: provision' 'provisioner 1 (shell)' 'expect_disconnect'
bake_fails '{"provisioners": [{"type": "shell", "inline": ["sleep 60"], "timeout": "1s"}]}' 'step: provision' 'timeout' '1 s'
bake_fails '{"provisioners": [{"type": "file", "source": "/nonexistent/x", "destination": "/tmp/x"}]}' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "file", "direction": "download", "source": "/nonexistent/x", "destination": "'"$SCRATCH"'/x"}]}' \
	'step: provision' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "shell-local", "inline": ["exit 4"]}]}' 'step: provision' 'shell-local' '4'
# Of what they say no more is in the result than somebody reads.
run rax_image "$(recipe bad "$(script 'for i in $(seq 1000); do printf "%04000d\n" "$i"; done; exit 3')")"
is 1 '.output[0] | .count > 1000 and (.lines | length) > 60 and (.lines | map(length) | add) <= 262144'
nothing_left
# The template'"'"'s own cleaning up runs, once, and what it says is told.
run rax_image "$(recipe bad '{"error_cleanup_provisioner": {"type": "shell", "inline": ["echo cleaned up"]},
	"provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '[.output[].lines[] | select(. == "cleaned up")] | length == 1'
nothing_left

# The private key is saved for nobody when its server is gone, and does not stand
# in the way of the next run; one that was there is left alone.
bake_fails "{\"save_private_key\": \"$SCRATCH/saved\", \"provisioners\": [{\"type\": \"shell\", \"inline\": [\"exit 3\"]}]}" 'status 3'
[ ! -e "$SCRATCH/saved" ] || wrong "$called" "no private key on disk" "$(ls -l "$SCRATCH/saved")"
echo mine >"$SCRATCH/saved"
bake_fails "{\"save_private_key\": \"$SCRATCH/saved\"}" 'File exists'
[ "$(cat "$SCRATCH/saved")" = mine ] || wrong "$called" mine "$(cat "$SCRATCH/saved")"

# The result is written into no file that is opened meanwhile.
write_arguments "$(recipe bad '{"provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')" false false rax_image >"$SCRATCH/arguments"
for closed in '>&-' '<&- >&-' '<&- >&- 2>&-'; do
	called="rax_image $closed"
	rm -f "$SCRATCH/progress"
	! RAX_PROGRESS=$SCRATCH/progress bash -c "exec \"\$@\" $closed" - "$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" ||
		wrong "$called" "a failure" "none"
	! grep -q invocation "$SCRATCH/progress" || wrong "$called" "no result in the progress" "$(cat "$SCRATCH/progress")"
	nothing_left
done

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

# As many metadata as fit are taken; one is Packer's image_type.
run rax_image "$(recipe full "$(jq -nc 'def items($n): [range($n) | {key: "k\(.)", value: "v"}] | from_entries;
	{instance_metadata: items(35), meta: items(33)}')")"
is 0 '.changed and (.image.metadata | has("k32"))'
