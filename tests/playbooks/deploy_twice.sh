#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two deploys of one inventory at once: whichever is first to write its record goes
# on; the other fails, says so, and deletes only what it has made itself.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# first_fails TEXT...: the first deploy does, says all of this, and no untruth.
first_fails() {
	deploy_fails "$@"
	! grep -q "serves as it did" "$deployed" || fail "the first deploy says that nothing has changed"
}

start_cloud
add_images 41 42 43 44
blue 41
start_judge

# The second removes what the first has begun, and deletes it.
deploy_until "Let it settle" -e build_key=42 -e settle_seconds=10 -e drain_seconds=3
deploy_held
succeeds deploy -e build_key=43 "${quick[@]}"
deploy_goes_on
first_fails "Build 42 does not serve: Check that it still answers" \
	"Another run has taken over: it has recorded 43 as live, and that stays."
only 43 2
equal "the previous build" 41 "$(record ansible-previous)"

# The second uses what the first has begun, and has it live before the first.
deploy_until "Let it settle" -e build_key=44 -e settle_seconds=10 -e drain_seconds=3
deploy_held
succeeds deploy -e build_key=44 "${quick[@]}"
deploy_goes_on
first_fails "This run has not made build 44 the live one: Check that no other run has taken over"
only 44 2
equal "the previous build" 43 "$(record ansible-previous)"

# What the first takes for a leftover serves before it goes on to delete it.
for name in app7 app8; do
	cloud_config "{\"servers\": [{\"name\": \"$name\", \"image\": \"app-42\", \"flavor\": \"general1-2\",
		\"metadata\": {\"ansible-deployment\": \"app/app\", \"ansible-build\": \"42\"}}]}"
done
cloud_config '{"latency": 2}'
deploy_until "Look for the image of the build" -e build_key=41 "${quick[@]}"
deploy_held
cloud_config '{"latency": 0}'
succeeds deploy -e build_key=42 "${quick[@]}"
deploy_goes_on
deploy_fails "another run has taken over load balancer app: its record names as live 42, no longer 44"
only 42 2
no_request_lost
