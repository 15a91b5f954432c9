#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Baking what cannot be baked, as SSH or a script says: one message each that says
# the step and the remedy, and nothing is left.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

begin_bake

# What SSH says.
bake_fails '{"ssh_port": 9, "ssh_timeout": "2s"}' 'step: login' 'port 9' 'attempt' 'refused'
bake_fails '{"ssh_username": "nobody", "ssh_handshake_attempts": 1}' 'step: login' 'nobody' 'publickey'
bake_fails '{"host_key": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}' \
	'step: login' 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 'host key'
bake_fails '{"ssh_interface": "storage"}' 'step: login' 'network storage' 'ssh_interface'
printf 'no key\n' >"$SCRATCH/key"
bake_fails "{\"ssh_private_key_file\": \"$SCRATCH/key\"}" "$SCRATCH/key"

# What the scripts say.
bake_fails "$(script 'echo It is broken.; exit 3')" 'step: provision' 'provisioner 1 (shell)' 'status 3' 'It is broken.'
bake_fails "$(script 'kill -9 $PPID')" 'step: provision' 'provisioner 1 (shell)' 'expect_disconnect'
bake_fails '{"provisioners": [{"type": "shell", "inline": ["sleep 60"], "timeout": "1s"}]}' 'step: provision' 'timeout' '1 s'
bake_fails '{"provisioners": [{"type": "file", "source": "/nonexistent/x", "destination": "/tmp/x"}]}' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "file", "direction": "download", "source": "/nonexistent/x", "destination": "'"$SCRATCH"'/x"}]}' \
	'step: provision' '/nonexistent/x'
bake_fails '{"provisioners": [{"type": "shell-local", "inline": ["exit 4"]}]}' 'step: provision' 'shell-local' '4'
# Of what they say no more is in the result than somebody reads.
run rax_image "$(recipe bad "$(script 'for i in $(seq 1000); do printf "%04000d\n" "$i"; done; exit 3')")"
is 1 '.output[0] | .count > 1000 and (.lines | length) > 60 and (.lines | map(length) | add) <= 262144'
nothing_left
# The template'"'"'s own cleaning up runs, once, and what it says is told.
run rax_image "$(recipe bad '{"error_cleanup_provisioner": {"type": "shell", "inline": ["echo cleaned up"]},
	"provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')"
is 1 '[.output[].lines[] | select(. == "cleaned up")] | length == 1'
nothing_left

# The private key is saved for nobody when its server is gone, and does not stand
# in the way of the next run; one that was there is left alone.
bake_fails "{\"save_private_key\": \"$SCRATCH/saved\", \"provisioners\": [{\"type\": \"shell\", \"inline\": [\"exit 3\"]}]}" 'status 3'
[ ! -e "$SCRATCH/saved" ] || wrong "$called" "no private key on disk" "$(ls -l "$SCRATCH/saved")"
echo mine >"$SCRATCH/saved"
bake_fails "{\"save_private_key\": \"$SCRATCH/saved\"}" 'File exists'
[ "$(cat "$SCRATCH/saved")" = mine ] || wrong "$called" mine "$(cat "$SCRATCH/saved")"

# The result is written into no file that is opened meanwhile.
write_arguments "$(recipe bad '{"provisioners": [{"type": "shell", "inline": ["exit 3"]}]}')" false false rax_image >"$SCRATCH/arguments"
for closed in '>&-' '<&- >&-' '<&- >&- 2>&-'; do
	called="rax_image $closed"
	rm -f "$SCRATCH/progress"
	! RAX_PROGRESS=$SCRATCH/progress bash -c "exec \"\$@\" $closed" - "$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" ||
		wrong "$called" "a failure" "none"
	! grep -q invocation "$SCRATCH/progress" || wrong "$called" "no result in the progress" "$(cat "$SCRATCH/progress")"
	nothing_left
done
