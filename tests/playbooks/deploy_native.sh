#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With jinja2_native, Ansible makes of a text what it looks like: a build key stays
# the text that it is.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# natively PLAYBOOK ARGUMENT...: it ends well. Where nothing else is left to choose,
# the setting is deprecated.
natively() {
	output=$TMPDIR/output
	ANSIBLE_JINJA2_NATIVE=1 playbook "$@" "${quick[@]}" >"$output" 2>&1 || {
		cat "$output"
		fail "playbook $* failed"
	}
}

start_cloud
natively bake --check -v -e build_key=1.10
grep -q '"build_key": "1\.10"' "$output" || fail "the image gets another build_key: $(cat "$output")"

# The build that serves is known by its servers alone.
add_images 1.10 1e3
blue 1.10
ansible localhost -m rax_clb -a '{"name": "app", "port": 8000, "protocol": "HTTP", "algorithm": "LEAST_CONNECTIONS",
	"wait": true, "meta": {"ansible-live": null, "ansible-previous": null}}' >"$TMPDIR/output" ||
	fail "the record stays: $(cat "$TMPDIR/output")"
equal "the live build" "" "$(record ansible-live)"

natively deploy -e build_key=1e3
only 1e3 2
equal "the previous build" 1.10 "$(record ansible-previous)"
equal "metadata" "1e3 1e3" "$(cloud_state '[.regions.IAD.servers[].metadata["ansible-build"]] | join(" ")')"

natively rollback
only 1.10 2
equal "metadata" "1.10 1.10" "$(cloud_state '[.regions.IAD.servers[].metadata["ansible-build"]] | join(" ")')"
