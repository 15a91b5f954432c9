#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the README shows, done in its order: each playbook is written and run, and
# each command is given, as in a clone, but for what it says itself of the
# simulated cloud.
set -euo pipefail
# shellcheck source=tests/lib/collection.sh
. "$ROOT/tests/lib/collection.sh"

MACHINES=yes begin_alone --build-time 0.2 --app-delay 0.1
need_machines
built=$BUILD
port=${CLOUD##*:}
login=("$RAX_USERNAME" "$RAX_API_KEY")
endpoint=$RAX_AUTH_ENDPOINT
unset ANSIBLE_CONFIG RAX_USERNAME RAX_API_KEY RAX_REGION
export ANSIBLE_NOCOLOR=1

# A clone in which everything is built.
mkdir "$SCRATCH/clone" "$SCRATCH/blocks"
cd "$SCRATCH/clone"
cp -r "$ROOT/playbooks" "$ROOT/inventory" .
ln -s "$ROOT/$built" build
export BUILD=build
make() {
	(unset -f make && command make -s -C "$ROOT" BUILD="$built" "${@/#build/$built}")
}

# What the reader has: who he is, and what a template of his does.
printf '[rackspace_cloud]\nusername = %s\napi_key = %s\n' "${login[@]}" >~/.rackspace_cloud_credentials
jq -n --arg image "$DEBIAN" '{variables: {build_key: null},
	builders: [{type: "openstack", provider: "rackspace-us", region: "IAD", flavor: "general1-1",
		image_name: "app-{{user `build_key`}}", source_image: $image}],
	provisioners: [{type: "shell", inline: ["echo {{user `build_key`}} >/etc/build"]}]}' >packer.json

# Each block is a file, numbered, whose name ends in its language.
awk -v to="$SCRATCH/blocks" '
	/^```/ && file { close(file); file = ""; next }
	/^```/ { file = sprintf("%s/%03d.%s", to, ++count, substr($0, 4)); printf "" >file; next }
	file { print >file }' "$ROOT/README.md"

# give FILE: its commands, in this shell; those of its own cloud are given its
# port, and wait until it serves.
give() {
	sed "s/8900/$port/; /simcloud .*&\$/a until curl -sf http://127.0.0.1:$port/_sim/state >/dev/null; do sleep 0.1; done" \
		"$1" >"$SCRATCH/commands"
	called=$(cat "$1")
	# shellcheck source=/dev/null
	. "$SCRATCH/commands" >"$SCRATCH/output" 2>&1
}
# A command that fails ends the script.
trap 'status=$?; [ $status = 0 ] || { echo "$called"; cat "$SCRATCH/output"; } >&2
	[ -z "${own_cloud:-}" ] || { kill "$own_cloud" && wait "$own_cloud" || :; }
	stop_cloud; rm -rf "$SCRATCH"; exit $status' EXIT

written=() given=
for block in "$SCRATCH/blocks"/*; do
	case $block in
	*.yaml)
		name=$(sed -n '1s/^# \([a-z]*\.yml\)$/\1/p' "$block")
		[ -n "$name" ] || wrong "reading README" "the name of a playbook" "$(head -n 3 "$block")"
		# As it says below it.
		sed '/key_name: ops/d; s/port: 80,/port: 8080,/' "$block" >"$name"
		written+=("$name")
		;;
	*.sh)
		if grep -q '^build/simcloud' "$block"; then
			stop_cloud
			unset RAX_AUTH_ENDPOINT
			sed -i "s/8900/$port/" inventory/simcloud.yml
		fi
		give "$block"
		given+=$(cat "$block")$'\n'
		if grep -q '^build/simcloud' "$block"; then own_cloud=$!; fi
		if grep -q '^export RAX_USERNAME' "$block"; then export RAX_USERNAME=${login[0]} RAX_API_KEY=${login[1]}; fi
		;;
	*.mermaid | *.text) ;;
	*) wrong "reading README" "a block of a language that is known" "$block" ;;
	esac
done
[ ${#written[@]} -ge 4 ] && [ -n "${own_cloud:-}" ] ||
	wrong "reading README" "playbooks and a cloud" "${written[*]} $given"

# What was deployed on its own cloud, and what can be baked there.
export RAX_AUTH_ENDPOINT=${endpoint/${CLOUD##*:}/$port} CLOUD=http://127.0.0.1:$port
cloud_is '[.regions.IAD.loadbalancers[].nodes[] | select(.condition == "ENABLED")] | length == 2'
for name in "${written[@]}"; do
	grep -q "ansible-playbook $name" <<<"$given" && continue
	called="ansible-playbook $name"
	ansible-playbook "$name" >"$SCRATCH/output" 2>&1
	told "failed=0"
done
cloud_is '[.regions.IAD.images[] | select(.name == "app-42")] | length == 1'

# The first one again, where there is nothing of it yet, and where there is.
for changed in changed=3 changed=0; do
	called="ansible-playbook first.yml"
	ansible-playbook first.yml >"$SCRATCH/output" 2>&1
	grep -q "ok=3 *$changed " "$SCRATCH/output" || wrong "$called" "$changed" "$(cat "$SCRATCH/output")"
done
