#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a bake cannot remove, or is to keep: it is told, and removed by another run
# once its lease has ended.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

begin_bake

# What cannot be removed is named, and makes the run fail; the next one, or a
# sweep, removes it once its lease has ended, never before.
cloud_config '{"faults": [{"method": "DELETE", "path": "/700123/servers/", "status": 403, "body": "broken", "times": 0}]}'
run rax_image "$(recipe bad '{"lease": 3, "provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '(.left | length) == 1 and (.left[0] | startswith("server bad ")) and (.msg | contains("see `left'"'"'"))'
cloud_config '{"faults": []}'
[ "$(left_over)" = "server bad" ] || wrong "$called" "server bad" "$(left_over)"
run rax_image '{"state": "swept", "older_than": "1h"}'
is 0 '.changed | not'
until [ "$(cloud_state "[.regions.IAD.servers[] | .metadata[\"ansible-lease\"] | tonumber] | max < $(date +%s)")" = true ]; do
	run rax_image '{"state": "swept"}'
	[ "$(left_over)" = "server bad" ] || [ "$(jq .changed "$SCRATCH/result")" = true ] ||
		wrong "$called" "no change, or one that is told" "$(cat "$SCRATCH/result")"
	[ -n "$(left_over)" ] || break
	sleep 0.2
done
run rax_image '{"state": "swept"}'
nothing_left

# Kept where that is wanted, named, and swept later.
run rax_image "$(recipe bad '{"lease": 2, "on_error": "abort", "provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '(.kept | length) == 2 and .left == null'
[ "$(left_over | sort | cut -d ' ' -f 1 | paste -sd ' ')" = "key server" ] || wrong "$called" "a server and a key pair" "$(left_over)"
# Where nothing was made there is nothing to keep.
cloud_config '{"faults": [{"method": "POST", "path": "/os-keypairs", "status": 403, "body": "refused"}]}'
run rax_image "$(recipe none '{"on_error": "abort"}')"
is 1 '(.msg | contains("refused")) and (.msg | contains("was kept") | not) and .kept == null'
cloud_config '{"faults": []}'
# Another recipe is refused as long as that lease runs.
run rax_image "$(recipe bad)"
while [ "$status" != 0 ]; do
	fails "Another run bakes image bad from another recipe"
	sleep 0.3
	run rax_image "$(recipe bad)"
done
is 0 '.changed and (.removed | length) == 2 and .image.name == "bad"'
nothing_left

# A signal between two removals denies none of them.
run rax_image "$(recipe halved '{"lease": 2, "on_error": "abort", "provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '(.kept | length) == 2'
until run rax_image '{"state": "swept"}' true && [ "$(jq '.requests | length' "$SCRATCH/result")" = 2 ]; do
	sleep 0.2
done
cloud_config '{"clear_log": true, "faults": [{"method": "DELETE", "path": "/os-keypairs/", "stall": true, "times": 0}]}'
called="rax_image, swept, and SIGTERM"
write_arguments '{"state": "swept"}' false false rax_image >"$SCRATCH/arguments"
"$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" >"$SCRATCH/result" &
pid=$!
held "$pid" || wrong "$called" "a request that is held" "$(cat "$SCRATCH/result")"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
is 1 '(.msg | startswith("Interrupted by ")) and .changed and (.removed | length) == 1
	and (.removed[0] | startswith("server halved ")) and (.left | length) == 1 and (.left[0] | startswith("key pair "))'
cloud_config '{"faults": []}'
run rax_image '{"state": "swept"}'
is 0 '(.removed | length) == 1'
nothing_left

# A sweep may be of certain names only.
run rax_image "$(recipe bad '{"lease": 2, "on_error": "abort", "provisioners": [{"type": "shell", "inline": ["exit 4"]}]}')"
is 1 '(.kept | length) == 2'
until [ "$(cloud_state "[.regions.IAD.servers[] | .metadata[\"ansible-lease\"] | tonumber] | max < $(date +%s)")" = true ]; do
	sleep 0.2
done
run rax_image '{"state": "swept", "name": "ba"}'
is 0 '.changed | not'
run rax_image '{"state": "swept", "name": "b?d*"}'
is 0 '.changed and (.removed | length) == 2'
nothing_left
