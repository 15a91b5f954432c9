#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each request that a bake makes fails, is cut, or is the moment at which the
# module, ansible-playbook alone or all processes of the run get a signal, or the
# module is killed: nothing of the bake is left afterwards.
# `bake_points.sh all' tries every request in every way; without it each request
# is tried in one way, the next in the next.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

# How a request can go wrong: the fault's members. What is stalled is not done, what
# is late is.
ways=(
	'refused    {"status": 403, "body": {"forbidden": {"code": 403, "message": "No."}}}'
	'TERM       {"late": 20}'
	'cut_before {"cut": "before"}'
	'KILL       {"late": 20}'
	'errors     {"status": 500, "body": "broken", "times": 6}'
	'playbook   {"late": 20}'
	'one_error  {"status": 500, "body": "broken"}'
	'KILL       {"stall": true}'
	'cut_after  {"cut": "after"}'
	'INT        {"stall": true}'
	'HUP        {"late": 20}'
	'group      {"late": 20}'
)
scope=${1:-one}
# Most of the time is spent waiting for lists that may lag.
workers=4

# requests: METHOD, pattern of the path, and the how manieth of its kind, in the
# order in which a bake makes them. A poll is looked at twice.
requests() {
	cloud_log '[.requests[] | {method, path: (.path | split("?")[0]
			| gsub("[0-9a-f]{8}-[0-9a-f-]{27}"; "[^/?]+")
			| gsub("ansible-bake-[-0-9a-f]+"; "[^/?]+")
			| gsub("[.]"; "[.]"))}]
		| reduce .[] as $r ({seen: {}, out: []};
			($r.method + " " + $r.path) as $key | (.seen[$key] // 0) as $n
			| .seen[$key] = $n + 1
			| if $n < 2 then .out += ["\($key) \($n)"] else . end)
		| .out[]'
}

# start: the module in the background, in $pid.
start() {
	called="rax_image $arguments"
	write_arguments "$arguments" false false rax_image >"$SCRATCH/arguments"
	setsid "$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" >"$SCRATCH/result" 2>&1 &
	pid=$!
}

# start_playbook: the same in a playbook, in $pid. All of its processes have
# $mark in their environment.
start_playbook() {
	called="rax_image $arguments in a playbook"
	mark=POINT=$BASHPID.$RANDOM
	jq -nc --argjson arguments "$arguments" '[{hosts: "localhost", gather_facts: false,
		tasks: [{rax_image: $arguments}]}]' >"$SCRATCH/play.yml"
	setsid env "$mark" ansible-playbook -i localhost, -c local "$SCRATCH/play.yml" >"$SCRATCH/result" 2>&1 &
	pid=$!
}

# all_ended: no process of the playbook is left.
all_ended() {
	for _ in $(seq 1800); do
		grep -qzx -- "$mark" /proc/[0-9]*/environ 2>/dev/null || return 0
		sleep 0.1
	done
	wrong "$point" "an end of the module" "$(ps -ef | tail -n 40)"
}

# abandoned TARGET: a playbook gets SIGTERM when the request is held.
abandoned() {
	start_playbook
	if held "$pid"; then
		reached=true
		kill -TERM -- "$1$pid"
		cloud_config '{"faults": []}'
	fi
	wait "$pid" 2>/dev/null || :
	all_ended
}

# signalled NAME: when the request is held.
signalled() {
	start
	if ! held "$pid"; then
		wait "$pid" || wrong "$point" "a bake that nothing disturbs" "$(head -c 2000 "$SCRATCH/result")"
		return 0
	fi
	reached=true
	kill "-$1" "$pid"
	cloud_config '{"faults": []}'
	status=0
	wait "$pid" 2>/dev/null || status=$?
	[ "$1" = KILL ] || {
		jq -es 'length == 1 and (.[0].failed or .[0].image.status == "ACTIVE")' "$SCRATCH/result" >/dev/null ||
			wrong "$point" "one result" "$(head -c 2000 "$SCRATCH/result")"
		return 0
	}
	run rax_image "$arguments"
	is 0 '.image.status == "ACTIVE"'
}

# try NAME FAULT METHOD PATTERN NUMBER
try() {
	local name=$1 fault=$2
	point="$name $2 at $3 $4 ($5)"
	reached=false
	cloud_config "$(jq -nc --argjson fault "$fault" --arg method "$3" --arg path "^$4([?]|\$)" \
		--argjson after "$5" '{clear_log: true, faults: [{method: $method, path: $path, after: $after} + $fault]}')"
	case $name in
	TERM | INT | HUP | KILL) signalled "$name" ;;
	playbook) abandoned "" ;;
	group) abandoned - ;;
	*)
		run rax_image "$arguments"
		[ "$status" = 0 ] || fails ""
		reached=$(cloud_state '.faults[0].used > 0')
		cloud_config '{"faults": []}'
		;;
	esac
	called=$point
	nothing_left
	# No image is told of that is not there.
	[ "$name" = playbook ] || [ "$name" = group ] || [ -n "$(finished)" ] ||
		is "$status" '.failed and .image == null'
	# How often a lease is renewed and a poll repeated differs.
	[ "$reached" = false ] || tried=$((tried + 1))
	run rax_image '{"name": "point", "state": "absent"}'
	is 0 '.left == null'
}

# points: name, fault, method, pattern and number, a line each.
points() {
	local name fault method pattern number way=0 request
	while read -r name fault; do
		request=0
		while read -r method pattern number; do
			[ "$scope" = all ] || [ $((request % ${#ways[@]})) = $way ] &&
				printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$fault" "$method" "$pattern" "$number"
			request=$((request + 1))
		done <"$1"
		way=$((way + 1))
	done < <(printf '%s\n' "${ways[@]}")
}

# work NUMBER: its share of the points, in a cloud of its own.
work() {
	local name fault method pattern number
	tried=0
	begin_bake
	while IFS=$'\t' read -r name fault method pattern number; do
		try "$name" "$fault" "$method" "$pattern" "$number"
	done < <(awk -v share="$1" -v all="$workers" 'NR % all == share' "$points")
	echo "$tried" >"$points.$1"
}

begin_bake
# Long enough for a cloud that is slow to answer.
arguments=$(recipe point '{"lease": 6}')
run rax_image "$arguments"
is 0 '.changed and .image.status == "ACTIVE"'
nothing_left
requests >"$SCRATCH/requests"
[ "$(wc -l <"$SCRATCH/requests")" -ge 15 ] ||
	wrong "a bake" "its requests in the log" "$(cat "$SCRATCH/requests")"
points=$SCRATCH/points
points "$SCRATCH/requests" >"$points"
pids=()
for share in $(seq 0 $((workers - 1))); do
	(work "$share") &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do
	wait "$pid" || bad=1
done
# What Python has for its own processes goes with nobody who is killed.
rm -rf "${TMPDIR:?}"/pymp-*
[ $bad = 0 ] || exit 1
tried=$(($(cat "$points".[0-9] | paste -sd +)))
echo "told: points at which a bake went wrong: $tried of $(wc -l <"$points")"
# Whether a poll is repeated differs, and so whether it is reached.
enough=$(($(wc -l <"$points") * 3 / 4))
[ "$tried" -ge $enough ] || wrong "$0" "at least $enough points" "$tried"
