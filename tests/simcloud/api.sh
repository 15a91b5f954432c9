#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The simulated cloud as its clients meet it: identity, servers, images,
# volumes, faults, state. Usage: [ONLY=part] api.sh [simcloud]; prints what is
# wrong.
# shellcheck disable=SC2034 # shared with the parts in api/
set -eu

sim=${1:-${BUILD:-build}/simcloud}
dir=$(mktemp -d)
pid=
failed=0

part=
finish() {
	code=$?
	[ -z "$part" ] || echo "api.sh: $part breaks off" >&2
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	rm -rf "$dir"
	exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM

wrong() {
	echo "api.sh: $1" >&2
	[ $# -lt 2 ] || printf '%s\n' "$2" | head -c 2000 >&2
	failed=1
}

# until_is COMMAND...: runs it until it succeeds, for a while.
until_is() {
	tries=600
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

ready() {
	[ -s "$dir/ready" ]
}

start() {
	rm -f "$dir/ready"
	"$sim" --port 0 --machines no --ready-file "$dir/ready" \
		"$@" >"$dir/out" 2>"$dir/err" &
	pid=$!
	until_is ready || { wrong "does not serve" "$(cat "$dir/err")"; exit 1; }
	base=http://127.0.0.1:$(jq .port "$dir/ready")
	user=$(jq -r .user "$dir/ready")
	key=$(jq -r .key "$dir/ready")
	tenant=$(jq -r .tenant "$dir/ready")
	servers=/servers/iad/v2/$tenant
	images=/images/iad/v2
	volumes=/volumes/iad/v1/$tenant
	log_in
}

stop() {
	kill "$pid"
	code=0
	wait "$pid" || code=$?
	pid=
	[ "$code" = 0 ] || wrong "ended with $code" "$(cat "$dir/err")"
}

# api METHOD PATH [JSON [curl options]]: sets status; the body is in
# $dir/body, the headers are in $dir/head.
token=none
type=application/json
api() {
	method=$1 path=$2
	shift 2
	if [ $# -gt 0 ]; then
		data=$1
		shift
		set -- --data-binary "$data" "$@"
	fi
	status=$(curl -s -o "$dir/body" -D "$dir/head" -w '%{http_code}' \
		-X "$method" -H "X-Auth-Token: $token" \
		-H "Content-Type: $type" "$@" "$base$path") || :
	[ -e "$dir/body" ] || : >"$dir/body"
}

# is STATUS [JQ]: the last answer has that status and satisfies the filter.
is() {
	[ "$status" = "$1" ] || {
		wrong "$method $path: status $status in place of $1" \
			"$(cat "$dir/body")"
		return 0
	}
	[ $# -lt 2 ] || jq -e "$2" "$dir/body" >/dev/null 2>&1 ||
		wrong "$method $path: not so: $2" "$(cat "$dir/body")"
}

header() {
	grep -i "^$1: " "$dir/head" | tr -d '\r' | cut -d' ' -f2-
}

config() {
	api POST /_sim/config "$1"
	is 200
}

get() {
	jq -r "$1" "$dir/body"
}

# pass S: the cloud's clock goes on by so many seconds. What takes a thousand
# seconds here happens only then, however slow the machine is.
pass() {
	config "{\"clock\": $1}"
}

log_in() {
	api POST /v2.0/tokens "{\"auth\": {\"RAX-KSKEY:apiKeyCredentials\":
		{\"username\": \"$user\", \"apiKey\": \"$key\"}}}"
	is 200
	token=$(get .access.token.id)
}

# now JQ: GET of $url satisfies the filter.
url=
now() {
	api GET "$url"
	[ "$status" = 200 ] && jq -e "$1" "$dir/body" >/dev/null
}

wait_for() {
	url=$1
	until_is now "$2" ||
		wrong "GET $1 never: $2" "$(cat "$dir/body")"
}

gone() {
	api GET "$url"
	[ "$status" = 404 ]
}

wait_gone() {
	url=$1
	until_is gone || wrong "GET $1 is never 404"
}

debian=1a2b3c4d-0000-4000-8000-000000002003

# server NAME [MEMBERS]: creates one, sets id.
server() {
	api POST "$servers/servers" "{\"server\": {\"name\": \"$1\",
		\"imageRef\": \"$debian\", \"flavorRef\": \"general1-1\"
		${2:+, $2}}}"
	id=$(get '.server.id // empty' 2>/dev/null) || id=
}

refused() {
	server "$2" "$3"
	is "$1"
	jq -e "$4" "$dir/body" >/dev/null 2>&1 ||
		wrong "server with $3: not $4" "$(cat "$dir/body")"
}

for part in "$(dirname "$0")"/api/${ONLY:-*}.sh; do
	# shellcheck source=/dev/null
	. "$part"
	part=
done
exit $failed
