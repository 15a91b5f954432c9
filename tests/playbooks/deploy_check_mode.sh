#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --check --diff writes nothing and predicts the real run's requests, in four
# states: nothing there, blue there, half done, the same build; and so do
# rollback.yml and teardown.yml.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# predicts PLAYBOOK ARGUMENT...: a check run, then the real one.
predicts() {
	cloud_config '{"clear_log": true}'
	succeeds "$@" --check --diff -v
	equal "writes of a check run" "" "$(cloud_writes)"
	predicted_requests <"$output" >"$TMPDIR/predicted"
	succeeds "$@"
	sent_requests >"$TMPDIR/sent"
	compare_requests "$TMPDIR/predicted" "$TMPDIR/sent" ||
		fail "playbook $* --check did not predict what was sent"
}

start_cloud
add_images 41 42 43
predicts deploy -e build_key=41 "${quick[@]}"
predicts deploy -e build_key=42 "${quick[@]}"
predicts deploy -e build_key=42 "${quick[@]}"
[ ! -s "$TMPDIR/sent" ] || fail "the same build was deployed again"

# Half done: servers of build 43 have joined, but do not serve yet.
cloud_config '{"faults": [{"method": "PUT", "path": "/nodes", "status": 403, "times": 0}]}'
playbook deploy -e build_key=43 "${quick[@]}" -e keep_failed=true >"$TMPDIR/output" 2>&1 &&
	fail "the deploy should have been stopped half-way"
cloud_config '{"faults": []}'
predicts deploy -e build_key=43 "${quick[@]}"
predicts rollback "${quick[@]}"
predicts teardown -e confirm=app
[ -s "$TMPDIR/sent" ] || fail "the teardown sent nothing"
predicts teardown -e confirm=app
