#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rolling back where a deploy was not finished, and its servers have traffic beside
# the live ones: what it began goes, and the build that was live stays, also when it
# is run again.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 40 41 42
blue 41 40
start_judge

# It was killed before it came to the record.
cloud_config '{"faults": [{"path": "/metadata", "method": "PUT", "stall": true, "times": 0}]}'
killed_at "Write the record" deploy -e build_key=42 "${quick[@]}"
cloud_config '{"faults": []}'
equal "what serves" "app-41 app-41 app-42 app-42" "$(serving)"
predicts rollback "${quick[@]}"
grep -q "a deploy was not finished. The build before it is 41" "$output" || fail "it does not say why it is 41"
only 41 2
equal "the previous build" 41 "$(record ansible-previous)"
changes_nothing rollback "${quick[@]}"
grep -q "Build 41 serves already" "$output" || fail "it does not say that nothing was to be done"

# It could not remove blue, and has enabled it again.
succeeds deploy -e build_key=42 "${quick[@]}"
cloud_config '{"faults": [{"method": "DELETE", "path": "/nodes", "status": 400, "body": {"message": "not now"}, "times": 0}]}'
fails "What served before is enabled again" deploy -e build_key=40 -e keep_failed=true "${quick[@]}"
cloud_config '{"faults": []}'
equal "what serves" "app-40 app-40 app-42 app-42" "$(serving)"
equal "records" "42 41" "$(record ansible-live) $(record ansible-previous)"
succeeds rollback "${quick[@]}"
equal "what serves" "app-42 app-42" "$(serving)"
equal "records" "42 42" "$(record ansible-live) $(record ansible-previous)"
equal "kept servers" "app-40 app-40 app-42 app-42" "$(images_of_ours)"
no_request_lost
