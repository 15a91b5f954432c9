#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A deploy that fails late, or beside what others have left: blue is enabled
# again, a broken balancer leaves no paid server, what was kept for a rollback is
# still there, and what a killed run left makes room for another build.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# server NAME BUILD: one of ours that no node leads to.
server() {
	cloud_config "{\"servers\": [{\"name\": \"$1\", \"image\": \"app-$2\", \"flavor\": \"general1-2\", \"metadata\":
		{\"ansible-deployment\": \"app/app\", \"ansible-build\": \"$2\", \"group\": \"app/app\"}}]}"
}

start_cloud
add_images 41 42 43 44
blue 41

# A server is OFFLINE at the look, answers when it is asked, and is to be used again;
# then another one fails: its node is enabled as it was before.
cloud_config '{"server": {"name": "app1", "health_status": 500}}'
until [ "$(serving)" = app-41 ]; do
	sleep 0.1
done
cloud_config '{"latency": 2, "clear_log": true}'
deploy_until "Look for the image of the build" -e build_key=41 -e instances_count=3 -e settle_seconds=10
cloud_config '{"latency": 0, "server": {"name": "app1", "health_status": 200}}'
deploy_comes_to "Let it settle"
cloud_config '{"server": {"name": "app3", "health_status": 500}}'
deploy_fails "Build 41 does not serve: Check that it still answers" "What served before serves as it did."
equal "servers that were made" 1 "$(cloud_writes | grep -c 'POST.*/servers$')"
equal "conditions" "ENABLED ENABLED" "$(conditions)"
only 41 2
start_judge

# Blue drains, and cannot be removed.
cloud_config '{"faults": [{"method": "DELETE", "path": "/nodes", "status": 400, "body": {"message": "not now"}, "times": 0}]}'
fails "What served before is enabled again" deploy -e build_key=42 "${quick[@]}"
grep -q "Remove its nodes: not now" "$output" || fail "it does not say why"
equal "conditions" "ENABLED ENABLED ENABLED ENABLED" "$(conditions)"
equal "the live build" 41 "$(record ansible-live)"
cloud_config '{"faults": []}'

# What that run has left serves, and is of another build: it is drained, too. What
# another killed run has left goes first and makes room; a check run knows.
server app7 43
server app8 43
cloud_config '{"limits": {"maxTotalInstances": 8, "maxTotalRAMSize": 16384}}'
predicts deploy -e build_key=44 "${quick[@]}" -e keep_blue=true
equal "what serves" "app-44 app-44" "$(serving)"
equal "the previous build" 41 "$(record ansible-previous)"
no_request_lost

# Servers that are kept for a rollback outlive a build that fails.
equal "kept servers" "app-41 app-41 app-44 app-44" "$(images_of_ours)"
cloud_config '{"faults": [{"server": {"name": "^app", "fault": "No valid host was found."}, "times": 0}]}'
fails "No valid host was found." deploy -e build_key=42 "${quick[@]}" -e keep_blue=true
equal "kept servers" "app-41 app-41 app-44 app-44" "$(images_of_ours)"
cloud_config '{"faults": []}'

# The balancer breaks while green settles: green is deleted all the same.
deploy_until "Let it settle" -e build_key=42 -e settle_seconds=20 -e balancer_timeout=60
cloud_config '{"balancer": {"name": "app", "region": "IAD", "status": "ERROR"}}'
deploy_fails "The load balancer could not be put back"
equal "servers of the build" "" "$(images_of_ours | tr ' ' '\n' | grep -x app-42 || true)"

# Servers that a new monitor would take off, on a balancer that has none.
cloud_config '{"servers": [{"name": "old1", "image": "app-41", "flavor": "general1-2"}]}'
cloud_config '{"server": {"name": "old1", "health_status": 404}}'
address=$(cloud_state '.regions.IAD.servers[] | select(.name == "old1") | .addresses.private[0].addr')
cloud_config "{\"balancers\": [{\"name\": \"old\", \"protocol\": \"HTTP\", \"port\": 8000, \"virtualIps\": [{\"type\": \"PUBLIC\"}],
	\"nodes\": [{\"address\": \"$address\", \"port\": 8080, \"condition\": \"ENABLED\"}]}], \"clear_log\": true}"
fails "servers that do not answer it (old1)" \
	deploy -e build_key=42 -e server_name=old -e load_balancer_name=old -e adopt=true "${quick[@]}"
equal "writes" "" "$(cloud_writes)"
