#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The load balancers of the simulated cloud as their clients meet them: the
# API with its quirks, traffic through the virtual IP, health monitors, and
# what is left when it is killed. Usage: balancer.sh [simcloud]; prints what is
# wrong. Needs curl, jq, pgrep and haproxy.
# shellcheck disable=SC2034 # shared with the parts in balancer/
set -eu

sim=${1:-${BUILD:-build}/simcloud}
dir=$(mktemp -d)
pid=
load=
prefix=
failed=0

finish() {
	for each in $load $pid; do
		kill "$each" 2>/dev/null || :
		wait "$each" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

wrong() {
	echo "balancer.sh: $1" >&2
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -c 1500 >&2
	failed=1
}

# until_is SECONDS COMMAND...: runs it until it succeeds.
until_is() {
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

for each in curl jq pgrep haproxy; do
	command -v "$each" >/dev/null || { wrong "$each is missing"; exit 1; }
done

ready() {
	[ -s "$dir/ready" ]
}

start() {
	rm -f "$dir/ready"
	# shellcheck disable=SC2086 # it may be two words
	$prefix "$sim" --port 0 --machines no --ready-file "$dir/ready" \
		"$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	until_is 30 ready || { wrong "does not serve" "$(cat "$dir/err")"; exit 1; }
	base=http://127.0.0.1:$(jq .port "$dir/ready")
	lbs=/loadbalancers/iad/v1.0/$(jq -r .tenant "$dir/ready")/loadbalancers
	token=$(jq '{auth: {"RAX-KSKEY:apiKeyCredentials":
		{username: .user, apiKey: .key}}}' "$dir/ready" |
		curl -s -H 'Content-Type: application/json' --data-binary @- \
			"$base/v2.0/tokens" | jq -r .access.token.id)
}

# call METHOD PATH [JSON]: sets status; the body is in $dir/body. A path that
# begins with a colon is of the load balancers: :/1001/nodes.
call() {
	case $2 in
	:*) path=$lbs${2#:} ;;
	*) path=$2 ;;
	esac
	[ $# -lt 3 ] || printf '%s' "$3" >"$dir/data"
	: >"$dir/body"
	status=$(curl -s -o "$dir/body" -w '%{http_code}' -X "$1" \
		-H "X-Auth-Token: $token" -H 'Content-Type: application/json' \
		${3+--data-binary "@$dir/data"} "$base$path") || :
}

# want STATUS FILTER METHOD PATH [JSON]: the call has that status, and its body
# makes the jq filter true (an empty body: "").
want() {
	code=$1 filter=$2
	shift 2
	call "$@"
	if [ "$status" != "$code" ]; then
		wrong "$*: $status, not $code" "$(cat "$dir/body")"
	elif [ -z "$filter" ]; then
		[ ! -s "$dir/body" ] || wrong "$*: has a body" "$(cat "$dir/body")"
	elif ! jq -e "$filter" "$dir/body" >/dev/null; then
		wrong "$*: not $filter" "$(cat "$dir/body")"
	fi
}

config() {
	want 200 . POST /_sim/config "$1"
}

# From hold to release changes stay pending.
hold() {
	config '{"balancer_time": 3000}'
}

release() {
	config '{"clock": 3000, "balancer_time": 0.1}'
}

# is STATUS ID: whether the balancer's status is that.
is() {
	call GET ":/$2"
	[ "$(jq -r '.loadBalancer.status' "$dir/body")" = "$1" ]
}

active() {
	until_is 30 is ACTIVE "$1" || wrong "$1 is not ACTIVE" "$(cat "$dir/body")"
}

# changed STATUS FILTER METHOD PATH [JSON]: want, then the balancer is ACTIVE
# again.
changed() {
	rest=${4#:/}
	want "$@"
	active "${rest%%/*}"
}

create() {
	want 202 '.loadBalancer.status == "BUILD"' POST : \
		"{\"loadBalancer\": $1}"
	id=$(jq .loadBalancer.id "$dir/body")
	vip=$(jq -r '.loadBalancer.virtualIps[0].address' "$dir/body")
	active "$id"
}

schema='.message == ["JSON does not match the expected schema"]'
invalid='.message == "Validation Failure" and .code == 400 and
	.details == "The object is not valid" and
	(.validationErrors.messages | length) > 0'
PUBLIC='"virtualIps": [{"type": "PUBLIC", "ipVersion": "IPV4"}]'

# shellcheck source=tests/simcloud/balancer/api.sh
. "$(dirname "$0")/balancer/api.sh"
# shellcheck source=tests/simcloud/balancer/nodes.sh
. "$(dirname "$0")/balancer/nodes.sh"
# shellcheck source=tests/simcloud/balancer/traffic.sh
. "$(dirname "$0")/balancer/traffic.sh"
exit $failed
