# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# What a create request may not ask for.
start --build-time 0.2

# a row: status, the member, what the answer is
while IFS='|' read -r code member answer; do
	refused "$code" bad "$member" "$answer"
done <<-'END'
	400|"name": 5|.badRequest.message | test("not a string")
	400|"name": ""|.badRequest
	400|"imageRef": "nope"|.badRequest.message == "Invalid imageRef provided."
	400|"imageRef": "1a2b3c4d-0000-4000-8000-000000009999"|.badRequest.message == "Can not find requested image"
	400|"imageRef": "1a2b3c4d-0000-4000-8000-000000000003"|.badRequest.message == "Can not find requested image"
	400|"imageRef": null|.badRequest
	400|"flavorRef": "nope"|.badRequest.message == "Invalid flavorRef provided."
	400|"flavorRef": 2|.badRequest
	400|"flavorRef": "memory1-15"|.badRequest.message | test("volume")
	400|"flavorRef": "onmetal-general2-small"|.badRequest.message | test("onmetal")
	400|"metadata": {"n": 1}|.badRequest.message == "Invalid metadata: The input is not a string or unicode"
	400|"metadata": []|.badRequest
	400|"metadata": {"": "x"}|.badRequest
	400|"key_name": "nope"|.badRequest.message == "Invalid key_name provided."
	400|"user_data": "%%%"|.badRequest.message == "Userdata content cannot be decoded"
	400|"OS-DCF:diskConfig": "auto"|.badRequest.message | test("must be either 'MANUAL' or 'AUTO'")
	400|"config_drive": "perhaps"|.badRequest
	400|"personality": [{"path": "/a"}]|.badRequest
	400|"personality": [{"path": "/a", "contents": "x"}]|.badRequest.message | test("cannot be decoded")
	403|"personality": [{"path":"/1","contents":""},{"path":"/2","contents":""},{"path":"/3","contents":""},{"path":"/4","contents":""},{"path":"/5","contents":""},{"path":"/6","contents":""}]|.forbidden
	400|"networks": [{"uuid": "nope"}]|.badRequest
	400|"networks": [{"uuid": "00000000-0000-0000-0000-000000000000"}, {"uuid": "00000000-0000-0000-0000-000000000000"}]|.badRequest
	400|"networks": "public"|.badRequest
	400|"block_device_mapping_v2": {}|.badRequest
	400|"min_count": "x"|.badRequest
END
long=$(head -c 1001 /dev/zero | base64 -w0)
refused 403 bad "\"personality\": [{\"path\": \"/a\", \"contents\": \"$long\"}]" \
	'.forbidden.message | test("too long")'
long=$(head -c 60000 /dev/zero | base64 -w0)
refused 400 bad "\"user_data\": \"$long\"" '.badRequest.message
	== "User data too large. User data must be no larger than 65535 bytes once base64 encoded. Your data is 80000 bytes"'
long=$(printf '%0256d' 0)
refused 400 "$long" '"key_name": null' .badRequest
refused 400 bad "\"metadata\": {\"k\": \"$long\"}" .badRequest
many=$(jq -nc '[range(41) | {"k\(.)": "v"}] | add')
refused 403 bad "\"metadata\": $many" '.forbidden.message
	== "Maximum number of metadata items exceeds 40"'
api POST "$servers/servers" '[]'
is 400
api POST "$servers/servers" '{"server": []}'
is 400
api POST "$servers/servers" '{"server": '
is 400
type=application/x-www-form-urlencoded
api POST "$servers/servers" '{}'
is 415
type=application/json
api GET "$servers/servers"
is 200 '.servers == []'

# what is fine
server fine '"key_name": null, "networks": null, "metadata": null,
	"personality": null, "user_data": "I2Nsb3VkCg==", "config_drive": "",
	"personality": [{"path": "/etc/motd", "contents": "aGVs\nbG8K"}],
	"unknown": true'
is 202
server many '"min_count": 2, "max_count": 3'
is 202
api GET "$servers/servers"
is 200 '[.servers[].name] == ["many-3", "many-2", "many-1", "fine"]'

# quotas count what is there, in a region
config '{"limits": {"maxTotalInstances": 4, "maxServerMeta": 2}}'
refused 403 more '"key_name": null' '.forbidden.message
	== "Quota exceeded for instances: Requested 1, but already used 4 of 4 instances"'
config '{"limits": {"maxTotalInstances": 400, "maxTotalRAMSize": 4096}}'
refused 403 more '"key_name": null' '.forbidden.message
	== "Quota exceeded for ram: Requested 1024, but already used 4096 of 4096 ram"'
config '{"limits": {"maxTotalRAMSize": 400000}}'
refused 403 more '"metadata": {"a": "", "b": "", "c": ""}' .forbidden

# a managed account's network rules answer in plain text
zero=00000000-0000-0000-0000-000000000000
one=11111111-1111-1111-1111-111111111111
plain() {
	server ruled "$1"
	is 403
	[ "$(cat "$dir/body")" = "$2" ] || wrong "not: $2" "$(cat "$dir/body")"
	header Content-Type | grep -q text/plain || wrong "not plain text"
}
config "{\"network_rules\": {\"required\": [\"$one\"],
	\"forbidden\": [\"$zero\"]}}"
plain "\"networks\": [{\"uuid\": \"$zero\"}]" "Networks ($zero) not allowed"
plain '"networks": []' "Networks ($one) required but missing"
config '{"network_rules": {"isolated": 1}}'
plain '"key_name": null' "Exactly 1 isolated network(s) must be attached"
config '{"network_rules": {}}'
server ruled
is 202

# from a volume: the image is empty, the volume is in use
boot() {
	echo "\"imageRef\": \"\", \"flavorRef\": \"memory1-15\",
		\"block_device_mapping_v2\": [{\"boot_index\": \"0\",
		\"uuid\": \"$debian\", \"source_type\": \"image\",
		\"destination_type\": \"volume\", \"volume_size\": 75,
		\"delete_on_termination\": $1}]"
}
server kept "$(boot false)"
is 202
kept=$id
server dies "$(boot true)"
is 202
dies=$id
wait_for "$servers/servers/$kept" '.server.status == "ACTIVE"'
is 200 '.server.image == ""'
api GET "$servers/servers/$kept/os-volume_attachments"
is 200 '.volumeAttachments[0].device == "/dev/xvda"'
api GET "$volumes/volumes/detail"
is 200 '[.volumes[] | [.status, .bootable, .size]]
	== [["in-use", "true", 75], ["in-use", "true", 75]]'
for id in $kept $dies; do
	api DELETE "$servers/servers/$id"
	is 204
done
wait_gone "$servers/servers/$dies"
wait_for "$volumes/volumes" '[.volumes[].status] == ["available"]'
volume=$(get '.volumes[0].id')
server again "\"imageRef\": null, \"flavorRef\": \"memory1-15\",
	\"block_device_mapping_v2\": [{\"boot_index\": 0, \"uuid\":
	\"$volume\", \"source_type\": \"volume\",
	\"destination_type\": \"volume\"}]"
is 202
refused 400 taken "\"flavorRef\": \"memory1-15\",
	\"block_device_mapping_v2\": [{\"boot_index\": 0, \"uuid\":
	\"$volume\", \"source_type\": \"volume\"}]" .badRequest
refused 400 wrong "$(boot true), \"flavorRef\": \"2\"" .badRequest
stop
