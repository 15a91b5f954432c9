#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bake.yml on servers that are machines: it bakes once, as a check run has said,
# what is baked serves, and prunes by keep_builds what nobody needs. teardown.yml
# with images=true leaves of our builds' images none but what others need. What a
# bake has left that was killed goes a day later, and with teardown.yml at once.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

MACHINES=yes start_cloud --build-time 0.2 --image-time 0.2 --delete-time 0.2
need_machines
fails "There is no active image Nowhere in IAD" bake -e build_key=41 -e source_image=Nowhere

# 38 is on record, a server runs from 39, and 35 has been replaced; app-web-7 is
# another inventory's, 36 was made by hand, and app-by-hand is a server's snapshot.
image 36 app-36
image 35 app-35-replaced-20260101T000000Z app-35
image 37 app-37 app-37
image 38 app-38 app-38
image 39 app-39 app-39
image web-7 web-7 web-7
image 7 app-web-7 app-web-7
image 37 app-by-hand app-37
cloud_config "$(jq -nc --arg id "$(image_id 38)" '{
	servers: [{name: "other", image: "app-39", flavor: "general1-2"}],
	balancers: [{name: "elsewhere", protocol: "HTTP", port: 80, algorithm: "RANDOM", virtualIps: [{type: "PUBLIC"}],
		metadata: [{key: "ansible-previous", value: ("38 " + $id + " app")}]}]}')"

predicts bake -e build_key=41
changes_nothing bake -e build_key=41
grep -q "Image app-41 of build 41 is there already" "$output" || fail "it does not say that the image is there"
succeeds deploy -e build_key=41 "${quick[@]}"
only 41 2
answer=$(curl -sf "$(balancer_url)/path")
equal "what answers" "41 app-41 /path" "$(jq -r '"\(.build) \(.image) \(.path)"' <<<"$answer")"
equal "who answers" "$(cloud_state '.regions.IAD.servers[] | .name' | grep -xF "$(jq -r .server <<<"$answer")")" \
	"$(jq -r .server <<<"$answer")"

succeeds bake -e build_key=42 -e keep_builds=1
grep -q "Given up, as keep_builds says: .*app-37" "$output" || fail "it does not say what is given up: $(cat "$output")"
grep -q "Left alone, since they are of others: .*app-web-7" "$output" || fail "it does not say what is left alone"
equal "images that stay" "app-36 app-38 app-39 app-41 app-42 app-by-hand app-web-7 web-7" "$(own_images)"

predicts teardown -e confirm=app -e images=true
grep -q "Images that are gone: app-4[12], app-4[12]\." "$output" || fail "it does not say what is gone: $(cat "$output")"
grep -q "Images that stay, since others need them: app-3[89], app-3[89]\." "$output" || fail "it does not say what stays"
equal "images that stay" "app-36 app-38 app-39 app-by-hand app-web-7 web-7" "$(own_images)"
equal "our servers" "" "$(images_of_ours)"

# Another recipe under the name of a build that is on record: the old image stays.
cloud_config "$(jq -nc '{images: [{region: "IAD", name: "app-34", tenant: "700123", metadata: {build_key: "34",
	"ansible-baked": "2026-01-01T00:00:34Z", "ansible-bake": "app-34", "ansible-digest": "another"}}]}')"
cloud_config "$(jq -nc --arg id "$(image_id 34)" '{balancers: [{name: "records", protocol: "HTTP", port: 81,
	algorithm: "RANDOM", virtualIps: [{type: "PUBLIC"}],
	metadata: [{key: "ansible-previous", value: ("34 " + $id + " app")}]}]}')"
succeeds bake -e build_key=34
[[ $(own_images) == *"app-34 app-34-replaced-"* ]] || fail "an image on record was deleted: $(own_images)"

# bake_killed BUILD: the bake of this build is killed when it has got a server, and
# asks for its image.
bake_killed() {
	local run processes
	cloud_config '{"clear_log": true, "faults": [{"method": "POST", "path": "/action$", "stall": true}]}'
	setsid ansible-playbook -i "$ROOT/inventory/simcloud.yml" "$ROOT/playbooks/bake.yml" \
		-e build_key="$1" >"$TMPDIR/killed" 2>&1 &
	run=$!
	until [ "$(cloud_log '[.requests[] | select(.status == null and (.path | endswith("/action")))] | length')" = 1 ]; do
		kill -0 "$run" 2>/dev/null || {
			cat "$TMPDIR/killed"
			fail "the bake of build $1 was over before it asked for its image"
		}
		sleep 0.1
	done
	kill -STOP -- "-$run"
	mapfile -t processes < <(tree "$run")
	kill -9 "${processes[@]}" 2>/dev/null || true
	wait "$run" || true
	cloud_config '{"faults": []}'
	equal "what is left" "app-$1 key" "$(left_of_bakes)"
}

# left_of_bakes: the names of servers, and how many key pairs.
left_of_bakes() {
	cloud_state '.regions.IAD | [(.servers[] | .metadata["ansible-bake"] // empty),
		(.keypairs[] | select(.name | startswith("ansible-bake-")) | "key")] | join(" ")'
}

bake_killed 43
# Its lease is over, but somebody may be looking at it.
cloud_config '{"clock": 700}'
changes_nothing bake -e build_key=34
equal "what is left" "app-43 key" "$(left_of_bakes)"
cloud_config '{"clock": 86400, "faults": [{"method": "DELETE", "path": "/servers/", "status": 403, "body": "Not you."}]}'
succeeds bake -e build_key=34
grep -q "could not be removed: .*Not you" "$output" || fail "it does not say what is there still: $(cat "$output")"
grep -q "Image app-34 of build 34 is there already" "$output" || fail "it has not gone on"
cloud_config '{"faults": []}'
predicts bake -e build_key=34
equal "what is left" "" "$(left_of_bakes)"

bake_killed 44
cloud_config '{"clock": 700}'
predicts teardown -e confirm=app
equal "what is left" "" "$(left_of_bakes)"
