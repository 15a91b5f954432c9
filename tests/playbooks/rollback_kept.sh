#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rolling back where keep_blue has kept the old servers: they serve again, and
# none is made.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 41 42
blue 41
fails "records no previous build" rollback
start_judge

succeeds deploy -e build_key=42 -e keep_blue=true "${quick[@]}"
equal "our servers" "app-41 app-41 app-42 app-42" "$(images_of_ours)"
equal "what serves" "app-42 app-42" "$(serving)"
equal "the previous build" 41 "$(record ansible-previous)"

cloud_config '{"clear_log": true}'
succeeds rollback -e keep_blue=true "${quick[@]}"
equal "what serves" "app-41 app-41" "$(serving)"
equal "servers made for it" "" "$(cloud_writes | grep 'POST.*/servers$' || true)"
equal "records" "41 41" "$(record ansible-live) $(record ansible-previous)"
changes_nothing rollback -e keep_blue=true "${quick[@]}"
no_request_lost
