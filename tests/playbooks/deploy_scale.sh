#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One build with 2, 4 and 1 servers: added and drained one by one, by their ids,
# without a lost request; the same count again changes nothing.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 41
succeeds deploy -e build_key=41 "${quick[@]}"
only 41 2
start_judge
succeeds deploy -e build_key=41 -e instances_count=4 "${quick[@]}"
only 41 4
succeeds deploy -e build_key=41 -e instances_count=1 "${quick[@]}"
only 41 1
no_request_lost
changes_nothing deploy -e build_key=41 -e instances_count=1 "${quick[@]}"
