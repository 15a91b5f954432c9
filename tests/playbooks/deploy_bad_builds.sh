#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds that cannot serve: one that never boots, one whose health path gives
# 500, one that dies soon after it came up. Each is taken off and deleted, says
# why, and what served before goes on without a lost request.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 41 42
blue 41
start_judge

# The servers of build 42 will be app3 and app4.
cloud_config '{"faults": [{"server": {"name": "^app[34]$", "fault": "No valid host was found."}, "times": 0}]}'
fails "No valid host was found." deploy -e build_key=42 "${quick[@]}"
only 41 2

cloud_config '{"faults": [{"server": {"name": "^app4$", "stuck": true}, "times": 0}]}'
fails "Timeout waiting for all servers to build" deploy -e build_key=42 -e build_timeout=3 "${quick[@]}"
only 41 2

cloud_config '{"faults": [{"server": {"name": "^app3$", "health_status": 500, "health_path": "/health"}, "times": 0}]}'
fails "Build 42 does not serve: Wait until the application answers" deploy -e build_key=42 -e health_timeout=3 "${quick[@]}"
grep -q "What served before serves as it did." "$output" || fail "it does not say what serves"
only 41 2

cloud_config '{"faults": [{"server": {"name": "^app4$", "down_after": 5}, "times": 0}]}'
fails "Build 42 does not serve" deploy -e build_key=42 -e drain_seconds=3
only 41 2

cloud_config '{"faults": [{"server": {"name": "^app3$", "stuck": true}, "times": 0}]}'
fails "The new servers were kept, as keep_failed says: app3, app4" \
	deploy -e build_key=42 -e build_timeout=3 -e keep_failed=true "${quick[@]}"
equal "our servers" "app-41 app-41 app-42 app-42" "$(images_of_ours)"
equal "what serves" "app-41 app-41" "$(serving)"
no_request_lost

# What was kept is neither used nor deleted by the next run of any build.
cloud_config '{"faults": []}'
succeeds deploy -e build_key=42 "${quick[@]}"
equal "our servers" "app-42 app-42 app-42 app-42" "$(images_of_ours)"
equal "what serves" "app-42 app-42" "$(serving)"
succeeds teardown -e confirm=app
equal "our servers" "" "$(images_of_ours)"
