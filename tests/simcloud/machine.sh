#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Servers are machines: what a new one is given, SSH, the boot script, images,
# the API's actions, and that nothing of a deleted one is left.
set -u
: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}" "${BUILD:=build}"
. "$ROOT/tests/lib/cloud.sh"
. "$ROOT/tests/lib/machine.sh"
trap stop_cloud EXIT
mounts=$(cut -d' ' -f3- /proc/self/mountinfo)
start_machines || exit 1
. "$ROOT/tests/lib/machine_acts.sh"
exit $wrong
