#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One build with 2, 4 and 1 servers: added and drained one by one, by their ids,
# without a lost request; the same count again changes nothing.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# shape: what there is, without the names that every run gives anew. Servers are made
# side by side, so the one or the other comes first.
shape() {
	cloud_state '.regions.IAD | {servers: (.servers | sort_by(.name)), loadbalancers} | tojson
		| gsub("2001:db8:[0-9a-f:]*|127\\.[0-9.]+"; "ADDRESS") | gsub("[0-9a-f]{8}-[0-9a-f-]{27}"; "ID")
		| gsub("[0-9-]+T[0-9:]+Z"; "TIME") | fromjson
		| walk(if type == "object" then del(.["ansible-run"], .["ansible-deploy-run"], .updated)
			| if .key and .value then del(.id) else . end
			elif type == "array" then map(select((type != "object") or .key != "ansible-run"))
			else . end)'
}

# What many tests begin with is what a deploy makes.
start_cloud
add_images 41
blue 41
shape >"$TMPDIR/at_once"
stop_cloud

start_cloud
add_images 41
succeeds deploy -e build_key=41 "${quick[@]}"
only 41 2
shape >"$TMPDIR/made"
diff -u "$TMPDIR/at_once" "$TMPDIR/made" || fail "what a deploy makes differs from what tests begin with"
start_judge
succeeds deploy -e build_key=41 -e instances_count=4 "${quick[@]}"
only 41 4
succeeds deploy -e build_key=41 -e instances_count=1 "${quick[@]}"
only 41 1
no_request_lost
changes_nothing deploy -e build_key=41 -e instances_count=1 "${quick[@]}"
