#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --check --diff writes nothing and predicts the real run's requests, in four
# states: nothing there, blue there, half done, the same build; and so do
# rollback.yml and teardown.yml.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

start_cloud
add_images 41 42 43
predicts deploy -e build_key=41 "${quick[@]}"
predicts deploy -e build_key=42 "${quick[@]}"

# The same build: deploy_scale.sh shows that a real run writes nothing.
cloud_config '{"clear_log": true}'
succeeds deploy -e build_key=42 "${quick[@]}" --check --diff -v
equal "what a check run of the same build predicts" "" "$(predicted_requests <"$output")"

# Half done: servers of build 43 have joined, but do not serve yet. They are not
# made again.
for name in app5 app6; do
	cloud_config "{\"servers\": [{\"name\": \"$name\", \"image\": \"app-43\", \"flavor\": \"general1-2\",
		\"metadata\": {\"ansible-deployment\": \"app/app\", \"ansible-build\": \"43\"}}]}"
done
nodes=$(cloud_state '[.regions.IAD.servers[] | select(.image_name == "app-43")
	| {address: .addresses.private[0].addr, port: 8080, condition: "draining"}] | {load_balancer: "app", nodes: ., wait: true} | tojson')
ansible localhost -m rax_clb_nodes -a "$nodes" >"$TMPDIR/output" || fail "no nodes: $(cat "$TMPDIR/output")"
predicts deploy -e build_key=43 "${quick[@]}"
equal "servers made again" "" "$(grep '/servers"' "$TMPDIR/sent" | grep POST || true)"
only 43 2

predicts rollback "${quick[@]}"
predicts teardown -e confirm=app
[ -s "$TMPDIR/sent" ] || fail "the teardown sent nothing"
equal "our servers" "" "$(images_of_ours)"
