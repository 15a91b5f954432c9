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
until [ "$(cloud_log '[.requests[] | select(.status == null)] | length')" = 1 ]; do
	sleep 0.05
done
start 2 "$(recipe overtaken)"
wait "$one" "$!"
nothing_left
both '([.[].changed] == [false, true]) and (map(.failed // false) | any | not) and .[0].image.id == .[1].image.id'
[ "$(finished)" = overtaken ] || wrong "$called" overtaken "$(finished)"
cloud_config '{"faults": []}'
forget overtaken

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
