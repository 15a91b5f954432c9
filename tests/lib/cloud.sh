# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A simulated cloud for a script: started on a free port, ended with the script.
# The script has set ROOT and BUILD (where simcloud and the modules are built).
# shellcheck disable=SC2153

# start_cloud [OPTION...]: sets CLOUD (its URL) and the environment with which
# the modules and playbooks find it. Servers are stand-ins, unless MACHINES=yes.
# With CLOUD_USER (a number; the script is root's) it runs as that user, with
# CLOUD_PATH in this PATH.
start_cloud() {
	# Nothing of the caller's account, settings or proxy.
	unset "${!RAX_@}" "${!ANSIBLE_@}" http_proxy https_proxy all_proxy \
		HTTP_PROXY HTTPS_PROXY ALL_PROXY
	local program=("$ROOT/$BUILD/simcloud")
	CLOUD_DIRECTORY=$(mktemp -d)
	if [ -n "${CLOUD_USER:-}" ]; then
		# That user may not be able to get to the program by its path.
		chown "$CLOUD_USER" "$CLOUD_DIRECTORY"
		exec {CLOUD_PROGRAM}<"${program[0]}"
		program=(setpriv --reuid "$CLOUD_USER" --regid "$CLOUD_USER" --clear-groups
			"/proc/self/fd/$CLOUD_PROGRAM")
	fi
	PATH=${CLOUD_PATH:-$PATH} "${program[@]}" --port 0 --ready-file "$CLOUD_DIRECTORY/ready" \
		--machines "${MACHINES:-no}" "$@" >"$CLOUD_DIRECTORY/log" 2>&1 &
	CLOUD_PID=$!
	until [ -s "$CLOUD_DIRECTORY/ready" ] || ! kill -0 "$CLOUD_PID" 2>/dev/null; do
		sleep 0.05
	done
	if [ ! -s "$CLOUD_DIRECTORY/ready" ]; then
		echo "simcloud did not start:" >&2
		cat "$CLOUD_DIRECTORY/log" >&2
		return 1
	fi
	CLOUD=http://127.0.0.1:$(jq -r .port "$CLOUD_DIRECTORY/ready")
	RAX_AUTH_ENDPOINT=$(jq -r .endpoint "$CLOUD_DIRECTORY/ready")
	RAX_USERNAME=$(jq -r .user "$CLOUD_DIRECTORY/ready")
	RAX_API_KEY=$(jq -r .key "$CLOUD_DIRECTORY/ready")
	RAX_REGION=IAD
	ANSIBLE_LIBRARY=$ROOT/$BUILD/modules
	ANSIBLE_CONFIG=$ROOT/tests/ansible.cfg
	export CLOUD RAX_AUTH_ENDPOINT RAX_USERNAME RAX_API_KEY RAX_REGION \
		ANSIBLE_LIBRARY ANSIBLE_CONFIG
}

# need_machines: ends the script, which has started a cloud with MACHINES=yes,
# where none can be had: CI fails, elsewhere it is said that this was skipped.
need_machines() {
	local why
	[ "$(jq .machines "$CLOUD_DIRECTORY/ready")" = true ] && return
	why=$(jq -r .machines_why "$CLOUD_DIRECTORY/ready")
	if [ -n "${CI:-}" ]; then
		echo "servers are no machines here: $why" >&2
		exit 1
	fi
	echo "skipped: $why"
	exit 0
}

stop_cloud() {
	[ -n "${CLOUD_PID:-}" ] || return 0
	kill "$CLOUD_PID" 2>/dev/null
	wait "$CLOUD_PID" 2>/dev/null
	CLOUD_PID=
	rm -rf "$CLOUD_DIRECTORY"
}

# cloud_config JSON: steers it (see `simcloud --help').
cloud_config() {
	local answer
	answer=$(curl -sS --fail-with-body -X POST "$CLOUD/_sim/config" -d "$1") || {
		printf 'the simulated cloud refuses %s: %s\n' "$1" "$answer" >&2
		return 1
	}
}

# cloud_state FILTER: what there is, through jq.
cloud_state() {
	curl -sf "$CLOUD/_sim/state" | jq -r "$1"
}

# cloud_log FILTER: what was asked, through jq.
cloud_log() {
	curl -sf "$CLOUD/_sim/log" | jq -r "$1"
}

# cloud_writes: what was asked beside reads and logins, METHOD PATH a line.
cloud_writes() {
	local log
	log=$(curl -sf "$CLOUD/_sim/log") || {
		echo "the simulated cloud does not answer"
		return 1
	}
	jq -r <<<"$log" '.requests[] | select(.method != "GET" and .service != "identity")
		| .method + " " + .path'
}

# add_images BUILD...: images of these builds, app-BUILD.
add_images() {
	local build
	for build in "$@"; do
		cloud_config "{\"images\": [{\"region\": \"IAD\",
			\"name\": \"app-$build\",
			\"metadata\": {\"build_key\": \"$build\"}}]}"
	done
}

# balancer_url [NAME]: where the balancer answers.
balancer_url() {
	cloud_state "[.regions.IAD.loadbalancers[]
		| select(.name == \"${1:-app}\")][0]
		| \"http://\" + ([.virtualIps[] | select(.ipVersion == \"IPV4\")][0].address)
		+ \":\" + (.port | tostring)"
}

# playbook NAME ARGUMENT...
playbook() {
	local name=$1
	shift
	ansible-playbook -i "$ROOT/inventory/simcloud.yml" \
		"$ROOT/playbooks/$name.yml" "$@"
}
