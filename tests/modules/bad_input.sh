#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cannot work: each time one clear message, `failed', exit status 1, within
# the deadline, and nothing made that the message does not name.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
SECRETS=("$USER_KEY" Hidden-pw-9)
for subnet in 3 4; do
	cloud_api POST servers/iad/v2/700123/os-networksv2 \
		"{\"network\": {\"label\": \"twice\", \"cidr\": \"192.168.$subnet.0/24\"}}" >/dev/null
done
cloud_config '{"images": [{"region": "IAD", "name": "twice"}, {"region": "IAD", "name": "twice"}],
	"balancers": [{"name": "sick", "virtualIps": [{"type": "PUBLIC"}]}, {"name": "twice", "virtualIps": [{"type": "PUBLIC"}]},
		{"name": "twice", "virtualIps": [{"type": "PUBLIC"}]}, {"name": "well", "virtualIps": [{"type": "PUBLIC"}]}],
	"servers": [{"name": "twice"}, {"name": "twice"}]}'
cloud_config '{"balancer": {"name": "sick", "region": "IAD", "status": "ERROR"}}'
there=$(cloud_state '.regions.IAD | {servers, loadbalancers} | tojson')
server="\"name\": \"web\", \"image\": \"$DEBIAN\", \"flavor\": \"general1-1\""

# The module, its arguments, and what the message must have; a text in it that
# begins with ^ begins the message.
while IFS='|' read -r module arguments texts; do
	[ -n "$module" ] || continue
	run "$module" "$arguments"
	is 1 '.failed == true and (.msg | type) == "string" and (.changed | not)'
	IFS=';' read -ra wanted <<<"$texts"
	for text in "${wanted[@]}"; do
		jq -e --arg text "$text" 'if $text | startswith("^") then .msg | startswith($text[1:])
			else .msg | contains($text) end' "$SCRATCH/result" >/dev/null ||
			wrong "$module $arguments" "a message with: $text" "$(jq -r .msg "$SCRATCH/result")"
	done
done <<CASES
rax|{$server, "count": "many"}|^argument 'count' is of type
rax|{$server, "colour": "blue"}|^Unsupported parameters for (rax) module: colour.
rax|{$server, "state": "there"}|^value of state must be one of: 
rax|{$server, "region": "XYZ"}|^XYZ is not a valid region, must be one of: ;DFW
rax|{$server, "username": "nobody", "api_key": "0123456789abcdef"}|^Incorrect/unauthorized credentials;nobody
rax|{$server, "auth_endpoint": "http://127.0.0.1:9/v2.0"}|127.0.0.1:9;logging in
rax|{$server, "auth_endpoint": "ftp://127.0.0.1/"}|ftp://127.0.0.1
rax|{$server, "auth_endpoint": "http://bob:Hidden-pw-9@127.0.0.1/v2.0"}|auth_endpoint must be a URL without user
rax|{"name": "web", "image": "there is none", "flavor": "general1-1"}|there is none
rax|{"name": "web", "image": "twice", "flavor": "general1-1"}|twice
rax|{"name": "web", "image": "$DEBIAN", "flavor": "none"}|flavor
rax|{$server, "networks": ["nowhere"]}|nowhere
rax|{$server, "networks": ["twice"]}|twice;give the id of one
rax|{$server, "key_name": "nobody's"}|Invalid key_name;creating server web in IAD, account 700123
rax|{$server, "files": {"/etc/motd": "/nowhere/motd"}}|/nowhere/motd
rax|{$server, "count": 1000000}|1000000 servers are more than
rax_facts|{}|one of the following is required
rax_facts|{"name": "twice"}|^Multiple servers found
rax_clb|{"name": "twice", "port": 81}|^Multiple Load Balancers were matched by name
rax_clb|{"name": "sick", "port": 81, "wait": true}|status of 'ERROR'
rax_clb|{"name": "new", "protocol": "PIGEON"}|protocol
rax_clb|{"name": "new", "port": 0}|port
rax_clb|{"name": "new", "algorithm": "GUESS"}|^value of algorithm must be one of: 
rax_clb_nodes|{"load_balancer": "nowhere", "address": "10.0.0.1", "port": 80}|nowhere
rax_clb_nodes|{"load_balancer": "twice", "address": "10.0.0.1", "port": 80}|^Multiple Load Balancers were matched by name
rax_clb_nodes|{"load_balancer": "sick", "address": "10.0.0.1", "port": 80}|status of 'ERROR'
rax_clb_nodes|{"load_balancer": "well", "address": "10.0.0.1", "port": 80, "weight": 1000}|weight
rax_clb_nodes|{"address": "10.0.0.1", "port": 80}|^missing required arguments: load_balancer_id
rax_clb_info|{"name": 7, "id": {}}|
rax_image_info|{"name": "x", "colour": 1}|^Unsupported parameters
CASES
unset RAX_USERNAME
run rax "{$server}"
fails "No credentials supplied!"
export RAX_USERNAME=simuser
[ "$(cloud_state '.regions.IAD | {servers, loadbalancers} | tojson')" = "$there" ] ||
	wrong "what cannot work" "nothing made" "$(cloud_state .regions.IAD)"

# A full quota.
cloud_config '{"limits": {"maxTotalInstances": 3}}'
run rax "{$server, \"group\": \"g\", \"count\": 3, \"exact_count\": true}"
is 1 '.failed and (.msg | contains("Quota exceeded for instances")) and (.success | length) == 1'
cloud_is '[.regions.IAD.servers[]] | length == 3'

# A server that lies: no JSON, another shape, too deep, too large, endless pages.
deep=$(printf '[%.0s' $(seq 100000))
while read -r lie; do
	cloud_config "{\"faults\": [{\"method\": \"GET\", \"path\": \"/servers/detail\", \"times\": 0, $lie}]}"
	for arguments in "{$server, \"group\": \"h\", \"count\": 1, \"exact_count\": true}" '{"meta": {"a": "b"}}'; do
		module=rax
		[ "${arguments#*image}" != "$arguments" ] || module=rax_facts
		run $module "$arguments"
		is 1 '.failed and (.changed | not) and (.msg | contains("servers") and contains("IAD"))'
	done
done <<LIES
"raw": "HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\n<html>"
"raw": "HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n$deep"
"raw": "HTTP/1.1 200 OK\\r\\n\\r\\n", "raw_repeat": {"text": "0123456789abcdef", "times": 5000000}
"raw": "no HTTP at all\\r\\n\\r\\n"
"status": 200, "body": []
"status": 200, "body": {"servers": {}}
"status": 200, "body": {"servers": [0, 0]}
"status": 200, "body": {"servers": [{}, null]}
"status": 200, "body": {"servers": [], "servers_links": [{"rel": "next", "href": "http://127.0.0.1/?marker=1"}]}
LIES

# Strange objects in a list are not ours; what is no object is no answer.
cloud_config '{"faults": [{"method": "GET", "path": "/servers/detail", "times": 0, "status": 200,
	"body": {"servers": [{}, {"id": {}, "metadata": []}]}}]}'
run rax_facts '{"meta": {"a": "b"}}'
is 0 '.servers == []'
