#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where no sandbox can be had simcloud says so once, and why, and serves with
# stand-ins; a test that needs machines fails in CI, and elsewhere is skipped.
set -u
: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}" "${BUILD:=build}"
. "$ROOT/tests/lib/cloud.sh"
. "$ROOT/tests/lib/machine.sh"
trap 'stop_cloud; rm -rf "$programs"' EXIT
programs=$(mktemp -d)
why='["bwrap: No such file or directory (bubblewrap must be installed, and be allowed to make namespaces)",null]'

# serves_anyhow WHAT OPTION...: the cloud was started, its servers are stand-ins.
serves_anyhow() {
	curl -sf "$CLOUD/_sim/config" -d '{"servers": [{"name": "one"}], "app_delay": 0}' >/dev/null ||
		fail "$1: it does not serve"
	within 60 eval '[ "$(cloud_state ".regions.IAD.servers[0].app")" = true ]' ||
		fail "$1: no stand-in application"
	same "$1: the server" "$(cloud_state '.regions.IAD.servers[0].machine')" null
	same "$1: what is shown" "$(cloud_state '.machines, .machine_counts.sandboxes')" $'false\n0'
	same "$1: processes" "$(pgrep -P "$CLOUD_PID")" ''
	same "$1: files" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'simcloud.*')" ''
}

ln -s "$(command -v ssh-keygen)" "$(PATH=$PATH:/usr/sbin command -v haproxy)" "$programs/"
start_without() {
	MACHINES=yes CLOUD_PATH=$programs start_cloud
}
start_without || exit 1
same 'the reason' "$(jq -c '[.machines_why, .ssh_port]' "$CLOUD_DIRECTORY/ready")" "$why"
same 'what it prints' "$(grep -v '^simcloud serves' "$CLOUD_DIRECTORY/log")" \
	"simcloud: servers are no machines, a stand-in application answers for them: $(jq -r '.[0]' <<<"$why")"
serves_anyhow 'without bubblewrap'
same 'the state says why' "$(cloud_state .machines_why)" "$(jq -r '.[0]' <<<"$why")"
answer=$(CI='' need_machines) || fail "skipped: exit $?"
same 'a skip' "$answer" "skipped: $(jq -r '.[0]' <<<"$why")"
(CI=1 need_machines) 2>/dev/null && fail "a skip in CI"
stop_cloud

# A bubblewrap that may not: what it says is the reason.
printf '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n' >"$programs/bwrap"
chmod +x "$programs/bwrap"
start_without || exit 1
[[ $(jq -r .machines_why "$CLOUD_DIRECTORY/ready") == 'bwrap: No permissions to create new namespace (bubblewrap '* ]] ||
	fail "the reason is $(jq -r .machines_why "$CLOUD_DIRECTORY/ready")"
serves_anyhow 'without namespaces'
stop_cloud

# Not wanted.
MACHINES=no start_cloud || exit 1
same 'not wanted' "$(jq -r .machines_why "$CLOUD_DIRECTORY/ready")" '--machines no'
same 'what that prints' "$(grep -v '^simcloud serves' "$CLOUD_DIRECTORY/log")" ''
serves_anyhow 'not wanted'
"$ROOT/$BUILD/simcloud" --machines maybe 2>/dev/null
same '--machines maybe' $? 2
exit $wrong
