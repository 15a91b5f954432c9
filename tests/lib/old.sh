# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Old playbooks, as their users wrote them: each is run twice.
# The script has set ROOT and BUILD.

# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# begin_old [OPTION...]: begins, for plays with jobs too.
begin_old() {
	begin "$@"
	# Where the home folder is not that of /etc/passwd, 2.14 looks elsewhere.
	export ANSIBLE_ASYNC_DIR=$SCRATCH/async
}

# await_jobs: until nobody watches a job any more; that is done every five seconds.
await_jobs() {
	local jobs
	for _ in $(seq 600); do
		jobs=$(grep -lzx "CHECK_SCRATCH=${CHECK_SCRATCH:-}" /proc/[0-9]*/environ 2>/dev/null |
			sed 's/environ$/cmdline/' | xargs grep -lF async_wrapper 2>/dev/null || true)
		[ -n "$jobs" ] || return 0
		sleep 0.1
	done
}

# old NAME ARGUMENT...: tests/playbooks/old/NAME.yml, on this machine. What it
# prints is left in $SCRATCH/output. Nothing in it is a word of ours about what is
# going away.
old() {
	local name=$1
	shift
	called="ansible-playbook $name.yml"
	play "old/$name" -e "scratch=$SCRATCH" "$@"
	! grep -iE '(rax[a-z_]*|module).*(deprecat|did not set no_log)' "$SCRATCH/output" ||
		wrong "$called" "no such warning" "$(cat "$SCRATCH/output")"
}

# old_again NAME ARGUMENT...: once more, and nothing is written any more; nor does
# a task say that it has changed, but for those in ALWAYS (an array of names).
old_again() {
	local changed
	new_log
	old "$@"
	[ -z "$(cloud_writes)" ] || wrong "$called, again" "no write" "$(cloud_writes)"
	changed=$(awk '/^TASK/ { task = $0 } /^changed: / { print task }' "$SCRATCH/output" |
		sed 's/^TASK \[\(.*\)\] \**$/\1/' | grep -vxF "$(printf '%s\n' "${ALWAYS[@]:--}")" | sort -u || true)
	[ -z "$changed" ] || wrong "$called, again" "no change but by: ${ALWAYS[*]-}" "$changed"
}
