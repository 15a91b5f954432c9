#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax_image_info through Ansible.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
for build in 41 42 43; do
	cloud_config "{\"clock\": 60, \"images\": [{\"name\": \"app\",
		\"region\": \"IAD\", \"metadata\": {\"build_key\": \"$build\"}}]}"
done
play rax_image_info
