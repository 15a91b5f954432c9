#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_clb_nodes through Ansible: every act predicted, done, and done again.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin --balancer-time 0.1 --app-delay 0.1
cloud_config '{
	"balancers": [
		{"name": "app", "port": 80, "algorithm": "WEIGHTED_ROUND_ROBIN"},
		{"name": "twin", "port": 80}, {"name": "twin", "port": 80},
		{"name": "watched", "port": 8000, "healthMonitor": {"type": "CONNECT",
			"delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 1}}],
	"monitor_scale": 0.2,
	"servers": [{"name": "up", "app": true}, {"name": "down", "app": false}]}'
play rax_clb_nodes

# From the command line.
new_log
ad_hoc rax_clb_nodes -a '{"load_balancer": "app", "wait": true,
	"nodes": [{"address": "10.5.0.1", "port": "80"}]}'
is 0 '.changed and .nodes[0].address == "10.5.0.1" and .nodes[0].port == 80'
ad_hoc rax_clb_nodes -a 'load_balancer=app address=10.5.0.1 port=80 condition=draining wait=yes'
is 0 '.changed and .node.condition == "DRAINING"'
ad_hoc rax_clb_nodes -a 'load_balancer=app address=10.5.0.1 port=80 state=absent wait=yes'
is 0 '.changed'
