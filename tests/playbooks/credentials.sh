#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where the credentials come from, in which order, and what is tried with them.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
export HOME=$SCRATCH/home
mkdir "$HOME"
endpoint=${RAX_AUTH_ENDPOINT%/}
unset "${!RAX_@}"
SECRETS=("$USER_KEY" "$USER_PASSWORD" 3fac10ad0ddba11ca5cade5eedc0ffee
	Simulated-Secret-3)
cloud_config '{"servers": [{"name": "iad"}, {"name": "ord", "region": "ORD"}]}'

key=RAX-KSKEY:apiKeyCredentials
password=passwordCredentials

# file NAME LINE...: a file in the home folder.
file() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$HOME/$name"
}

# asks ARGUMENTS [NAME=VALUE...]: rax_facts, with these and the environment.
asks() {
	local arguments=$1
	shift
	ENVIRONMENT=("$@")
	new_log
	run rax_facts "$(jq -nc "{meta: {}} + $arguments")"
}

# finds SERVER: it has logged in, by one try, and found the server of a region.
finds() {
	is 0 "[.servers[].name] == [\"$1\"]"
	tried "${2:-$key}"
}

# tried WAY...: these logins were tried, and no other.
tried() {
	local got want
	want=$(printf '%s\n' "$@")
	got=$(cloud_log '.requests[] | select(.service == "identity")
		| .request.auth | keys[] | select(startswith("tenant") | not)')
	[ "$got" = "$want" ] || wrong "$called" "logins: $*" "${got//$'\n'/ }"
}

nothing_tried() {
	[ "$(cloud_log '.requests | length')" = 0 ] ||
		wrong "$called" "no request" "$(cloud_log .)"
}

# says TEXT...: the message has each of them.
says() {
	local text
	for text; do
		jq -e --arg text "$text" '.msg | contains($text)' \
			"$SCRATCH/result" >/dev/null ||
			wrong "$called" "a message with $text" \
				"$(jq -r .msg "$SCRATCH/result")"
	done
}

where="auth_endpoint: \"$endpoint\", region: \"IAD\""
right="username: \"simuser\", api_key: \"$USER_KEY\""
variables=(RAX_AUTH_ENDPOINT="$endpoint" RAX_USERNAME=simuser
	RAX_API_KEY="$USER_KEY" RAX_REGION=ORD)

# Options, the environment, and the former before the latter.
asks "{$where, $right}"
finds iad
asks '{}' "${variables[@]}"
finds ord
asks "{$where, $right}" RAX_AUTH_ENDPOINT=http://127.0.0.1:9/ RAX_USERNAME=nobody \
	RAX_API_KEY=wrong RAX_REGION=SYD
finds iad
asks "{region: \"iad\", auth_endpoint: \"$endpoint/\"}" "${variables[@]}"
finds iad
asks "{$where, username: \"simuser\"}" "${variables[@]}"
fails "parameters are required together: api_key, username"
nothing_tried
asks "{$where, api_key: \"\", username: \"\"}" "${variables[@]}"
finds iad

# Credentials files.
file good '[rackspace_cloud]' 'username = simuser' "api_key = $USER_KEY"
file secret '[rackspace_cloud]' 'username = simuser' "password = $USER_PASSWORD"
file both '[rackspace_cloud]' 'username = simuser' "API_KEY: $USER_KEY" \
	'password = wrong'
file bad '[rackspace_cloud]' 'username = simuser' 'api_key = wrong'
for option in credentials creds_file; do
	asks "{$where, $option: \"~/good\"}"
	finds iad
done
asks "{$where, credentials: \"$HOME/both\"}"
finds iad
asks "{$where, credentials: \"~/secret\"}"
finds iad $password
asks "{$where}" RAX_CREDENTIALS="$HOME/good" RAX_CREDS_FILE="$HOME/bad"
finds iad
asks "{$where}" RAX_CREDS_FILE="$HOME/good"
finds iad
asks "{$where, credentials: \"~/good\"}" RAX_CREDENTIALS="$HOME/bad"
finds iad
# What is given elsewhere comes first.
asks "{$where, credentials: \"~/bad\"}" "${variables[@]}"
finds iad
asks "{$where, credentials: \"~/bad\"}"
fails "Incorrect/unauthorized credentials received"
says "simuser" "$HOME/bad" "$endpoint" "HTTP 401"
tried $key $password

file empty
file other '[keystone]' 'username = simuser' "api_key = $USER_KEY"
file keyless '[rackspace_cloud]' 'username = simuser'
file nameless '[rackspace_cloud]' "api_key = $USER_KEY"
file headless 'username = simuser' "api_key = $USER_KEY"
for name in empty other keyless nameless headless nowhere .; do
	asks "{$where, credentials: \"~/$name\"}"
	fails ""
	says "$HOME/${name#.}"
	nothing_tried
done
asks "{$where, credentials: \"~/nowhere\"}"
fails "The specified credential file '$HOME/nowhere' does not exist"
asks "{$where}"
fails "No credentials supplied!"
says RAX_USERNAME RAX_API_KEY username api_key
nothing_tried

# ~/.pyrax.cfg: its first section, or [settings], or the one that env names.
file .pyrax.cfg '[first]' "auth_endpoint = $endpoint" 'region = ORD' \
	'[second]' "auth_endpoint = $endpoint" 'region = IAD' \
	'[tenant]' "auth_endpoint = $endpoint" 'region = IAD' 'tenant_id = 4711'
asks "{$right}"
finds ord
asks "{$right, env: \"second\"}"
finds iad
asks "{$right, region: \"IAD\"}"
finds iad
asks "{$right}" RAX_REGION=IAD
finds iad
asks "{$right, env: \"tenant\"}"
fails "Incorrect/unauthorized credentials received"
says 4711
asks "{$right, env: \"third\"}"
fails "$HOME/.pyrax.cfg has no environment 'third'"
nothing_tried
file .pyrax.cfg '[first]' 'region = SYD' \
	'[settings]' "auth_endpoint = $endpoint" 'region = ORD'
asks "{$right}"
finds ord
file .pyrax.cfg '[settings]' 'keyring_username = simuser'
asks "{$where}"
fails "No credentials supplied!"
says keyring simuser
rm "$HOME/.pyrax.cfg"
asks "{$where, $right, env: \"second\"}"
fails "The environment 'second' was asked for, but $HOME/.pyrax.cfg does not exist"

# A password in api_key is tried second; in password, it is the only try.
asks "{$where, username: \"simuser\", api_key: \"$USER_PASSWORD\"}"
is 0 '[.servers[].name] == ["iad"]'
tried $key $password
asks "{$where, username: \"simuser\", password: \"$USER_PASSWORD\"}"
finds iad $password
asks "{$where}" RAX_USERNAME=simuser RAX_API_KEY="$USER_PASSWORD"
is 0 '[.servers[].name] == ["iad"]'
tried $key $password
asks "{$where, username: \"simuser\", password: \"$USER_KEY\"}"
fails "Incorrect/unauthorized credentials received"
says simuser "$endpoint"
tried $password
asks "{$where, username: \"simuser\", api_key: \"wrong\"}"
fails "Incorrect/unauthorized credentials received"
tried $key $password
asks "{$where, username: \"nobody\", api_key: \"$USER_KEY\"}"
fails "Incorrect/unauthorized credentials received"
says nobody
asks "{$where, username: \"simuser\", api_key: \"wrong\", password: \"$USER_KEY\"}"
finds iad
is 0 '.warnings == ["Both option api_key and its alias password are set."]'

# A second factor is wanted for a password, and never asked for.
mfa="username: \"mfa\""
asks "{$where, $mfa, api_key: \"3fac10ad0ddba11ca5cade5eedc0ffee\"}"
is 0 '.servers == []'
tried $key
asks "{$where, $mfa, password: \"Simulated-Secret-3\"}"
fails "The account of mfa wants a second factor"
says "API key"
tried $password
asks "{$where, $mfa, api_key: \"Simulated-Secret-3\"}"
fails "The account of mfa wants a second factor"
tried $key $password
asks "{$where, username: \"disabled\", api_key: \"d15ab1ed0ddba11ca5cade5eedc0ffee\"}"
fails "Incorrect/unauthorized credentials received"
says "User 'disabled' is disabled." "HTTP 403"
tried $key

# Tenants.
asks "{$where, $right, tenant_id: 700123}"
finds iad
asks "{$where, $right, tenant_name: \"700123\"}"
finds iad
asks "{$where, $right, tenant_id: \"700123\", tenant_name: \"mine\"}"
finds iad
asks "{$where, $right, tenant_name: \"mine\"}"
fails "Incorrect/unauthorized credentials received"
says mine

# What cannot be.
asks "{$where, $right, identity_type: \"keystone\"}"
fails "identity_type 'keystone' is not supported"
nothing_tried
asks "{$right, region: \"IAD\", auth_endpoint: \"file:///etc/passwd\"}"
fails "auth_endpoint must be an http or https URL"
asks "{$right, region: \"IAD\", auth_endpoint: \"$CLOUD/_sim\"}"
fails ""
says "$CLOUD/_sim"
asks "{$right, region: \"IAD\", auth_endpoint: \"https${endpoint#http}\"}"
fails ""
says "https${endpoint#http}"

# Nothing is left in the home folder that was not there.
left=$(cd "$HOME" && find . -type f | sort | tr '\n' ' ')
[ "$left" = "./bad ./both ./empty ./good ./headless ./keyless ./nameless ./other ./secret " ] ||
	wrong "all of that" "no other file in the home folder" "$left"

# Through Ansible, with the highest verbosity.
ENVIRONMENT=()
play credentials -vvvv -e "endpoint=$endpoint home=$HOME"
called="ansible-playbook -vvvv credentials.yml"
tells_no_secret "$SCRATCH/output"
RAX_USERNAME=simuser RAX_API_KEY=$USER_KEY \
	play credentials -vvvv -e "endpoint=$endpoint home=$HOME" --tags environment
tells_no_secret "$SCRATCH/output"
