#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is left of machines when a simcloud with --state is started again: the
# API's knowledge. Their servers are stand-ins, new ones machines.
set -u
: "${ROOT:=$(cd "$(dirname "$0")/../.." && pwd)}" "${BUILD:=build}"
. "$ROOT/tests/lib/cloud.sh"
. "$ROOT/tests/lib/machine.sh"
state=$(mktemp -d)
trap 'stop_cloud; rm -rf "$state"' EXIT

answers() {
	curl -s -m 5 "http://$(address "$1"):8080/word"
}
says() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(answers "$1") == $2 ]]
}

start_machines --state "$state" || exit 1
one=$(create one)
wait_is ACTIVE "/servers/$one"
on "$one" 'echo hello >/srv/word
printf "#!/bin/sh\ncd /srv && exec python3 -m http.server 8080 --bind \$SERVER_ADDRESS\n" >/etc/rc.local
chmod 755 /etc/rc.local; reboot'
within 60 says "$one" hello || fail "the boot script does not serve"
password=$(jq -r .server.adminPass "$CLOUD_DIRECTORY/one")
act "$one" '{"createImage": {"name": "baked"}}'
image=$(api GET '/images?name=baked' | jq -r '.images[0].id')
wait_is ACTIVE "/images/$image"
stop_cloud
grep -rq "$password" "$state" && fail "the state has a password"
same 'what the state has' "$(find "$state" -type f -printf '%f\n' | sort | tr '\n' ' ')" 'lock state.json '

start_machines --state "$state" || exit 1
is ACTIVE "/servers/$one" || fail "the server is not ACTIVE"
within 60 says "$one" '*"server": "one"*' || fail "no stand-in: $(answers "$one")"
same 'it is a stand-in' "$(cloud_state '.regions.IAD.servers[0].machine')" null
two=$(create two "$image")
wait_is ACTIVE "/servers/$two"
same 'a new server is a machine' "$(on "$two" 'hostname; ls /srv')" two
api DELETE "/servers/$one"
wait_is 404 "/servers/$one"
stop_cloud
exit $wrong
