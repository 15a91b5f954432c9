#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# teardown.yml with images=true tells of each image what has become of it: those
# of names that another inventory uses, too, stay, and so do those that are taken
# for the provider's.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# Two inventories share the names of their images: app-40 is to go back to, app-43
# is to be deployed next, and no record tells of it.
start_cloud
for build in 40 41 42 43; do
	image "$build" "app-$build" "app-$build"
done
blue 42 41
blue 41 "" shop ap
predicts teardown -e server_name=ap -e load_balancer_name=shop -e confirm=shop -e images=true
grep -q "Images that are gone: none\." "$output" || fail "it tells of images that are gone: $(cat "$output")"
grep -Eq "shared with load balancer app: app-4[0-3], app-4[0-3], app-4[0-3], app-4[0-3]\." "$output" ||
	fail "it does not say why images stay: $(cat "$output")"
equal "images that stay" "app-40 app-41 app-42 app-43" "$(own_images)"
only 42 2

# Nobody shares them now; a balancer with images of another kind of names does not.
image 7 app-web-7 app-web-7
cloud_config "$(jq -nc --arg id "$(image_id web-7)" '{balancers: [{name: "web", protocol: "HTTP", port: 81,
	algorithm: "RANDOM", virtualIps: [{type: "PUBLIC"}], metadata: [{key: "ansible-live", value: ("7 " + $id + " web")}]}]}')"
image 39 app-39 app-39 '{"image_type": "base"}'
predicts teardown -e confirm=app -e images=true
grep -Eq "Images that are gone: app-4[0-3], app-4[0-3], app-4[0-3], app-4[0-3]\." "$output" ||
	fail "it does not say what is gone: $(cat "$output")"
grep -q "taken for those of the provider: app-39\." "$output" || fail "it does not say what was not deleted: $(cat "$output")"
equal "images that stay" "app-39 app-web-7" "$(own_images)"
