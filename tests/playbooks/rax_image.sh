#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_image through Ansible: every act predicted, done, and done again.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

begin_bake
# shellcheck disable=SC2016 # it is expanded on the server
printf 'echo "built $BUILD" >/etc/build\n' >"$SCRATCH/setup.sh"
printf 'Welcome.\n' >"$SCRATCH/motd"
play rax_image -e "scratch=$SCRATCH ssh_port=$SSH_PORT"
