# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# The life of servers, and the calls on them.
start --build-time 1000 --app-delay 1000 --delete-time 1000

server web1 '"metadata": {"group": "web"}, "config_drive": true'
is 202 '.server | keys
	== ["OS-DCF:diskConfig", "adminPass", "id", "links"]'
[ "$(header Location)" = "$base$servers/servers/$id" ] ||
	wrong "Location is $(header Location)"
api GET "$servers/servers/$id"
is 200 '.server | .status == "BUILD" and .addresses == {}
	and .accessIPv4 == "" and ."OS-EXT-STS:task_state" == "scheduling"'
header x-compute-request-id | grep -q '^req-' || wrong "no request id"
pass 600
api GET "$servers/servers/$id"
is 200 '.server | .status == "BUILD" and .accessIPv4 != ""
	and ."OS-EXT-STS:task_state" == "block_device_mapping"
	and .progress > 58 and .progress < 70'
pass 400
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'
is 200 '.server | .accessIPv4 == .addresses.public[0].addr
	and .addresses.private[0].version == 4 and .progress == 100
	and ."OS-EXT-STS:task_state" == null and .config_drive == "True"
	and .metadata == {group: "web"} and (.image.id | length) == 36'
address=$(get .server.accessIPv4)
answers() {
	curl -sf -o "$dir/page" "http://$address:8080/x?y=1"
}
! answers || wrong "the application answers at once"
pass 1000
until_is answers || wrong "the application never answers"
jq -e '.server == "web1" and .path == "/x?y=1"' "$dir/page" >/dev/null ||
	wrong "the application answers" "$(cat "$dir/page")"

# names: a regular expression, matched anywhere; not unique
server web10
server web1
for row in 'web1:3' '^web1$:2' 'b10:1' 'w.b:3' '^eb:0' 'web(10|11):1'; do
	api GET "$servers/servers/detail" '' -G \
		--data-urlencode "name=${row%:*}"
	is 200 ".servers | length == ${row##*:}"
done
api GET "$servers/servers?name=(" ; is 400
api GET "$servers/servers?name=((a%7B1,99%7D)%7B1,99%7D)" ; is 400
api GET "$servers/servers/detail?status=active"
is 200 '.servers | length == 1'
api GET "$servers/servers/detail?image=$debian&flavor=general1-1"
is 200 '.servers | length == 3'
api GET "$servers/servers/detail?flavor=2"
is 200 '.servers == []'
api GET /servers/dfw/v2/"$tenant/servers"
is 200 '.servers == []'

# deleted: 204, then still there, then 404; changes-since knows it
since=$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ)
api DELETE "$servers/servers/$id"
is 204
api GET "$servers/servers/$id"
is 200 '.server."OS-EXT-STS:task_state" == "deleting"'
api DELETE "$servers/servers/$id"
is 204
pass 1000
api GET "$servers/servers/$id"
is 404 '.itemNotFound.code == 404'
api DELETE "$servers/servers/$id"
is 404
api GET "$servers/servers/detail?changes-since=$since"
is 200 "[.servers[] | select(.id == \"$id\").status] == [\"DELETED\"]"
api GET "$servers/servers/detail"
is 200 "[.servers[] | select(.id == \"$id\")] == []"

# an application goes with its server
api GET "$servers/servers/detail?name=%5Eweb1%24"
id=$(get '.servers[0].id')
api DELETE "$servers/servers/$id"
! answers || wrong "a deleted server answers"

# metadata
server meta '"metadata": {"a": "1", "b": "2"}'
meta=$servers/servers/$id/metadata
api POST "$meta" '{"metadata": {"b": "3", "c": "4"}}'
is 200 '.metadata == {a: "1", b: "3", c: "4"}'
api PUT "$meta" '{"metadata": {"d": "5"}}'
is 200 '.metadata == {d: "5"}'
api PUT "$meta/e" '{"meta": {"e": "6"}}'
is 200 '.meta == {e: "6"}'
api PUT "$meta/e" '{"meta": {"f": "6"}}'
is 400
api PUT "$meta/e" '{"meta": {"e": "6", "f": "7"}}'
is 400
api GET "$meta/e"
is 200 '.meta == {e: "6"}'
api DELETE "$meta/d"
is 204
api DELETE "$meta/d"
is 404
api GET "$meta"
is 200 '.metadata == {e: "6"}'
many=$(jq -nc '[range(40) | {"k\(.)": "v"}] | add')
api POST "$meta" "{\"metadata\": $many}"
is 403 '.forbidden.message == "Maximum number of metadata items exceeds 40"'
api POST "$meta" '{"metadata": {"n": 1}}'
is 400 '.badRequest.message
	== "Invalid metadata: The input is not a string or unicode"'
api PUT "$servers/servers/$id" '{"server": {"name": "renamed"}}'
is 200 '.server.name == "renamed"'
api GET "$servers/servers/$id/ips/public"
is 200 '.public | length == 2'

# actions
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'
api POST "$servers/servers/$id/action" '{"reboot": {"type": "SOFT"}}'
is 202
api GET "$servers/servers/$id"
is 200 '.server.status == "REBOOT"'
api POST "$servers/servers/$id/action" '{"reboot": {"type": "HARD"}}'
is 409 '.conflictingRequest.message | test("task_state rebooting")'
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'
api POST "$servers/servers/$id/action" '{"reboot": {"type": "X"}}'
is 400
api POST "$servers/servers/$id/action" '{"fly": {}}'
is 400
api POST "$servers/servers/$id/action" \
	'{"rebuild": {"imageRef": "1a2b3c4d-0000-4000-8000-000000002001"}}'
is 202 '.server.status == "REBUILD"'
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'
api POST "$servers/servers/$id/action" '{"resize": {"flavorRef": "general1-2"}}'
is 202
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "VERIFY_RESIZE"'
api POST "$servers/servers/$id/action" '{"confirmResize": null}'
is 204
api POST "$servers/servers/$id/action" '{"os-stop": null}'
is 202
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "SHUTOFF"'
api POST "$servers/servers/$id/action" '{"os-start": null}'
is 202
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'

# key pairs
public="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx9Wbi1rTB1rEJcIrVKGuDMKJ3cZtuNYpb5ZIVLXFXl me"
api POST "$servers/os-keypairs" \
	"{\"keypair\": {\"name\": \"ops\", \"public_key\": \"$public\"}}"
is 200 '.keypair | has("private_key") | not'
if command -v ssh-keygen >/dev/null; then
	echo "$public" >"$dir/key.pub"
	print=$(ssh-keygen -l -E md5 -f "$dir/key.pub" | cut -d' ' -f2)
	[ "MD5:$(get .keypair.fingerprint)" = "$print" ] ||
		wrong "fingerprint $(get .keypair.fingerprint), not $print"
	api POST "$servers/os-keypairs" '{"keypair": {"name": "made"}}'
	is 200
	get .keypair.private_key >"$dir/made"
	chmod 600 "$dir/made"
	[ "$(ssh-keygen -y -f "$dir/made" | cut -d' ' -f1,2)" = \
		"$(get .keypair.public_key | cut -d' ' -f1,2)" ] ||
		wrong "a key that was made does not fit"
fi
api POST "$servers/os-keypairs" \
	"{\"keypair\": {\"name\": \"ops\", \"public_key\": \"$public\"}}"
is 409
api POST "$servers/os-keypairs" \
	'{"keypair": {"name": "bad", "public_key": "ssh-rsa nonsense"}}'
is 400
api POST "$servers/os-keypairs" \
	"{\"keypair\": {\"name\": \"a/b\", \"public_key\": \"$public\"}}"
is 400
api GET "$servers/os-keypairs"
is 200 '.keypairs[0].keypair.name == "ops"'
api GET "$servers/os-keypairs/ops"
is 200 '.keypair.public_key | test("^ssh-ed25519 ")'
server keyed '"key_name": "ops"'
is 202
api DELETE "$servers/os-keypairs/ops"
is 202
api DELETE "$servers/os-keypairs/ops"
is 404

# networks
api GET "$servers/os-networksv2"
is 200 '[.networks[] | [.label, has("cidr")]]
	== [["public", false], ["private", false]]'
api POST "$servers/os-networksv2" \
	'{"network": {"label": "backnet", "cidr": "192.168.3.0/24"}}'
is 200 '.network.cidr == "192.168.3.0/24"'
net=$(get .network.id)
server isolated "\"networks\": [{\"uuid\": \"$net\"}]"
pass 1000
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'
is 200 '.server | .accessIPv4 == ""
	and (.addresses | keys) == ["backnet"]
	and (.addresses.backnet[0].addr | test("^192\\.168\\.3\\."))'
api DELETE "$servers/os-networksv2/$net"
is 403
api DELETE "$servers/servers/$id"
pass 1000
api DELETE "$servers/os-networksv2/$net"
is 202

# limits and flavors
api GET "$servers/limits"
is 200 '.limits.absolute | .maxTotalInstances == 100
	and .totalInstancesUsed == 3 and .maxServerMeta == 40'
api GET "$servers/flavors/detail?minRam=15000"
is 200 '[.flavors[]."OS-FLV-WITH-EXT-SPECS:extra_specs".class] | unique
	== ["compute1", "io1", "memory1", "onmetal"]'
api GET "$servers/flavors/2"
is 200 '.flavor.id == "2" and .flavor.swap == 512'
api GET "$servers/flavors/nope"
is 404
api PUT "$servers/flavors/2" '{}'
is 405 .badMethod
stop
