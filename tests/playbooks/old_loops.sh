#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An old playbook with every kind of loop, module_defaults, delegate_to, and tasks
# that are not waited for.
set -euo pipefail
# shellcheck source=tests/lib/old.sh
. "$ROOT/tests/lib/old.sh"

begin_old --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --balancer-time 0.1
printf '%s ansible_connection=local\n' localhost web1 web2 >"$SCRATCH/hosts"
arguments=(-i "$SCRATCH/hosts" -e "debian=$DEBIAN")
old loops "${arguments[@]}"
all='[["async", "async1"], ["async", "async2"], ["async", "async3"], ["dict", "dict1"],
	["hosts", "web1"], ["hosts", "web2"], ["items", "item1"], ["items", "item2"],
	["loop", "plain1"], ["loop", "plain2"], ["loop", "plain2"], ["nested", "a-x"], ["nested", "a-y"],
	["sequence", "seq01"], ["sequence", "seq02"]]'
cloud_is '.regions.IAD
	| (.servers | map([.metadata.loop, .name]) | sort) == '"$all"'
	and (.servers | map(select(.name == "dict1") | .flavor.id? // .flavor) == ["general1-2"])
	and (.loadbalancers | map(.name)) == ["async"]
	and ([.loadbalancers[0].nodes[].address] | sort)
		== ([.servers[] | select(.metadata.loop == "async") | .addresses.private[] | select(.version == 4) | .addr] | sort)'
# A job that is begun counts as a change.
ALWAYS=("Several at a time")
old_again loops "${arguments[@]}"
await_jobs
