#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Blue and green must fit into the account together: known before the first
# write, with both figures. So are a missing image and a missing flavor.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# refused TEXT ARGUMENT...: the deploy fails with this text and writes nothing.
refused() {
	cloud_config '{"clear_log": true}'
	fails "$1" deploy "${quick[@]}" "${@:2}"
	equal "writes" "" "$(cloud_writes)"
	only 41 2
}

start_cloud
add_images 41 42
blue 41
cloud_config '{"limits": {"maxTotalInstances": 3}}'
refused "2 more are needed, 1 are free" -e build_key=42
cloud_config '{"limits": {"maxTotalInstances": 100, "maxTotalRAMSize": 5000}}'
refused "4096 MB more are needed" -e build_key=42
cloud_config '{"limits": {"maxTotalRAMSize": 131072}, "node_limit": 3}'
refused "2 more are needed, 1 are free" -e build_key=42
cloud_config '{"node_limit": 25}'
refused "there is none" -e build_key=43
cloud_config '{"image": {"name": "app-42", "region": "IAD", "status": "ERROR"}}'
refused "its status is ERROR" -e build_key=42
cloud_config '{"image": {"name": "app-42", "region": "IAD", "status": "ACTIVE"}}'
refused "There is no flavor general9-9" -e build_key=42 -e flavor=general9-9
cloud_config '{"balancer": {"name": "app", "region": "IAD", "status": "ERROR"}}'
cloud_config '{"clear_log": true}'
fails "its status is ERROR" deploy -e build_key=42 "${quick[@]}"
equal "writes" "" "$(cloud_writes)"
