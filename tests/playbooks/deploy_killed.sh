#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A deploy is killed, with all its processes, at three points; one of another
# build follows, finishes or removes what was begun, and no request is lost.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 41 42 43 44
blue 41
start_judge

cloud_config '{"build_time": 600}'
killed_at "Make the servers" deploy -e build_key=42 "${quick[@]}"
cloud_config '{"build_time": 2}'
succeeds deploy -e build_key=43 "${quick[@]}"
only 43 2
equal "the previous build" 41 "$(record ansible-previous)"

killed_at "Let it settle" deploy -e build_key=42 -e settle_seconds=120
equal "what serves" "app-43 app-43" "$(serving)"
succeeds deploy -e build_key=44 "${quick[@]}"
only 44 2
equal "the previous build" 43 "$(record ansible-previous)"

killed_at "Watch those who stay" deploy -e build_key=42 -e settle_seconds=1 -e drain_seconds=60
equal "the live build" 42 "$(record ansible-live)"
succeeds deploy -e build_key=41 "${quick[@]}"
only 41 2
equal "the previous build" 42 "$(record ansible-previous)"
no_request_lost
