#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rolling back where the old servers are gone: to the previous build, twice, to a
# build that is named, and where the image is gone or nothing is known.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 40 41 42
fails "is not there" rollback
blue 42 41
start_judge

succeeds rollback "${quick[@]}"
only 41 2
equal "the previous build" 41 "$(record ansible-previous)"
changes_nothing rollback "${quick[@]}"
grep -q "Build 41 serves already" "$output" || fail "it does not say that nothing was to be done"

succeeds rollback -e build_key=40 "${quick[@]}"
only 40 2
equal "the previous build" 41 "$(record ansible-previous)"

cloud_config '{"image": {"name": "app-41", "region": "IAD", "status": "DELETED"}}'
cloud_config '{"clear_log": true}'
fails "cannot be booted in IAD: there is none" rollback "${quick[@]}"
equal "writes" "" "$(cloud_writes)"
only 40 2
no_request_lost
