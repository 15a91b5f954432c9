#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several bakes of one name at the same time.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

# start NUMBER ARGUMENTS: a bake in the background, its process in $!, its result
# in $SCRATCH/result.NUMBER.
start() {
	write_arguments "$2" false false rax_image >"$SCRATCH/arguments.$1"
	"$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments.$1" >"$SCRATCH/result.$1" 2>&1 &
}

# both FILTER: of the list of the two results.
both() {
	jq -es "$1" "$SCRATCH/result.1" "$SCRATCH/result.2" >/dev/null || wrong "$called" "$1" \
		"$(jq -c 'del(.invocation)' "$SCRATCH/result.1" "$SCRATCH/result.2" | head -c 4000)"
}

# two PAUSE ARGUMENTS ARGUMENTS: at once, or a moment apart.
two() {
	local first second
	called="two bakes, $1 s apart"
	start 1 "$2"
	first=$!
	sleep "$1"
	start 2 "$3"
	second=$!
	wait "$first" || :
	wait "$second" || :
	nothing_left
}

begin_bake

# Of one recipe: one image, which both tell.
for pause in 0 0 0.05 0.3 1; do
	two "$pause" "$(recipe one)" "$(recipe one)"
	both '([.[].changed] | sort) == [false, true] and (map(.failed // false) | any | not)
		and .[0].image.id == .[1].image.id and .[0].digest == .[1].digest'
	[ "$(finished)" = one ] || wrong "$called" one "$(finished)"
	forget one
done

# Lists that lag show neither what the other has made; before the image is taken
# at the latest one of them gives way.
cloud_config '{"list_lag": 1}'
two 0 "$(recipe lag '{"provisioners": [{"type": "shell", "inline": ["sleep 2"]}]}')" \
	"$(recipe lag '{"provisioners": [{"type": "shell", "inline": ["sleep 2"]}]}')"
both '(map(.failed // false) | any | not) and .[0].image.id == .[1].image.id'
cloud_config '{"list_lag": 0}'
sleep 1.2
[ "$(finished)" = lag ] || wrong "$called" lag "$(finished)"
forget lag

# The first one is held until the second one, which was quicker, has made the
# image: there is one all the same.
cloud_config '{"faults": [{"method": "POST", "path": "/os-keypairs$", "delay": 45}]}'
start 1 "$(recipe overtaken)"
one=$!
held "$one" || wrong "overtaken" "a request that is held" none
start 2 "$(recipe overtaken)"
wait "$one" "$!"
nothing_left
both '([.[].changed] == [false, true]) and (map(.failed // false) | any | not) and .[0].image.id == .[1].image.id'
[ "$(finished)" = overtaken ] || wrong "$called" overtaken "$(finished)"
cloud_config '{"faults": []}'
forget overtaken

# give_way NAME: a bake, in $pid, a child of $parent, that sees only when it has made
# its key pair that another run, of which there is the key pair $rival, began
# earlier. The removal of its own takes a while.
give_way() {
	local arguments now
	arguments=$(recipe "$1" "{\"progress\": \"$SCRATCH/progress\"}")
	run rax_image "$arguments" true
	called="a bake of $1 that gives way"
	now=$(date +%s)
	rival=ansible-bake-$(printf %s "$1" | sha256sum | head -c 16)-$(jq -r '.digest[:16]' "$SCRATCH/result")
	rival+=-$(printf %032d 1)-$((now - 60))-$((now + 600))
	cloud_api POST servers/iad/v2/700123/os-keypairs "{\"keypair\": {\"name\": \"$rival\"}}" >/dev/null
	cloud_config '{"clear_log": true, "faults": [
		{"method": "GET", "path": "/os-keypairs$", "status": 200, "body": {"keypairs": []}},
		{"method": "DELETE", "path": "/os-keypairs/", "late": 15}]}'
	write_arguments "$arguments" false false rax_image >"$SCRATCH/arguments.1"
	rm -f "$SCRATCH/progress" "$SCRATCH/pid"
	bash -c '"$0" "$1" >"$2" 2>&1 & echo $! >"$3"; wait' "$ROOT/$BUILD/modules/rax_image" \
		"$SCRATCH/arguments.1" "$SCRATCH/result.1" "$SCRATCH/pid" &
	parent=$!
	held "$parent" || wrong "$called" "its key pair's removal" "$(head -c 2000 "$SCRATCH/result.1")"
	pid=$(cat "$SCRATCH/pid")
}

# gave_up TEXT: it has ended with this message, and made nothing more.
gave_up() {
	wait "$parent" 2>/dev/null || :
	until jq -es 'length == 1' "$SCRATCH/result.1" >/dev/null 2>&1; do
		sleep 0.05
	done
	jq -e --arg text "$1" '.failed and (.msg | startswith($text))' "$SCRATCH/result.1" >/dev/null ||
		wrong "$called" "$1" "$(head -c 2000 "$SCRATCH/result.1")"
	[ "$(cloud_writes | grep -c POST)" = 1 ] || wrong "$called" "one key pair" "$(cloud_writes)"
	[ -z "$(finished)" ] || wrong "$called" "no image" "$(finished)"
	nothing_left
}

# A signal that comes while it cleans up counts when it has: nothing else is begun,
# although nobody bakes the image any more.
give_way signalled
kill -TERM "$pid"
cloud_api DELETE "servers/iad/v2/700123/os-keypairs/$rival"
gave_up "Interrupted by Terminated"

# So does the end of whoever has started it, after that.
give_way orphaned
until grep -q "planning again" "$SCRATCH/progress"; do
	sleep 0.05
done
kill -9 "$parent"
cloud_api DELETE "servers/iad/v2/700123/os-keypairs/$rival"
gave_up "Interrupted by Hangup"
cloud_config '{"faults": []}'

# Of two recipes: one image, and one failure, at once.
for pause in 0 0.3; do
	two "$pause" "$(recipe two)" "$(recipe two '{"flavor": "general1-2"}')"
	both '(map(.failed == true) | sort) == [false, true]
		and (map(select(.failed))[0].msg | test("nother run,? .*bakes? image two"))'
	[ "$(finished)" = two ] || wrong "$called" two "$(finished)"
	forget two
done

# One that was killed is waited for until its lease has ended.
start 1 "$(recipe killed '{"lease": 30, "provisioners": [{"type": "shell", "inline": ["sleep 60"]}]}')"
first=$!
until [ "$(cloud_state '[.regions.IAD.servers[] | select(.status == "ACTIVE")] | length')" = 1 ]; do
	sleep 0.05
done
kill -9 "$first"
wait "$first" 2>/dev/null || :
ends=$(cloud_state '[.regions.IAD.servers[].metadata["ansible-lease"] | tonumber] | max')
run rax_image "$(recipe killed '{"lease": 30, "provisioners": [{"type": "shell", "inline": ["sleep 60"]}], "wait_timeout": 1}')"
fails "Another run still bakes image killed from this recipe"
[ -n "$(left_over)" ] || wrong "$called" "what the first has left" nothing
run rax_image "$(recipe killed)"
while [ "$status" != 0 ]; do
	fails "Another run bakes image killed from another recipe"
	run rax_image "$(recipe killed)"
done
[ "$(date +%s)" -ge "$ends" ] || wrong "$called" "no bake before $ends" "$(date +%s)"
is 0 '.changed and (.removed | length) == 2'
nothing_left
