#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An old playbook that launches servers, keeps them in memory by add_host and puts
# them behind a balancer, all by local_action; and the one that removes them.
set -euo pipefail
# shellcheck source=tests/lib/old.sh
. "$ROOT/tests/lib/old.sh"

begin --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --balancer-time 0.1
printf '[rackspace_cloud]\nusername = %s\napi_key = %s\n' "$RAX_USERNAME" "$USER_KEY" >"$HOME/.raxpub"
# Somebody else's server of such a name.
cloud_config '{"servers": [{"name": "web01"}]}'
others=$(cloud_state '.regions.IAD.servers[0].id')

(
	# The file is all that tells who is logging in.
	unset RAX_USERNAME RAX_API_KEY
	SECRETS=("$USER_KEY")
	old launch
	tells_no_secret "$SCRATCH/output"
	[ "$(sort "$SCRATCH/fresh" | paste -sd ' ')" = "web02 web03" ] ||
		wrong "$called" "web02 and web03 are fresh" "$(cat "$SCRATCH/fresh")"
	rm "$SCRATCH/fresh"
	# add_host does what it does in every run.
	ALWAYS=("All of them")
	old_again launch
	[ ! -e "$SCRATCH/fresh" ] || wrong "$called, again" "no fresh one" "$(cat "$SCRATCH/fresh")"
)
cloud_is '.regions.IAD | [.servers[] | select(.metadata.group == "web")] as $web
	| ([.servers[].name] | sort) == ["web01", "web02", "web03"]
	and ($web | map(.metadata.role) == ["web", "web"])
	and ($web | map(.metadata.zone) == ["1", "1"])
	and ([.loadbalancers[].nodes[] | select(.condition == "ENABLED" and .port == 8080) | .address] | sort)
		== ([$web[].addresses.private[] | select(.version == 4) | .addr] | sort)
	and .loadbalancers[0].algorithm == "LEAST_CONNECTIONS"'

old remove
cloud_is '[.regions.IAD.servers[].id] == ["'"$others"'"]
	and ([.regions.IAD.loadbalancers[] | select(.status != "DELETED")] == [])'
old_again remove
