#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The acts of machine.sh with a simcloud that is an ordinary user's.
set -u
: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}" "${BUILD:=build}"
. "$ROOT/tests/lib/cloud.sh"
. "$ROOT/tests/lib/machine.sh"
if [ "$(id -u)" != 0 ]; then
	echo "machine.sh is this test for whoever is not root"
	exit 0
fi
scratch=$(mktemp -d "/tmp/check.${CHECK_RUN:-$$}.user.XXXXXX")
trap 'stop_cloud; rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir -m 1777 "$scratch/all"
export TMPDIR=$scratch/all
mounts=$(cut -d' ' -f3- /proc/self/mountinfo)
CLOUD_USER=65534
start_machines || exit 1
[ "$SSH_PORT" = 2222 ] || [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -le 22 ] ||
	fail "an ordinary user's sshd at port $SSH_PORT"
. "$ROOT/tests/lib/machine_acts.sh"
none find "$scratch/all" -mindepth 1 || fail "left behind: $(find "$scratch/all")"
exit $wrong
