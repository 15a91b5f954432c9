#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# However a simcloud with machines ends, and at whatever moment, it leaves no
# process, no mount, no port and no file.
set -u
: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}" "${BUILD:=build}"
. "$ROOT/tests/lib/cloud.sh"
. "$ROOT/tests/lib/machine.sh"
trap stop_cloud EXIT
mounts=$(cut -d' ' -f3- /proc/self/mountinfo)
: "${TMPDIR:=/tmp}"

# Whatever has a machine's tree mounted, and keepers.
processes() {
	grep -ls "$TMPDIR/simcloud\." /proc/[0-9]*/mountinfo
	[ -z "${keeper:-}" ] || ! kill -0 "$keeper" 2>/dev/null || echo "keeper $keeper"
}

files() {
	find "$TMPDIR" -maxdepth 1 -name 'simcloud.*'
}

ports() {
	[ -z "${network:-}" ] || listening "${network%/*}"
}

# gone MOMENT: simcloud has ended by itself or was killed.
gone() {
	wait "$CLOUD_PID" 2>/dev/null
	CLOUD_PID=
	within 60 none processes || fail "$1: left: $(processes)"
	within 60 none files || fail "$1: left: $(files | xargs find | head)"
	none ports || fail "$1: left: $(ports)"
	same "$1: mounts" "$(cut -d' ' -f3- /proc/self/mountinfo)" "$mounts"
	rm -rf "$CLOUD_DIRECTORY"
}

begin() {
	start_machines --build-time "${1:-0}" --image-time 0 || exit 1
	network=$(jq -r .network "$CLOUD_DIRECTORY/ready")
	keeper=$(pgrep -P "$CLOUD_PID")
	[ -n "$(files)" ] || fail "this test does not see the files"
}

# begin_with N: N servers that run.
begin_with() {
	begin
	servers=()
	for n in $(seq "$1"); do
		servers+=("$(create "s$n")")
	done
	for server in "${servers[@]}"; do
		wait_is ACTIVE "/servers/$server"
	done
	processes | grep -qv keeper || fail "this test does not see the sandboxes"
}

kill_now() {
	kill -KILL "$CLOUD_PID"
	gone "$1"
}

# What can be had is known before it is killed for the first time.
begin
stop_cloud
gone 'an ordinary end'

for delay in 0 0.002 0.01 0.03 0.06 0.1 0.15 0.2 0.3; do
	CLOUD_DIRECTORY=$(mktemp -d) network='' keeper=''
	"$ROOT/$BUILD/simcloud" --port 0 --ready-file "$CLOUD_DIRECTORY/ready" \
		>"$CLOUD_DIRECTORY/log" 2>&1 &
	CLOUD_PID=$!
	sleep "$delay"
	kill_now "$delay s after its start"
done

for delay in 0 0.01 0.03 0.08 0.2; do
	begin
	for n in 1 2 3 4; do
		create "s$n" >/dev/null
	done
	sleep "$delay"
	kill_now "$delay s after servers were made"
done

begin_with 3
on "${servers[0]}" 'setsid sleep 1000 >/dev/null 2>&1 & sleep 1001' &
session=$!
on "${servers[1]}" true
kill_now 'machines run, somebody is logged in'
wait $session

begin_with 1
on "${servers[0]}" 'cd /opt; for i in 1 2 3 4 5 6 7 8; do head -c 60000000 /dev/zero >$i; done'
act "${servers[0]}" '{"createImage": {"name": "big"}}'
kill_now 'an image is made'

begin_with 3
for server in "${servers[@]}"; do
	api DELETE "/servers/$server"
done
kill_now 'servers are deleted'

begin_with 2
act "${servers[0]}" "{\"rebuild\": {\"imageRef\": \"$DEBIAN\"}}"
act "${servers[1]}" '{"reboot": {"type": "HARD"}}'
kill_now 'a server is rebuilt, another restarts'

begin_with 2
on "${servers[0]}" 'mkdir -p /srv/a/b; chmod 0 /srv/a/b /srv/a; touch /srv/c; chmod 0 /srv/c'
kill "$CLOUD_PID"
gone SIGTERM

begin_with 2
keeper_of=$keeper
kill -INT "$CLOUD_PID" "$keeper_of"
gone 'SIGINT to both'

# As Ctrl-C does it: to everything of its process group.
set -m
begin_with 2
set +m
kill -INT -- "-$CLOUD_PID"
gone 'SIGINT to the process group'
set -m
begin_with 2
set +m
kill -KILL -- "-$CLOUD_PID"
gone 'SIGKILL to the process group'

# Without its keeper it cannot go on, and says so.
kill_keeper() {
	kill -KILL "$keeper"
	wait "$CLOUD_PID" && fail "simcloud without its keeper ended well"
	grep -q 'keeper' "$CLOUD_DIRECTORY/log" ||
		fail "it does not say why: $(cat "$CLOUD_DIRECTORY/log")"
	gone "$1"
}
begin_with 2
kill_keeper 'SIGKILL to the keeper'

# Bubblewrap's inner process does not end with the outer one when that comes
# early: here it never does.
orphans() {
	pgrep -fx "sleep 1000[.]$$"
}
mkdir "$TMPDIR/bin"
cat >"$TMPDIR/bin/bwrap" <<END
#!/bin/sh
setsid sleep 1000.$$ >/dev/null 2>&1 3>&- 4>&- &
exec $(command -v bwrap) "\$@"
END
chmod +x "$TMPDIR/bin/bwrap"
CLOUD_PATH=$TMPDIR/bin:$PATH
for end in kill_now kill_keeper; do
	begin_with 2
	within 60 eval 'orphans >/dev/null' || fail "this test does not see the orphans"
	$end "$end with orphans"
	within 60 none orphans || fail "$end: left: $(orphans)"
done
rm -r "${TMPDIR:?}/bin"
exit $wrong
