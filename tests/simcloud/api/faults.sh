# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# What goes wrong on purpose.
start --build-time 0.1 --app-delay 0.1

count() {
	api GET "$servers/servers?name=$1"
	get '.servers | length'
}
create="{\"server\": {\"name\": \"cut\", \"imageRef\": \"$debian\",
	\"flavorRef\": \"general1-1\"}}"
fault() {
	config "{\"faults\": [{\"method\": \"POST\",
		\"path\": \"/servers\$\", \"service\": \"servers\", $1}]}"
}

fault '"cut": "before"'
api POST "$servers/servers" "$create"
is 000
[ "$(count cut)" = 0 ] || wrong "cut before: it was done"
fault '"cut": "after"'
api POST "$servers/servers" "$create"
is 000
[ "$(count cut)" = 1 ] || wrong "cut after: it was not done"
fault '"cut": "middle"'
api POST "$servers/servers" "$create"
is 202
whole=$(header Content-Length)
[ "$(wc -c <"$dir/body")" = $((whole / 2)) ] || wrong "not half a reply"
[ "$(count cut)" = 2 ] || wrong "cut in the middle: it was not done"
fault '"cut": "middle", "raw": "0123456789", "raw_repeat":
	{"text": "abc", "times": 1000}, "status": 201'
api POST "$servers/servers" "$create"
is 201
[ "$(wc -c <"$dir/body")" = 1505 ] || wrong "not half of a repeated reply"
[ "$(count cut)" = 2 ] || wrong "answered in place of it: it was done"

# canned answers
fault '"status": 503, "body": {"a": [1]}, "headers": {"Retry-After": "7"}'
api POST "$servers/servers" "$create"
is 503 '.a == [1]'
[ "$(header Retry-After)" = 7 ] || wrong "no header"
header x-compute-request-id | grep -q req- || wrong "no request id"
fault '"raw": "<html>", "content_type": "text/html"'
api POST "$servers/servers" "$create"
is 200
[ "$(cat "$dir/body")" = '<html>' ] || wrong "not raw"
fault '"raw_repeat": {"text": "[", "times": 3000000}'
api POST "$servers/servers" "$create"
[ "$(wc -c <"$dir/body")" = 3000000 ] || wrong "not long"
api POST "$servers/servers" "$create"
is 202

# after, times; the first rule that matches acts; counts are shown
config '{"faults": [{"path": "limits", "status": 500, "after": 1, "times": 2},
	{"path": "limits", "status": 502, "times": 0}]}'
for code in 502 500 500 502 502; do
	api GET "$servers/limits"
	is $code
done
api GET /_sim/state
is 200 '[.faults[] | [.seen, .used]] == [[5, 2], [3, 3]]'
config '{"add_faults": [{"path": "flavors", "status": 500}]}'
api GET "$servers/flavors"
is 500
config '{"faults": []}'
api GET "$servers/limits"
is 200

# time: nobody else waits
for what in delay late; do
	config "{\"faults\": [{\"path\": \"limits\", \"$what\": 100},
		{\"path\": \"limits\", \"$what\": 0.5},
		{\"path\": \"flavors\", \"stall\": true}]}"
	curl -s -o "$dir/slow" -H "X-Auth-Token: $token" \
		"$base$servers/limits" &
	slow=$!
	asked() {
		api GET /_sim/state
		jq -e '.faults[0].used == 1' "$dir/body" >/dev/null
	}
	until_is asked || wrong "no rule acts"
	before=$(date +%s%3N)
	api GET "$servers/limits"
	is 200
	[ $(($(date +%s%3N) - before)) -ge 500 ] || wrong "no $what"
	kill $slow || wrong "it does not wait"
	wait $slow 2>/dev/null || :
done
api GET "$servers/flavors" '' -m 3
is 000
in_log() {
	api GET /_sim/log
	jq -e '[.requests[] | select(.path | test("flavors"))][-1].status == 0' \
		"$dir/body" >/dev/null
}
until_is in_log || wrong "a stalled request that ended is not logged"

# things: servers and images
config '{"faults": [
	{"server": {"name": "^bad", "fault": "No valid host was found."}},
	{"server": {"name": "^stuck", "stuck": true}},
	{"server": {"name": "^dead", "app": "none"}},
	{"server": {"name": "^sick", "health_status": 500,
		"health_path": "/health"}},
	{"server": {"name": "^short", "down_after": 500}},
	{"image": {"name": "^bad", "fault": "Disk full."}},
	{"image": {"name": "^gone", "vanish": true}}]}'
server bad1
wait_for "$servers/servers/$id" '.server.status == "ERROR"'
is 200 '.server.fault | .code == 500
	and .message == "No valid host was found."'
server bad2
wait_for "$servers/servers/$id" '.server.status == "ACTIVE"'
server stuck
stuck=$id
server dead
dead=$id
server sick
wait_for "$servers/servers/$id" '.server.accessIPv4 != ""'
sick=$(get .server.accessIPv4):8080
is_code() {
	[ "$(curl -s -o "$dir/page" -w '%{http_code}' "http://$2")" = "$1" ]
}
until_is is_code 200 "$sick/" || wrong "no application"
is_code 500 "$sick/health" || wrong "the health path is fine"
config '{"server": {"name": "sick", "health_status": 0}}'
is_code 200 "$sick/health" || wrong "the health path is not fine"
server short
wait_for "$servers/servers/$id" '.server.accessIPv4 != ""'
short=$(get .server.accessIPv4):8080
until_is is_code 200 "$short/" || wrong "no short application"
pass 500
until_is is_code 000 "$short/" || wrong "the application stays"
api GET /_sim/state
is 200 ".regions.IAD.servers | map(select(.id == \"$stuck\").status)
	== [\"BUILD\"]"
is 200 ".regions.IAD.servers | map(select(.id == \"$dead\").app) == [false]"
for row in bad:ERROR gone:none good:ACTIVE; do
	api POST "$servers/servers/$id/action" \
		"{\"createImage\": {\"name\": \"${row%:*}\"}}"
	is 202
	image=$(header Location)
	url=$servers/images/${image##*/}
	if [ "${row#*:}" = none ]; then
		wait_gone "$url"
	else
		wait_for "$url" ".image.status == \"${row#*:}\""
	fi
	wait_for "$servers/servers/$id" \
		'.server."OS-EXT-STS:task_state" == null'
done

# steering servers
config "{\"server\": {\"id\": \"$stuck\", \"status\": \"ACTIVE\"}}"
api GET "$servers/servers/$stuck"
is 200 '.server | .status == "ACTIVE" and ."OS-EXT-STS:task_state" == null'
config '{"server": {"name": "^short$", "status": "ERROR", "fault": "Burnt."}}'
api GET "$servers/servers/$id"
is 200 '.server.fault.message == "Burnt."'
config '{"add_metadata": [{"metadata": {"rackconnect_automation_status":
	"DEPLOYING"}}, {"after": 500, "access": "private",
	"metadata": {"rackconnect_automation_status": "DEPLOYED"}}]}'
server racked
wait_for "$servers/servers/$id" '.server.metadata
	.rackconnect_automation_status == "DEPLOYING"'
is 200 '.server.accessIPv4 == .server.addresses.public[0].addr'
pass 500
api GET "$servers/servers/$id"
is 200 '.server.metadata.rackconnect_automation_status == "DEPLOYED"'
is 200 '.server.accessIPv4 == .server.addresses.private[0].addr'

# rate limits stand in front of the service, wrapped
config '{"rates": [{"service": "servers", "method": "GET", "path": "limits",
	"limit": 2, "seconds": 1000}]}'
for code in 200 200 413; do
	api GET "$servers/limits"
	is $code
done
is 413 '.overLimit | .code == 413 and (.retryAt | test("Z$"))'
[ "$(header Retry-After)" -le 1000 ] || wrong "Retry-After"
[ "$(header Retry-After)" -ge 900 ] || wrong "Retry-After"
api GET "$servers/servers"
is 200
config '{"clock": 1001}'
api GET "$servers/limits"
is 200
config '{"rates": [{"limit": 0, "seconds": 9, "retry_after": "date"}]}'
api GET "$volumes/volumes"
is 413
date -d "$(header Retry-After)" >/dev/null || wrong "no date"
config '{"rates": []}'
stop

# what waits when the cloud ends is neither done nor answered
start --state "$dir/ended"
config '{"faults": [{"method": "POST", "path": "servers$", "delay": 100}]}'
curl -s -o "$dir/slow" -X POST -H "X-Auth-Token: $token" \
	-H "Content-Type: $type" --data "$create" "$base$servers/servers" &
slow=$!
asked() {
	api GET /_sim/log
	jq -e '[.requests[] | select(.status == null)] | length == 1' \
		"$dir/body" >/dev/null
}
until_is asked || wrong "a request that waits is not in the log"
stop
! wait $slow || wrong "what waits is answered at the end"
[ "$(jq '.servers | length' "$dir/ended/state.json")" = 0 ] ||
	wrong "what waits is done at the end"
