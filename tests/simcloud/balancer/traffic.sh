# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Part of balancer.sh: what goes through the virtual IP, and the end.
# shellcheck disable=SC2034,SC2154 # shared with balancer.sh

# ask: the name of the server that answered, or the status of a failure.
ask() {
	code=$(curl -s -o "$dir/answer" -m 30 -w '%{http_code}' \
		"http://$vip:$port/") || code=000
	[ "$code" = 200 ] && jq -r .server "$dir/answer" || echo "$code"
}

answers() {
	[ "$(ask)" = "$1" ]
}

# must NAME: only that one answers.
must() {
	for each in 1 2 3 4 5 6; do
		got=$(ask)
		[ "$got" = "$1" ] || wrong "$2: $got answered, not $1"
	done
}

# node_is STATUS ID: whether the node is ONLINE or OFFLINE.
node_is() {
	call GET ":/$id/nodes/$2"
	[ "$(jq -r .node.status "$dir/body")" = "$1" ]
}

put() {
	changed 202 '' PUT ":/$id/nodes/$1" "{\"node\": {\"condition\": \"$2\"}}"
}

# Nodes on the addresses of two servers.
config '{"servers": [{"name": "blue"}, {"name": "green"}], "app_delay": 0}'
call GET /_sim/state
blue=$(jq -r '.regions.IAD.servers[] | select(.name == "blue") |
	.addresses.private[0].addr' "$dir/body")
green=$(jq -r '.regions.IAD.servers[] | select(.name == "green") |
	.addresses.private[0].addr' "$dir/body")
app=$(jq -r '.settings.app_port' "$dir/body")
port=8090
create "{\"name\": \"t\", \"protocol\": \"HTTP\", \"port\": $port, $PUBLIC,
	\"timeout\": 120, \"nodes\": [{\"address\": \"$blue\", \"port\": $app},
	{\"address\": \"$green\", \"port\": $app, \"condition\": \"DISABLED\"}]}"
call GET ":/$id/nodes"
b=$(jq '.nodes[0].id' "$dir/body")
g=$(jq '.nodes[1].id' "$dir/body")
must blue 'blue enabled, green disabled'
put "$g" ENABLED
until_is 30 answers green || wrong 'green never answers'
until_is 30 answers blue || wrong 'blue never answers'

# slow SECONDS: a request that takes so long and is answered half; its status
# is in $dir/slow.
slow() {
	rm -f "$dir/half"
	curl -sN -m 60 -w '%{http_code}' -o "$dir/half" \
		"http://$vip:$port/?seconds=$1" >"$dir/slow" &
	load=$!
	until_is 30 [ -s "$dir/half" ] || wrong 'a slow request does not begin'
}

# Drained, what is open is finished, and nothing new comes.
put "$g" DISABLED
slow 2
put "$g" ENABLED
put "$b" DRAINING
must green 'blue draining'
code=0
wait "$load" || code=$?
load=
[ "$code $(cat "$dir/slow")" = '0 200' ] ||
	wrong "a draining node lost a request: curl $code, $(cat "$dir/slow")"

# Disabled or removed, it is cut; a change takes effect before ACTIVE.
for cut in put delete; do
	put "$b" ENABLED
	put "$g" DISABLED
	slow 55
	if [ $cut = put ]; then
		put "$b" DISABLED
	else
		changed 202 '' DELETE ":/$id/nodes/$b"
	fi
	code=0
	wait "$load" || code=$?
	load=
	[ $code != 0 ] || wrong "$cut: a cut node finished its request"
	[ $cut = delete ] || put "$b" ENABLED
done
must 503 'no node is left'
put "$g" ENABLED
must green 'green alone'

# Until PENDING_UPDATE ends nothing has changed for the traffic.
hold
want 202 '' PUT ":/$id/nodes/$g" '{"node": {"condition": "DISABLED"}}'
want 200 '.node.condition == "DISABLED"' GET ":/$id/nodes/$g"
must green 'the change is pending'
release
active "$id"
must 503 'the change took effect'
put "$g" ENABLED

# Another algorithm, another port.
changed 202 '' PUT ":/$id" '{"loadBalancer": {"algorithm": "ROUND_ROBIN"}}'
must green 'round robin'
port=8091
changed 202 '' PUT ":/$id" '{"loadBalancer": {"port": 8091}}'
must green 'another port'
config "{\"balancer\": {\"id\": $id, \"status\": \"SUSPENDED\"}}"
until_is 30 answers 000 || wrong 'SUSPENDED serves'
config "{\"balancer\": {\"id\": $id, \"status\": \"ACTIVE\"}}"
until_is 30 answers green || wrong 'ACTIVE again does not serve'

# With a monitor a node serves from its first good check on, also when it
# joined DRAINING; and not while it is offline.
config '{"monitor_scale": 0.05}'
changed 202 '' PUT ":/$id/healthmonitor" '{"healthMonitor": {"type": "HTTP",
	"delay": 1, "timeout": 300, "attemptsBeforeDeactivation": 2,
	"path": "/health", "statusRegex": "^200$", "bodyRegex": "server"}}'
config '{"server": {"name": "blue", "health_status": 500}}'
changed 202 '.nodes[0].status == "OFFLINE"' POST ":/$id/nodes" \
	"{\"nodes\": [{\"address\": \"$blue\", \"port\": $app,
	\"condition\": \"DRAINING\"}]}"
call GET ":/$id/nodes"
b=$(jq '.nodes[1].id' "$dir/body")
put "$b" ENABLED
must green 'blue has not passed a check'
config '{"server": {"name": "blue", "health_status": 0}}'
until_is 30 node_is ONLINE "$b" || wrong 'blue does not come online'
until_is 30 answers blue || wrong 'blue does not serve'
config '{"server": {"name": "green", "health_status": 500}}'
until_is 30 node_is OFFLINE "$g" || wrong 'green does not go offline'
until_is 30 answers blue
must blue 'green is offline'
config '{"server": {"name": "green", "health_status": 0}}'
until_is 30 node_is ONLINE "$g" || wrong 'green does not come back'

# One that takes no part is looked after, too.
put "$b" DISABLED
config '{"server": {"name": "blue", "health_status": 500}}'
until_is 30 node_is OFFLINE "$b" || wrong 'a disabled node is not checked'
put "$b" DRAINING
config '{"server": {"name": "blue", "health_status": 0}}'
until_is 30 node_is ONLINE "$b" || wrong 'a draining node is not checked'
must green 'blue is draining'
put "$b" ENABLED
until_is 30 answers blue || wrong 'blue is enabled'

# Without a monitor all that are enabled count as online.
config '{"server": {"name": "green", "health_status": 500}}'
until_is 30 node_is OFFLINE "$g" || wrong 'green does not go offline'
changed 202 '' DELETE ":/$id/healthmonitor"
want 200 '.nodes | all(.status == "ONLINE")' GET ":/$id/nodes"
until_is 30 answers 500 || wrong 'green does not serve without a monitor'
config '{"server": {"name": "green", "health_status": 0}}'

# press: asks without a pause, eight at a time, so that some are open at every
# moment. lost: how many requests were not answered, or not to their end.
press() {
	: >"$dir/codes"
	stdbuf -oL curl -s -Z --parallel-max 8 -o /dev/null \
		-w '%{http_code} %{exitcode}\n' \
		"http://$vip:$port/?seconds=0.1&n=[1-999999]" \
		>"$dir/codes" 2>/dev/null &
	load=$!
}

pressed() {
	[ "$(grep -cx '200 0' "$dir/codes")" -gt "$1" ]
}

# more N: so many more are answered.
more() {
	until_is 30 pressed $(($(grep -cx '200 0' "$dir/codes") + $1)) || wrong 'serves no more'
}

lost() {
	kill "$load"
	wait "$load" 2>/dev/null || :
	load=
	grep -cvx '200 0' "$dir/codes" || :
}

# A swap that drains loses no request; one that does not, does.
put "$b" DISABLED
press
until_is 30 pressed 5 || wrong 'nothing is served'
for swap in 1 2 3 4 5 6; do
	put "$b" ENABLED
	put "$g" DRAINING
	# Of eight at a time, those that were open have ended.
	more 16
	put "$g" DISABLED
	other=$b b=$g g=$other
done
n=$(lost)
[ "$n" = 0 ] || wrong "six swaps with draining lost $n requests"
press
until_is 30 pressed 5 || wrong 'nothing is served'
for swap in 1 2 3 4 5 6; do
	put "$b" ENABLED
	put "$g" DISABLED
	until_is 30 pressed $((swap * 10)) || wrong 'serves no more'
	other=$b b=$g g=$other
done
n=$(lost)
[ "$n" -gt 0 ] || wrong 'six swaps without draining lost nothing'

# A server that is deleted takes its requests with it.
put "$b" DISABLED
config '{"server": {"name": "green", "delete": true}}'
until_is 30 answers 503 || wrong 'a deleted server serves'
put "$b" ENABLED
put "$g" DISABLED
must blue 'green is disabled'

# A port that is taken: ERROR, with the reason; the old one still serves.
printf '%s\n' defaults ' mode http' ' timeout client 9s' ' timeout connect 9s' \
	' timeout server 9s' 'frontend taken' " bind $vip:8099" >"$dir/taken"
haproxy -db -f "$dir/taken" >/dev/null 2>&1 &
load=$!
until_is 30 curl -so /dev/null "http://$vip:8099/" || wrong 'nothing listens'
want 202 '' PUT ":/$id" '{"loadBalancer": {"port": 8099}}'
until_is 30 is ERROR "$id" || wrong 'no ERROR although the port is taken'
call GET /_sim/state
jq -e ".regions.IAD.loadbalancers[] | select(.id == $id) | .problem |
	test(\"$vip:8099: Address already in use\")" "$dir/body" >/dev/null ||
	wrong 'the state does not say why'
grep -q "load balancer $id .*$vip:8099: Address" "$dir/err" ||
	wrong 'does not say why' "$(cat "$dir/err")"
must blue 'the old port'
kill "$load"
wait "$load" 2>/dev/null || :
load=
config "{\"balancer\": {\"id\": $id, \"status\": \"ACTIVE\"}}"
changed 202 '' PUT ":/$id" "{\"loadBalancer\": {\"port\": $port}}"

# A balancer that cannot serve goes to ERROR and says why; it can be deleted.
# shellcheck disable=SC2046 # one word each
kill -9 $(pgrep -P "$pid" -x haproxy)
until_is 30 is ERROR "$id" || wrong 'HAProxy ended and nobody noticed'
grep -q "load balancer $id .* ERROR" "$dir/err" || wrong 'says nothing' \
	"$(cat "$dir/err")"
want 422 '.message | test("ERROR")' PUT ":/$id/nodes/$b" \
	'{"node": {"condition": "ENABLED"}}'
want 202 '' DELETE ":/$id"

# Between two runs everything stays.
kill "$pid"
wait "$pid" || wrong "ended with $?" "$(cat "$dir/err")"
start --state "$dir/state" --balancer-time 0.1
create "{\"name\": \"kept\", \"protocol\": \"HTTP\", \"port\": $port, $PUBLIC,
	\"metadata\": [{\"key\": \"a\", \"value\": \"1\"}],
	\"nodes\": [{\"address\": \"127.0.0.1\", \"port\": 1}]}"
call GET ":/$id"
before=$(jq -cS 'del(.loadBalancer.virtualIps[].address)' "$dir/body")
kill "$pid"
wait "$pid" || wrong "ended with $?" "$(cat "$dir/err")"
start --state "$dir/state" --balancer-time 0.1
active "$id"
after=$(jq -cS 'del(.loadBalancer.virtualIps[].address)' "$dir/body")
[ "$before" = "$after" ] || wrong 'the state changed' "$before
$after"
vip=$(jq -r '.loadBalancer.virtualIps[0].address' "$dir/body")
until_is 30 answers 503 || wrong 'the balancer of the last run does not listen'
create "{\"name\": \"new\", \"protocol\": \"HTTP\", \"port\": $port, $PUBLIC}"
want 200 '.loadBalancers | map(.id) | unique | length == 2' GET :

# Killed, it leaves no process, no port, no file.
children=$(pgrep -P "$pid" -x haproxy)
[ "$(echo "$children" | wc -l)" = 2 ] || wrong 'not two HAProxies' "$children"
for each in $children; do
	files=$(find "/proc/$each/fd" -type l -printf '%l\n' |
		grep -vE '^(socket|pipe|anon_inode|/memfd|/dev/null)' || :)
	[ -z "$files" ] || wrong 'HAProxy has files' "$files"
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
pid=
for each in $children; do
	until_is 30 sh -c "! grep -qs '^State:.[^Z]' /proc/$each/status" ||
		wrong "haproxy $each lives"
done
until_is 30 answers 000 || wrong 'something listens still'

# Without HAProxy: the API alone, and one line that says so.
mkdir "$dir/empty"
prefix="env PATH=$dir/empty"
start --balancer-time 0.1
create "{\"name\": \"dry\", \"protocol\": \"HTTP\", \"port\": $port, $PUBLIC}"
create "{\"name\": \"dry\", \"protocol\": \"HTTP\", \"port\": $port, $PUBLIC}"
[ "$(ask)" = 000 ] || wrong 'serves without haproxy'
[ "$(grep -c 'haproxy is not on the PATH' "$dir/err")" = 1 ] ||
	wrong 'does not say once that haproxy is missing' "$(cat "$dir/err")"
kill "$pid"
wait "$pid" || wrong "ended with $?" "$(cat "$dir/err")"
pid=
