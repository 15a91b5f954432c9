#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_clb_info through Ansible.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
cloud_config '{"balancers": [
	{"name": "app", "port": 8080, "timeout": 40, "metadata": [
		{"key": "tier", "value": "web"}, {"key": "ansible-live", "value": "b1"}],
		"healthMonitor": {"type": "CONNECT", "delay": 5, "timeout": 5,
			"attemptsBeforeDeactivation": 3},
		"nodes": [
			{"address": "10.0.0.1", "port": 80},
			{"address": "10.0.0.2", "port": 80, "condition": "DISABLED"}]},
	{"name": "shop", "port": 80},
	{"name": "many", "port": 80, "metadata": [{"key": "n", "value": "1"}]},
	{"name": "many", "port": 81, "metadata": [{"key": "n", "value": "2"}]}]}'
play rax_clb_info
