#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A cloud that answers nothing useful for a while costs no image that is there
# already: each request behind the snapshot fails more often than one is repeated
# by itself.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

# failing METHOD PATH AFTER TIMES: a fault.
failing() {
	printf '{"method": "%s", "path": "%s", "after": %d, "times": %d, "status": 503, "body": "down"}' "$@"
}

begin_bake
run rax_image "$(recipe outage)"
is 0 '.changed'
old=$(jq -r .image.id "$SCRATCH/result")

# The source image is read before that, and so are other runs, three times. Then
# the server goes, the image is verified, the key pair goes, other runs are looked
# for, the image gets its name and is looked at, and of the old image it is asked
# who uses it before it goes.
cloud_config "{\"faults\": [$(failing DELETE /servers/ 0 6),
	$(failing GET '/images/[-0-9a-f]+$' 1 15), $(failing DELETE /os-keypairs/ 0 6),
	$(failing GET '/os-keypairs$' 3 6), $(failing PATCH /images/ 0 6),
	$(failing GET '/images/[-0-9a-f]+$' 2 6), $(failing GET '/os-keypairs$' 4 6),
	$(failing DELETE /images/ 0 6)]}"
run rax_image "$(recipe outage '{"flavor": "general1-2"}')"
is 0 ".changed and .image.status == \"ACTIVE\" and .removed == [\"image outage ($old)\"]"
[ "$(cloud_state '.faults | all(.used == .times)')" = true ] ||
	wrong "$called" "each fault" "$(cloud_state '.faults')"
[ "$(finished)" = outage ] || wrong "$called" outage "$(finished)"
nothing_left
