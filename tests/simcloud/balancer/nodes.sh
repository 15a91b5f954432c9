# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Part of balancer.sh: nodes and metadata.
# shellcheck disable=SC2034,SC2154 # shared with balancer.sh

config '{"deleted_details": 404, "list_deleted": false}'
create "{\"name\": \"n\", \"protocol\": \"HTTP\", \"port\": 8085, $PUBLIC}"
nodes=:/$id/nodes
want 200 '. == {"nodes": []}' GET "$nodes"
want 404 '.message == "Load balancer not found"' GET :/7/nodes
want 404 '.message == "Node not found"' GET "$nodes/7"
want 404 '.message == "Node not found"' DELETE "$nodes/7"
want 404 . PUT "$nodes/7" '{"node": {"weight": 5}}'

# Many in one call; all or none.
changed 202 '.nodes | length == 3 and all(.status == "ONLINE" and
	.type == "PRIMARY" and (has("weight") | not)) and
	map(.condition) == ["ENABLED", "DRAINING", "DISABLED"]' POST "$nodes" \
	'{"nodes": [{"address": "127.0.0.1", "port": 1, "weight": 9},
	{"address": "127.0.0.1", "port": 2, "condition": "DRAINING"},
	{"address": "2001:db8::1", "port": 2, "condition": "DISABLED",
	"type": "PRIMARY", "id": null}]}'
a=$(jq '.nodes[0].id' "$dir/body")
call GET "$nodes"
a=$(jq '.nodes[0].id' "$dir/body")
b=$(jq '.nodes[1].id' "$dir/body")
c=$(jq '.nodes[2].id' "$dir/body")
want 200 ".nodes | map(.id) == [$b, $c]" GET "$nodes?marker=$b"
want 200 ".nodes | map(.id) == [$b]" GET "$nodes?marker=$b&limit=1"
want 200 ".nodes | map(.id) == [$b]" GET "$nodes?offset=1&limit=1"
want 200 ".node.id == $a" GET "$nodes/$a"
duplicate='.message == "Duplicate nodes detected. One or more nodes already configured on load balancer."'
want 413 "$duplicate" POST "$nodes" \
	'{"nodes": [{"address": "127.0.0.9", "port": 1},
	{"address": "2001:DB8:0:0::1", "port": 2}]}'
config '{"duplicate_nodes": 422}'
want 422 "$duplicate" POST "$nodes" \
	'{"nodes": [{"address": "127.0.0.9", "port": 1},
	{"address": "127.0.0.9", "port": 1}]}'
many=$(jq -n '{nodes: [range(23) | {address: "127.0.0.2", port: (. + 1)}]}')
want 413 '.message == "Nodes must not exceed 25 per load balancer."' \
	POST "$nodes" "$many"
config '{"node_limit": 26}'
changed 202 '.nodes | length == 23' POST "$nodes" "$many"
want 413 '.message == "Nodes must not exceed 26 per load balancer."' \
	POST "$nodes" '{"nodes": [{"address": "127.0.0.9", "port": 1}]}'
while IFS='|' read -r filter body; do
	case $filter in
	schema) want 400 "$schema" POST "$nodes" "$body" ;;
	*) want 400 "$invalid and (.validationErrors.messages |
		any(test(\"$filter\")))" POST "$nodes" "{\"nodes\": [$body]}" ;;
	esac
done <<END
schema|{"nodes": []}
schema|{"nodes": {"address": "127.0.0.9", "port": 1}}
schema|{"nodes": [{"address": "127.0.0.9", "port": 1, "status": "ONLINE"}]}
ip|{"port": 1}
ip|{"address": "300.1.1.1", "port": 1}
port|{"address": "127.0.0.9"}
port|{"address": "127.0.0.9", "port": 65536}
condition|{"address": "127.0.0.9", "port": 1, "condition": "enabled"}
type|{"address": "127.0.0.9", "port": 1, "type": "FIRST"}
SECONDARY|{"address": "127.0.0.9", "port": 1, "type": "SECONDARY"}
Node weight is invalid. Range is 1-100|{"address": "127.0.0.9", "port": 1, "weight": 101}
END

# Changes of one. Never what cannot change.
while IFS='|' read -r filter body; do
	case $filter in
	schema) want 400 "$schema" PUT "$nodes/$a" "$body" ;;
	*) want 400 "$invalid and (.validationErrors.messages |
		any(test(\"$filter\")))" PUT "$nodes/$a" "{\"node\": $body}" ;;
	esac
done <<END
schema|{"condition": "DRAINING"}
schema|{"node": {"status": "OFFLINE"}}
schema|{"node": {"condition": 1}}
ip field cannot be modified.|{"address": "127.0.0.1"}
Port field cannot be modified.|{"condition": "ENABLED", "port": 1}
id field cannot be modified.|{"condition": "ENABLED", "id": $a}
update|{}
condition|{"condition": "GONE"}
weight|{"weight": 0}
END
changed 202 '' PUT "$nodes/$a" '{"node": {"condition": "DRAINING", "weight": 50}}'
want 200 '.node | .condition == "DRAINING" and (has("weight") | not)' \
	GET "$nodes/$a"
changed 202 '' PUT ":/$id" '{"loadBalancer":
	{"algorithm": "WEIGHTED_LEAST_CONNECTIONS"}}'
want 200 '.node.weight == 50' GET "$nodes/$a"

# Changes of many, where the region knows that.
changed 202 ".nodes | length == 26 and (.[0] | .condition == \"ENABLED\") and
	(.[1] | .condition == \"DISABLED\" and .weight == 2)" PUT "$nodes" \
	"{\"nodes\": [{\"id\": $a, \"condition\": \"ENABLED\"},
	{\"nodeId\": $b, \"condition\": \"DISABLED\", \"weight\": 2}]}"
want 400 "$invalid and .validationErrors.messages == [\"Node ids 7,8 are not a part of your loadbalancer\"]" \
	PUT "$nodes" "{\"nodes\": [{\"id\": 7, \"condition\": \"ENABLED\"},
	{\"id\": $a, \"condition\": \"DISABLED\"}, {\"id\": 8, \"weight\": 3}]}"
want 200 '.node.condition == "ENABLED"' GET "$nodes/$a"
want 400 "$schema" PUT "$nodes" '{"nodes": []}'
for refusal in 404 405 400; do
	config "{\"bulk_node_put\": $refusal}"
	want "$refusal" .message PUT "$nodes" \
		"{\"nodes\": [{\"id\": $a, \"condition\": \"DISABLED\"}]}"
done
config '{"bulk_node_put": 202}'

# Metadata of the balancer and of a node. No ids, all go.
for meta in ":/$id/metadata" "$nodes/$a/metadata"; do
	want 200 '. == {"metadata": []}' GET "$meta"
	changed 200 '.metadata | map([.key, .value]) == [["a", "1"], ["b", "2"]] and
		all(.id > 0)' POST "$meta" '{"metadata": [{"key": "a", "value":
		"1"}, {"key": "b", "value": "2"}]}'
	changed 200 '.metadata | length == 1' POST "$meta" \
		'{"meta": {"key": "c", "value": "3"}}'
	want 400 "$invalid" POST "$meta" '{"metadata": [{"key": "a", "value": "9"}]}'
	want 400 "$invalid" POST "$meta" '{"metadata": [{"key": "d"}]}'
	want 400 "$invalid" POST "$meta" '{"metadata": []}'
	want 400 "$invalid" POST "$meta" "$(jq -n '{metadata: [range(23) |
		{key: "k\(.)", value: ""}]}')"
	want 400 "$invalid" POST "$meta" "{\"metadata\": [{\"key\":
		\"$(printf %0257d 1)\", \"value\": \"1\"}]}"
	call GET "$meta"
	first=$(jq '.metadata[0].id' "$dir/body")
	last=$(jq '.metadata[2].id' "$dir/body")
	changed 200 '' PUT "$meta/$first" '{"meta": {"value": "4"}}'
	want 200 '.meta | .key == "a" and .value == "4"' GET "$meta/$first"
	want 400 "$invalid" PUT "$meta/$first" '{"meta": {"key": "z", "value": "4"}}'
	want 404 . PUT "$meta/7" '{"meta": {"value": "4"}}'
	want 400 "$invalid" DELETE "$meta?id=$first&id=7"
	changed 200 '' DELETE "$meta?id=$first&id=$last"
	want 200 '.metadata | map(.key) == ["b"]' GET "$meta"
	changed 200 '' DELETE "$meta/$(jq '.metadata[0].id' "$dir/body")"
	changed 200 .metadata POST "$meta" '{"metadata": [{"key": "e", "value": "5"}]}'
	changed 200 '' DELETE "$meta"
	want 200 '. == {"metadata": []}' GET "$meta"
done
config '{"metadata_locks": false}'
want 200 .metadata POST ":/$id/metadata" '{"metadata": [{"key": "e", "value": "5"}]}'
want 200 '.loadBalancer | .status == "ACTIVE" and .metadata[0].key == "e"' \
	GET ":/$id"
config '{"metadata_locks": true}'

# Deletion: at most 10, all or none.
want 400 "$invalid and (.validationErrors.messages[0] | startswith(\"Request to delete 11 nodes exceeds the account limit BATCH_DELETE_LIMIT of 10 \"))" \
	DELETE "$nodes?$(seq -f 'id=%g' -s '&' 11)"
want 400 "$invalid" DELETE "$nodes"
want 400 "$invalid and .validationErrors.messages == [\"Node ids 31,77 are not a part of your loadbalancer\"]" \
	DELETE "$nodes?id=31&id=$a&id=77"
changed 202 '' DELETE "$nodes?id=$a&id=$b"
changed 202 '' DELETE "$nodes/$c"
want 200 '.nodes | length == 23' GET "$nodes"

# With a monitor new nodes are offline; without one those enabled are online.
monitor='{"healthMonitor": {"type": "CONNECT", "delay": 1, "timeout": 1,
	"attemptsBeforeDeactivation": 1}}'
changed 202 '' PUT ":/$id/healthmonitor" "$monitor"
changed 202 '.nodes | all(.status == "OFFLINE")' POST "$nodes" \
	'{"nodes": [{"address": "127.0.0.9", "port": 1, "type": "SECONDARY"},
	{"address": "127.0.0.9", "port": 2, "condition": "DRAINING"}]}'
changed 202 '' DELETE ":/$id/healthmonitor"
want 200 '.nodes | all(.status == "ONLINE" or .condition != "ENABLED")' \
	GET "$nodes"
want 202 '' DELETE ":/$id"
