#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The judge sees what is lost: the same deploy without draining, servers that get
# traffic before they can answer, servers that are deleted while they serve. And
# nothing is lost by a hundred changes of nodes of which none leaves.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# run_tasks FILE: a play of tests/playbooks.
run_tasks() {
	ansible-playbook -i "$ROOT/inventory/simcloud.yml" \
		"$ROOT/tests/playbooks/$1" >"$TMPDIR/output" 2>&1 || {
		cat "$TMPDIR/output"
		fail "$1 failed"
	}
}

# some_lost WHAT
some_lost() {
	stop_judge
	[ "$failed" -gt 0 ] || {
		cat "$TMPDIR/judge"
		fail "no request was lost $1, so the judge is blind"
	}
}

start_cloud
add_images 41 42
blue 41

start_judge
run_tasks judge_hundred_changes.yml
no_request_lost

start_judge
succeeds deploy -e build_key=42 -e settle_seconds=1 -e drain_seconds=0
some_lost "by a deploy without draining"

start_judge
run_tasks judge_delete_enabled.yml
some_lost "when servers were deleted while they served"

stop_cloud
start_cloud
add_images 41 42
run_tasks judge_before_monitor.yml
cloud_config '{"app_delay": 600}'
start_judge
run_tasks judge_too_early.yml
until awk -F '\t' 'NR > 1 && $4 != "ok" { bad = 1 } END { exit !bad }' "$TMPDIR/requests"; do
	sleep 0.1
done
some_lost "by servers that were enabled before they could answer"
