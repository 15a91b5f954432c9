#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An old playbook with become: the modules run as another user, with the rights of
# that one.
set -euo pipefail
# shellcheck source=tests/lib/old.sh
. "$ROOT/tests/lib/old.sh"

[ "$(id -u)" = 0 ] || {
	echo "skipped: only root becomes another user without a password"
	exit 0
}
begin --build-time 0.2 --app-delay 0.1
for user in nobody root; do
	printf '[rackspace_cloud]\nusername = simuser\napi_key = %s\n' "$USER_KEY" >"$SCRATCH/$user"
	chown "$user" "$SCRATCH/$user"
	chmod 600 "$SCRATCH/$user"
done
mkdir "$SCRATCH/progress"
chown nobody "$SCRATCH/progress"
# What is in between is the way of tests/run to a directory of its own.
chmod 755 "$SCRATCH" "$(dirname "$TMPDIR")" "$TMPDIR"
unset RAX_USERNAME RAX_API_KEY

old become
[ "$(stat -c %U "$SCRATCH/progress/log")" = nobody ] ||
	wrong "$called" "a file of nobody" "$(ls -l "$SCRATCH/progress")"
cloud_is '[.regions.IAD.servers[].name] == ["become"]'
old_again become
