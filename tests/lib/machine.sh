# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Servers that are machines, for a script that has sourced cloud.sh: made,
# logged in to, looked at from outside.
# shellcheck disable=SC2153,SC2034 # what is the script's, and what is for it

DEBIAN=1a2b3c4d-0000-4000-8000-000000002003 # in IAD
PLAIN=1a2b3c4d-0000-4000-8000-000000002006  # without cloud-init

wrong=0
fail() {
	echo "$*" >&2
	wrong=1
}

# within SECONDS COMMAND...: until it succeeds.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# start_machines [OPTION...]: a cloud of machines, a token for it, a key pair.
start_machines() {
	MACHINES=yes start_cloud --app-delay 0.1 "$@" || return
	need_machines
	SSH_PORT=$(jq .ssh_port "$CLOUD_DIRECTORY/ready")
	TENANT=$(jq -r .tenant "$CLOUD_DIRECTORY/ready")
	TOKEN=$(jq '{auth: {"RAX-KSKEY:apiKeyCredentials": {username: .user, apiKey: .key}}}' \
		"$CLOUD_DIRECTORY/ready" |
		curl -sS "$CLOUD/v2.0/tokens" -H 'Content-Type: application/json' -d @- |
		jq -r .access.token.id)
	HOME_TREES=$(echo "${TMPDIR:-/tmp}"/simcloud.??????)
	ssh-keygen -q -t ed25519 -N '' -C tests -f "$CLOUD_DIRECTORY/key"
	api DELETE /os-keypairs/k >/dev/null # of a state that was saved
	api POST /os-keypairs "$(jq -n --rawfile key "$CLOUD_DIRECTORY/key.pub" \
		'{keypair: {name: "k", public_key: ($key | rtrimstr("\n"))}}')" >/dev/null
}

# api METHOD PATH [JSON]
api() {
	curl -sS -X "$1" -H "X-Auth-Token: $TOKEN" -H 'Content-Type: application/json' \
		"$CLOUD/servers/iad/v2/$TENANT$2" ${3:+-d "$3"}
}

# create NAME [IMAGE [MEMBERS]]: its id; the reply is in $CLOUD_DIRECTORY/NAME.
create() {
	api POST /servers "{\"server\": {\"name\": \"$1\", \"imageRef\": \"${2:-$DEBIAN}\",
		\"flavorRef\": \"general1-1\", \"key_name\": \"k\" ${3:+, $3}}}" \
		>"$CLOUD_DIRECTORY/$1"
	jq -r .server.id "$CLOUD_DIRECTORY/$1"
}

# act ID JSON
act() {
	local answer
	answer=$(api POST "/servers/$1/action" "$2" -i)
	[[ $answer != *badRequest* && $answer != *conflict* ]] || fail "$2: $answer"
}

# is STATUS PATH: of /servers/ID or /images/ID; "404" when it is gone.
is() {
	local status
	status=$(api GET "$2" | jq -r '(.server // .image).status // "404"')
	[ "$status" = "$1" ]
}

wait_is() {
	within 60 is "$1" "$2" || fail "$2 is never $1: $(api GET "$2")"
}

address() {
	api GET "/servers/$1" | jq -r ".server.addresses.${2:-public}[0].addr"
}

# ssh_to ADDRESS OPTION... COMMAND
ssh_to() {
	local address=$1
	shift
	ssh -n -F none -p "$SSH_PORT" -o ConnectTimeout=60 -o LogLevel=ERROR \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o IdentitiesOnly=yes -i "$CLOUD_DIRECTORY/key" "root@$address" "$@"
}

# on ID COMMAND: waits for its sshd, when it is new or was started anew().
on() {
	local address
	address=$(address "$1")
	[ -e "$CLOUD_DIRECTORY/known.$1" ] || within 60 ssh_to "$address" true 2>/dev/null || {
		fail "nobody logs in to $1 at $address: $(ssh_to "$address" true 2>&1)
			$(cloud_state '.regions.IAD.servers[] | {name, status, machine}')"
		return 1
	}
	touch "$CLOUD_DIRECTORY/known.$1"
	ssh_to "$address" "$2"
}

anew() {
	rm -f "$CLOUD_DIRECTORY/known.$1"
}

# same WHAT HAVE WANT
same() {
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

# host_key ID: that it shows.
host_key() {
	ssh-keyscan -T 60 -p "$SSH_PORT" -t ed25519 "$(address "$1")" 2>/dev/null | cut -d' ' -f2-
}

# The processes of that pid namespace.
processes_of() {
	find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/pid' -printf '%l %p\n' 2>/dev/null |
		grep -F "$1 "
}

# none COMMAND...: it prints nothing.
none() {
	[ -z "$("$@")" ]
}

# Listening sockets in the cloud's network.
listening() {
	local network=${1%.*}
	ss -Hltn "src $network.0/24" | awk '{ print $4 }'
}
