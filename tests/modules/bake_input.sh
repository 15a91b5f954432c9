#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Baking what cannot be baked, as the template or the cloud says: one message each
# that says the step and the remedy, and nothing is left.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

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
bake_fails '{"wait_timeout": 10}' 'step: server' 'Timeout'
cloud_config '{"faults": [{"image": {"name": "bad", "fault": "Out of space."}}]}'
bake_fails '{}' 'step: image' 'Out of space.'
# It is there long enough to be seen.
cloud_config '{"image_time": 9, "faults": [{"image": {"name": "bad", "vanish": true}}]}'
bake_fails '{}' 'step: image' 'disappeared' 'try again'
cloud_config '{"image_time": 0.1}'
cloud_config '{"faults": [{"image": {"name": "bad", "stuck": true}}]}'
bake_fails '{"wait_timeout": 30}' 'step: image' 'Timeout'
cloud_config '{"faults": []}'

# A server that breaks while it is baked is not waited for.
# breaks CHANGE: what becomes of it when its provisioner runs, which waits for that.
breaks() {
	until grep -qs 'provisioner 1 .* begins' "$SCRATCH/progress"; do
		sleep 0.05
	done
	cloud_config "{\"server\": {\"name\": \"^bad\$\", $1}}"
	touch "$SCRATCH/broken"
}
# with_step TYPE LINE: a bake of one step, which shows where it is.
with_step() {
	jq -nc --arg progress "$SCRATCH/progress" --arg type "$1" --arg line "$2" \
		'{progress: $progress, provisioners: [{type: $type, inline: [$line]}]}'
}
breaks '"status": "ERROR", "fault": "The host died."' &
bake_fails "$(with_step shell-local "until [ -e $SCRATCH/broken ]; do sleep 0.1; done")" 'step: ' 'ERROR'
wait "$!"
rm "$SCRATCH/progress" "$SCRATCH/broken"
breaks '"delete": true' &
bake_fails "$(with_step shell 'sleep 60')" 'step: provision' '(its server is '
wait "$!"

# Metadata that do not fit are told before a server is made.
new_log
for members in instance_metadata meta; do
	bake_fails "{\"$members\": $(jq -nc '[range(36) | {key: "k\(.)", value: "v"}] | from_entries')}" metadata 'than the 40'
done
bake_fails "{\"meta\": {\"note\": \"$(printf '%0256d' 0)\"}}" 'metadata.note is longer than 255 bytes'
bake_fails "{\"meta\": {\"$(printf '%0256d' 0)\": \"note\"}}" 'metadata: the key' 'is longer than 255 bytes'
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

# A file that holds something else than the digest says. This one does each time that it is read.
always='{"type": "file", "source": "/proc/sys/kernel/random/uuid", "destination": "/etc/upload"}'
new_log
bake_fails "{\"provisioners\": [$always]}" 'step: key pair' '"/proc/sys/kernel/random/uuid" has changed' 'bake again'
[ -z "$(cloud_writes)" ] || wrong "$called" "no request that writes" "$(cloud_writes)"
# It changes while it is baked.
upload="{\"type\": \"file\", \"source\": \"$SCRATCH/upload\", \"destination\": \"/etc/upload\"}"
echo one >"$SCRATCH/upload"
changes() {
	held "$$"
	echo two >"$SCRATCH/upload"
}
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "late": 15}]}'
changes &
bake_fails "{\"provisioners\": [$upload]}" 'step: image' 'upload" has changed since the bake began' 'bake again'
wait "$!"
# A step has made it.
makes="{\"type\": \"shell-local\", \"inline\": [\"echo three >'$SCRATCH/upload'\"]}"
run rax_image "$(recipe made "{\"provisioners\": [$makes, $upload]}")"
is 0 '.changed and (.warnings | any(contains("upload") and contains("generated")))'
run rax_image "$(recipe made "{\"provisioners\": [${always/\"source/\"generated\": true, \"source}]}")"
is 0 '.changed and (.warnings // [] | any(contains("uuid")) | not)'
forget made

# An image that was said to be renamed, and is not.
cloud_config '{"faults": [{"method": "PATCH", "status": 200, "body": {}}]}'
bake_fails '{}' 'step: finish' 'is still called bad-baking-'
cloud_config '{"faults": []}'

# As many metadata as fit are taken; one is Packer's image_type.
run rax_image "$(recipe full "$(jq -nc 'def items($n): [range($n) | {key: "k\(.)", value: "v"}] | from_entries;
	{instance_metadata: items(35), meta: items(33)}')")"
is 0 '.changed and (.image.metadata | has("k32"))'
