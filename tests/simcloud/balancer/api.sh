# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Part of balancer.sh: balancers as a whole, and what each has one of.
# shellcheck disable=SC2154 # set by balancer.sh

start --balancer-time 0.1

want 401 '' GET "/loadbalancers/iad/v1.0/1/loadbalancers"
want 200 '.protocols | length == 19 and any(.name == "HTTP" and .port == 80)
	and any(.name == "TCP" and .port == 0)' GET :/protocols
want 200 '.algorithms | length == 5' GET :/algorithms
want 200 '.absolute | any(.name == "NODE_LIMIT" and .value == 25)' \
	GET :/absolutelimits
want 200 '.limits.rate[0].limit | length == 8' GET "${lbs%/*}/limits"
want 404 '.message == "Load balancer not found" and .code == 404' GET :/7
want 404 . GET :/none

# The schema has one answer, validation has several.
while IFS='|' read -r filter body; do
	case $filter in
	schema) want 400 "$schema" POST : "$body" ;;
	*) want 400 "$invalid and
		(.validationErrors.messages | any(test(\"$filter\")))" \
		POST : "{\"loadBalancer\": $body}" ;;
	esac
done <<END
schema|
schema|{
schema|[]
schema|{"loadBalancer": []}
schema|{"loadBalancer": null}
schema|{"loadBalancer": {}, "more": 1}
schema|{"loadBalancer": {"name": 1}}
schema|{"loadBalancer": {"name": "a", "colour": "red"}}
schema|{"loadBalancer": {"name": "a", "port": "http"}}
schema|{"loadBalancer": {"name": "a", "nodes": [{"address": 1}]}}
schema|{"loadBalancer": {"name": "a", "nodes": [{"id": 7}]}}
schema|{"loadBalancer": {"name": "a", "healthMonitor": []}}
name|{"protocol": "HTTP", $PUBLIC}
name|{"name": "", "protocol": "HTTP", $PUBLIC}
128|{"name": "$(printf %0129d 1)", "protocol": "HTTP", $PUBLIC}
protocol|{"name": "a", $PUBLIC}
protocol|{"name": "a", "protocol": "GOPHER", $PUBLIC}
port|{"name": "a", "protocol": "TCP", $PUBLIC}
Port|{"name": "a", "protocol": "HTTP", "port": 0, $PUBLIC}
Port|{"name": "a", "protocol": "HTTP", "port": 65536, $PUBLIC}
algorithm|{"name": "a", "protocol": "HTTP", "algorithm": "BEST", $PUBLIC}
Timeout|{"name": "a", "protocol": "HTTP", "timeout": 29, $PUBLIC}
Timeout|{"name": "a", "protocol": "HTTP", "timeout": 121, $PUBLIC}
irtual ip|{"name": "a", "protocol": "HTTP"}
irtual ip|{"name": "a", "protocol": "HTTP", "virtualIps": []}
irtual ip|{"name": "a", "protocol": "HTTP", "virtualIps": [{"type": "X"}]}
irtual ip|{"name": "a", "protocol": "HTTP", "virtualIps": [{"id": 7}]}
irtual ip|{"name": "a", "protocol": "HTTP", "virtualIps": [{"type": "SERVICENET", "ipVersion": "IPV6"}]}
alf closed|{"name": "a", "protocol": "HTTP", "halfClosed": true, $PUBLIC}
redirect|{"name": "a", "protocol": "HTTP", "httpsRedirect": true, $PUBLIC}
ip is invalid|{"name": "a", "protocol": "HTTP", "nodes": [{"address": "1.2.3", "port": 1}], $PUBLIC}
port|{"name": "a", "protocol": "HTTP", "nodes": [{"address": "1.2.3.4"}], $PUBLIC}
weight is invalid. Range is 1-100. Please specify a valid weight|{"name": "a", "protocol": "HTTP", "nodes": [{"address": "1.2.3.4", "port": 1, "weight": 0}], $PUBLIC}
DRAINING|{"name": "a", "protocol": "HTTP", "nodes": [{"address": "1.2.3.4", "port": 1, "condition": "DRAINING"}], $PUBLIC}
SECONDARY|{"name": "a", "protocol": "HTTP", "nodes": [{"address": "1.2.3.4", "port": 1, "type": "SECONDARY"}], $PUBLIC}
attempts|{"name": "a", "protocol": "HTTP", "healthMonitor": {"type": "CONNECT", "delay": 1, "timeout": 1}, $PUBLIC}
regex|{"name": "a", "protocol": "HTTP", "healthMonitor": {"type": "HTTP", "delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 1, "path": "/", "statusRegex": "("}, $PUBLIC}
health monitor|{"name": "a", "protocol": "UDP", "port": 9, "healthMonitor": {"type": "CONNECT", "delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 1}, $PUBLIC}
persistence|{"name": "a", "protocol": "TCP", "port": 9, "sessionPersistence": {"persistenceType": "HTTP_COOKIE"}, $PUBLIC}
unique|{"name": "a", "protocol": "HTTP", "metadata": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], $PUBLIC}
END
want 413 '.message | test("^Duplicate nodes detected")' POST : "{\"loadBalancer\": {
	\"name\": \"a\", \"protocol\": \"HTTP\", $PUBLIC, \"nodes\": [
	{\"address\": \"::1\", \"port\": 1}, {\"address\": \"0::0:1\", \"port\": 1}]}}"
want 200 '.loadBalancers == []' GET :

# Everything at once, with the nulls that some clients send.
create '{"name": "all", "protocol": "HTTP", "port": 8081, "timeout": 45,
	"algorithm": "WEIGHTED_ROUND_ROBIN", "accessList": [
	{"address": "192.0.2.0/24", "type": "DENY"}], "halfClosed": null,
	"metadata": [{"key": "team", "value": "blue"}], "httpsRedirect": false,
	"connectionLogging": {"enabled": "true"}, "connectionThrottle":
	{"maxConnections": 100}, "virtualIps": [{"type": "PUBLIC"}],
	"sessionPersistence": {"persistenceType": "HTTP_COOKIE"},
	"healthMonitor": {"type": "CONNECT", "delay": 10, "timeout": 5,
	"attemptsBeforeDeactivation": 3}, "nodes": [{"id": null, "address":
	"2001:db8::7", "port": 80, "condition": "DISABLED", "weight": 7},
	{"address": "node.example.com", "port": 80, "type": "SECONDARY"}]}'
all=$id
want 200 '.loadBalancer | .timeout == 45 and .port == 8081 and
	.metadata[0].key == "team" and .connectionLogging.enabled and
	.accessList[0].type == "DENY" and .connectionThrottle.maxConnections
	== 100 and .healthMonitor.delay == 10 and
	.sessionPersistence.persistenceType == "HTTP_COOKIE" and
	(.virtualIps | map(.ipVersion) == ["IPV4", "IPV6"]) and
	.created.time and (has("updated") | not) and
	.nodes[0].address == "2001:0db8:0000:0000:0000:0000:0000:0007" and
	.nodes[0].weight == 7 and .nodes[1].weight == 1 and
	(.nodes | all(.status == "OFFLINE"))' GET ":/$all"

# Next to nothing.
create "{\"name\": \"all\", \"protocol\": \"HTTPS\", \"port\": 8443, $PUBLIC}"
bare=$id
want 200 '.loadBalancer | .port == 8443 and .algorithm == "RANDOM" and
	.timeout == 30 and .halfClosed == false and (has("nodes") or
	has("metadata") or has("sessionPersistence") or
	has("connectionThrottle") | not) and (.virtualIps | length == 1)' \
	GET ":/$bare"
create '{"name": "inside", "protocol": "TCP_CLIENT_FIRST", "port": 9000,
	"halfClosed": "true", "virtualIps": [{"type": "SERVICENET"}]}'
want 200 '.loadBalancer | .halfClosed and (.virtualIps | length == 1 and
	.[0].type == "SERVICENET" and .[0].ipVersion == "IPV4")' GET ":/$id"

# Lists: the marker is in the page, 100 are the most, and only a summary.
want 200 ".loadBalancers | map(.id) == [$all, $bare, $id] and
	(map(has(\"nodes\") or has(\"metadata\")) | any | not) and
	map(.nodeCount) == [2, 0, 0]" GET :
want 200 ".loadBalancers | map(.id) == [$bare, $id]" GET ":?marker=$bare"
want 200 ".loadBalancers | map(.id) == [$bare]" GET ":?marker=$bare&limit=1"
want 200 ".loadBalancers | map(.id) == [$id]" GET ":?offset=2&limit=100000"
want 200 '.loadBalancers | length == 2' GET ':?name=all'
want 200 ".loadBalancers | map(.id) == [$all]" \
	GET ':?name=inside&nodeaddress=2001:db8::7'
want 200 '.loadBalancers == []' GET ':?status=DELETED'
want 200 '.loadBalancers == []' GET ':?changes-since=2099-01-01T00:00:00Z'
config '{"balancer_limit": 3}'
want 413 '.message | test("must not exceed 3")' POST : \
	"{\"loadBalancer\": {\"name\": \"b\", \"protocol\": \"HTTP\", $PUBLIC}}"
config '{"balancer_limit": 1000, "balancers": [{"name": "f", "port": 8086, "region": "lon"}]}'
want 200 '.loadBalancers | length == 3' GET :
many=$(jq -n '[range(105) | {name: "many", protocol: "UDP", port: 53}]')
config "{\"balancers\": $many}"
want 200 '.loadBalancers | length == 100' GET ':?limit=1000'

# Updates.
want 400 "$schema" PUT ":/$bare" '{"loadBalancer": {"nodes": []}}'
want 400 "$schema" PUT :/7 '{"loadBalancer": {"status": "ACTIVE"}}'
want 400 "$invalid" PUT ":/$bare" '{"loadBalancer": {}}'
want 400 "$invalid" PUT ":/$bare" '{"loadBalancer": {"port": 0}}'
want 404 . PUT :/7 '{"loadBalancer": {"name": "x"}}'
changed 202 '' PUT ":/$all" '{"loadBalancer": {"name": "new", "protocol": "TCP",
	"port": 8082, "timeout": 60, "algorithm": "LEAST_CONNECTIONS"}}'
want 200 '.loadBalancer | .name == "new" and .protocol == "TCP" and
	.port == 8082 and .timeout == 60 and .updated.time and
	(has("sessionPersistence") | not) and
	(.nodes | all(has("weight") | not))' GET ":/$all"

# One change at a time; the status may be behind.
hold
want 202 '' PUT ":/$bare" '{"loadBalancer": {"timeout": 31}}'
want 422 ".message == \"Load Balancer '$bare' has a status of 'PENDING_UPDATE' and is considered immutable.\"" \
	PUT ":/$bare" '{"loadBalancer": {"timeout": 32}}'
want 422 '.message == "LoadBalancer is not ACTIVE"' DELETE ":/$bare/nodes?id=1"
want 422 .message DELETE ":/$bare"
release
active "$bare"
config '{"stale_active": 3000}'
hold
want 202 '' PUT ":/$bare" '{"loadBalancer": {"timeout": 31}}'
want 200 '.loadBalancer.status == "ACTIVE"' GET ":/$bare"
want 422 '.message | test("immutable")' PUT ":/$bare" \
	'{"loadBalancer": {"timeout": 32}}'
config '{"stale_active": 0}'
release
active "$bare"
for state in ERROR SUSPENDED PENDING_UPDATE; do
	config "{\"balancer\": {\"id\": $bare, \"status\": \"$state\"}}"
	want 422 ".message | test(\"status of '$state'\")" PUT ":/$bare" \
		'{"loadBalancer": {"timeout": 33}}'
done
config "{\"balancer\": {\"name\": \"all\", \"status\": \"ACTIVE\"}}"
want 400 . POST /_sim/config '{"balancer": {"id": 7, "status": "ERROR"}}'
want 400 . POST /_sim/config '{"balancer": {"id": 7, "colour": "red"}}'

# Virtual IPs can be shared on other ports.
share=$(jq -n "{loadBalancer: {name: \"s\", protocol: \"HTTP\", port: 8082,
	virtualIps: [{type: \"PUBLIC\", id: $(call GET ":/$all/virtualips"
		jq '.virtualIps[0].id' "$dir/body")}]}}")
want 400 "$invalid" POST : "$share"
create "$(echo "$share" | jq '.loadBalancer | .port = 8083')"
shared=$id
want 400 "$invalid" PUT ":/$shared" '{"loadBalancer": {"port": 8082}}'
changed 202 '' PUT ":/$shared" '{"loadBalancer": {"port": 8084}}'
want 400 "$invalid" DELETE ":/$shared/virtualips/$(jq -n "$share" |
	jq '.loadBalancer.virtualIps[0].id')"
changed 202 '.type == "PUBLIC" and .ipVersion == "IPV6"' \
	POST ":/$shared/virtualips" '{"type": "PUBLIC", "ipVersion": "IPV6"}'
six=$(call GET ":/$shared/virtualips"
	jq '.virtualIps[1].id' "$dir/body")
want 404 . DELETE ":/$shared/virtualips/7"
changed 202 '' DELETE ":/$shared/virtualips/$six"

# What a balancer has one of. Without it: {}, 422; for SSL termination 404.
while read -r name key body bad; do
	want 400 "$schema" PUT ":/$bare/$name" '{"other": {}}'
	[ -z "$bad" ] || want 400 . PUT ":/$bare/$name" "{\"$key\": $bad}"
	changed 202 '' PUT ":/$bare/$name" "{\"$key\": $body}"
	want 200 ".$key == $body" GET ":/$bare/$name"
	case $key in
	*Logging) continue ;;
	esac
	changed 202 '' DELETE ":/$bare/$name"
	want 422 .message DELETE ":/$bare/$name"
	want 200 ".$key == {}" GET ":/$bare/$name"
done <<END
sessionpersistence sessionPersistence {"persistenceType":"SSL_ID"} {"persistenceType":"HTTP_COOKIE"}
healthmonitor healthMonitor {"type":"HTTPS","delay":1,"timeout":1,"attemptsBeforeDeactivation":1,"path":"/","statusRegex":"2"} {"type":"HTTPS","delay":0,"timeout":1,"attemptsBeforeDeactivation":1}
connectionthrottle connectionThrottle {"maxConnections":5} {"maxConnections":100001}
connectionlogging connectionLogging {"enabled":true} {}
END
want 400 "$invalid" PUT ":/$bare/contentcaching" \
	'{"contentCaching": {"enabled": true}}'
changed 202 '' PUT ":/$shared/contentcaching" \
	'{"contentCaching": {"enabled": true}}'
want 400 "$invalid" PUT ":/$shared" '{"loadBalancer": {"protocol": "HTTPS"}}'
want 404 . GET ":/$shared/ssltermination"
want 400 "$invalid" PUT ":/$shared/ssltermination" \
	'{"sslTermination": {"securePort": 443, "certificate": "c"}}'
changed 200 '.sslTermination == {}' PUT ":/$shared/ssltermination" \
	'{"sslTermination": {"securePort": 443, "certificate": "c",
	"privatekey": "k", "intermediateCertificate": null}}'
want 200 '.sslTermination | .certificate == "c" and .enabled and
	(has("privatekey") | not)' GET ":/$shared/ssltermination"
changed 200 '' DELETE ":/$shared/ssltermination"
want 404 . GET ":/$shared/ssltermination"

# Access lists: no ids, all go.
changed 202 '' POST ":/$bare/accesslist" '{"accessList": [
	{"address": "192.0.2.1", "type": "ALLOW"},
	{"address": "192.0.2.2", "type": "ALLOW"},
	{"address": "0.0.0.0/0", "type": "DENY"}]}'
want 400 "$invalid" POST ":/$bare/accesslist" \
	'{"accessList": [{"address": "192.0.2.1", "type": "DENY"}]}'
item=$(call GET ":/$bare/accesslist"
	jq '.accessList[0].id' "$dir/body")
want 400 "$invalid" DELETE ":/$bare/accesslist?id=$item&id=7"
changed 202 '' DELETE ":/$bare/accesslist/$item"
want 200 '.accessList | length == 2' GET ":/$bare/accesslist"
changed 202 '' DELETE ":/$bare/accesslist"
want 200 '.accessList == []' GET ":/$bare/accesslist"

# Deletion: 202, then gone; a second one is 400.
want 400 . DELETE :
want 400 '.message == "Must provide valid load balancers: 7,8 could not be found."' \
	DELETE ":?id=7&id=$bare&id=8"
want 400 '.validationErrors.messages[0] |
	test("^Request to delete 11 .* BATCH_DELETE_LIMIT of 10")' \
	DELETE ":?$(seq -f 'id=%g' -s '&' 11)"
hold
want 202 '' DELETE ":/$bare"
want 400 ".message == \"Must provide valid load balancers: $bare are immutable and could not be processed.\"" \
	DELETE ":/$bare"
want 422 ".message | test(\"'PENDING_DELETE'\")" POST ":/$bare/metadata" \
	'{"metadata": [{"key": "a", "value": "1"}]}'
release
until_is 30 sh -c "! curl -s -f -o '$dir/body' -H 'X-Auth-Token: $token' \
	$base$lbs/$bare" || wrong "is not deleted"
want 404 '.message == "Load balancer not found"' GET ":/$bare"
want 410 '.message == "The loadbalancer is marked as deleted."' \
	GET ":/$bare/nodes"
want 422 '.message == "The load balancer is deleted and considered immutable."' \
	PUT ":/$bare" '{"loadBalancer": {"name": "x"}}'
want 400 '.message | test("could not be found")' DELETE ":/$bare"
want 200 ".loadBalancers | map(.id) == [$bare]" GET ':?status=DELETED'
config '{"deleted_details": 200, "list_deleted": true}'
want 200 '.loadBalancer.status == "DELETED"' GET ":/$bare"
want 200 ".loadBalancers | any(.id == $bare)" GET :
config '{"deleted_details": 410}'
want 410 . GET ":/$bare"
want 202 '' DELETE ":?id=$all&id=$shared"
want 202 '.loadBalancer.port == 53' POST : "{\"loadBalancer\":
	{\"name\": \"port\", \"protocol\": \"DNS_UDP\", $PUBLIC}}"
