#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_clb through Ansible: every act predicted, done, and done again.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin --balancer-time 0.15
play rax_clb

# From the command line.
ad_hoc rax_clb -a 'name=line port=8000 wait=yes health_monitor="type=CONNECT delay=5" meta=a=1,b=2'
is 0 '.changed and .balancer.port == 8000 and .balancer.healthMonitor.delay == 5
	and ([.balancer.metadata[] | {(.key): .value}] | add) == {"a": "1", "b": "2"}'
