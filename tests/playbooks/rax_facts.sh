#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_facts through Ansible.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
cloud_config '{"servers": [
	{"name": "web.1", "metadata": {"tier": "web"}},
	{"name": "webx1", "metadata": {"tier": "app"}},
	{"name": "Wéb [1] (new)+"},
	{"name": "twin", "count": 2},
	{"name": "many", "count": 7, "metadata": {"group": "many"}},
	{"name": "special", "metadata": {"group": "many", "n": "1", "l": "1,2",
		"d": "{\"a\": 1}"}}]}'
play rax_facts

# From the command line.
ad_hoc rax_facts -a 'name=web.1 limits=yes'
is 0 '.ansible_facts.rax_name == "web.1" and .limits.maxTotalInstances == 100'
