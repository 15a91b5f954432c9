#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rolling back: with the old servers kept and with them deleted, twice, to a build
# that is named, and where the image is gone.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 40 41 42
fails "is not there" rollback
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
grep -q "Build 41 serves already" "$output" || fail "it does not say that nothing was to be done"

succeeds deploy -e build_key=42 "${quick[@]}"
only 42 2
succeeds rollback "${quick[@]}"
only 41 2
changes_nothing rollback "${quick[@]}"
succeeds rollback -e build_key=40 "${quick[@]}"
only 40 2
equal "the previous build" 41 "$(record ansible-previous)"

cloud_config '{"image": {"name": "app-41", "region": "IAD", "status": "DELETED"}}'
cloud_config '{"clear_log": true}'
fails "cannot be booted in IAD: there is none" rollback "${quick[@]}"
equal "writes" "" "$(cloud_writes)"
only 40 2
no_request_lost
