#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ansible-playbook is killed while one of its modules waits, and nobody else is
# told: the module ends by itself, and so does the worker that it was started by,
# whatever session that is in.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# ours WHAT: the processes of this playbook that have WHAT in their command line.
ours() {
	grep -lzx -- "$mark" /proc/[0-9]*/environ 2>/dev/null | sed 's/environ$/cmdline/' |
		xargs -r grep -l -- "$1" 2>/dev/null || true
}

begin --build-time 300
jq -nc --arg image "$DEBIAN" '[{hosts: "localhost", gather_facts: false, tasks: [{rax: {name: "slow",
	image: $image, flavor: "general1-1", wait: true, wait_timeout: 600}}]}]' >"$SCRATCH/play.yml"
for signal in KILL TERM HUP; do
	mark=KILLED=$signal.$$
	called="a playbook that gets SIG$signal"
	new_log
	env "$mark" ansible-playbook -i localhost, -c local "$SCRATCH/play.yml" >"$SCRATCH/output" 2>&1 &
	pid=$!
	# It waits when it looks at the server that it has made, or found.
	for _ in $(seq 1200); do
		[ "$(cloud_log '[.requests[] | select(.method == "GET" and (.path | test("/servers")))] | length')" -ge 3 ] && break
		sleep 0.1
	done
	[ -n "$(ours AnsiballZ_rax)" ] || wrong "$called" "a module that waits" "$(cat "$SCRATCH/output")"
	kill "-$signal" "$pid"
	wait "$pid" 2>/dev/null || :
	for _ in $(seq 600); do
		[ -n "$(ours .)" ] || break
		sleep 0.1
	done
	left=$(ours .)
	[ -z "$left" ] || wrong "$called" "nothing of it after 10 s" "$(xargs cat <<<"$left" | tr '\0' ' ')"
done
# What Python has for its own processes goes with nobody who is killed.
rm -rf "${TMPDIR:?}"/pymp-*
