# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Baking against a simulated cloud whose servers are machines.
# The script has set ROOT and BUILD.

# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# begin_bake [OPTION...]: as begin, quick, with machines.
begin_bake() {
	MACHINES=yes begin --build-time 0.1 --image-time 0.1 --delete-time 0.1 \
		--app-delay 0.1 "$@"
	need_machines
	SSH_PORT=$(jq .ssh_port "$CLOUD_DIRECTORY/ready")
}

# recipe NAME [MEMBERS]: arguments that bake.
recipe() {
	jq -nc --arg name "$1" --arg image "$DEBIAN" --argjson port "$SSH_PORT" \
		--argjson more "${2:-{\}}" '
		{name: $name, source_image: $image, flavor: "general1-1", ssh_port: $port,
			ssh_timeout: "200s", wait_timeout: 220,
			provisioners: [{type: "shell", inline: ["echo baked >/etc/baked"]}]} + $more'
}

# finished: the names of the images that were baked, in order.
finished() {
	cloud_state '[.regions.IAD.images[] | select((.metadata["ansible-baked"] // "no") != "no") | .name] | sort | join(" ")'
}

# left_over: what bakes have made and not finished, a line for each.
left_over() {
	cloud_state '.regions.IAD | (.servers[] | select(.metadata["ansible-lease"]) | "server \(.name)"),
		(.images[] | select(.metadata["ansible-lease"] and (.metadata["ansible-baked"] // "no") == "no") | "image \(.name)"),
		(.keypairs[] | select(.name | startswith("ansible-bake-")) | "key pair \(.name)")'
}

# nothing_left: of any bake, half-made.
nothing_left() {
	local left
	left=$(left_over)
	[ -z "$left" ] || wrong "${called:-}" "nothing left over" "$left
$(jq -c 'del(.invocation)' "$SCRATCH/result" 2>/dev/null | head -c 3000)"
}

# forget NAME: takes the images of this name away.
forget() {
	run rax_image "{\"name\": \"$1\", \"state\": \"absent\"}"
	is 0 '.left == null'
}

# bake_fails MEMBERS TEXT...: the bake fails with a message that has each text,
# and nothing of it is left.
bake_fails() {
	local members=$1 text
	shift
	run rax_image "$(recipe bad "$members")"
	for text in "$@"; do
		is 1 ".failed and (.msg | contains($(jq -n --arg text "$text" '$text')))"
	done
	nothing_left
	[ -z "$(finished)" ] || wrong "$called" "no image" "$(finished)"
}

# script TEXT: a provisioner, as a member.
script() {
	jq -nc --arg text "$1" '{provisioners: [{type: "shell", inline: [$text]}]}'
}

# held PID: the request that is to be held has come; not when the bake is over.
held() {
	while kill -0 "$1" 2>/dev/null; do
		[ "$(cloud_state '[.faults[] | select((.late or .delay or .stall) and .used > 0)] | length')" = 0 ] || return 0
		sleep 0.03
	done
	return 1
}
