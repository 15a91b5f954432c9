# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# What outlives a run, and what does not.
state=$dir/state
start --state "$state" --build-time 0.2 --app-delay 0.1
server kept '"metadata": {"a": "b"}'
kept=$id
wait_for "$servers/servers/$kept" '.server.status == "ACTIVE"'
address=$(get .server.accessIPv4)
api POST "$servers/os-networksv2" \
	'{"network": {"label": "net", "cidr": "10.9.0.0/24"}}'
api POST "$servers/os-keypairs" '{"keypair": {"name": "k", "public_key":
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx9Wbi1rTB1rEJcIrVKGuDMKJ3cZtuNYpb5ZIVLXFXl"}}'
api POST "$volumes/volumes" '{"volume": {"size": 10, "display_name": "v"}}'
api POST "$servers/servers/$kept/action" '{"createImage": {"name": "i",
	"metadata": {"build_key": "7"}}}'
image=$(header Location)
image=${image##*/}
config '{"clock": 5000}'
server building
show() {
	api GET /_sim/state
	jq -S '.regions' "$dir/body"
}
wait_for "$servers/images/$image" '.image.status == "ACTIVE"'
wait_for "$servers/servers/$id" '.server.status == "ACTIVE"'
# an application that comes up changes the state
up() {
	api GET /_sim/state
	jq -e '[.regions.IAD.servers[].app] | all' "$dir/body" >/dev/null
}
until_is up || wrong "no applications"
show >"$dir/before"
stop
[ "$(find "$state" -type f ! -name lock)" = "$state/state.json" ] ||
	wrong "files" "$(find "$state")"
! grep -qE "AAD|$key|Simulated" "$state/state.json" ||
	wrong "a secret is in the state"
start --state "$state"
until_is up || wrong "no applications after a restart"
show >"$dir/after"
cmp -s "$dir/before" "$dir/after" ||
	wrong "the state is another" "$(diff "$dir/before" "$dir/after")"
curl -sf "http://$address:8080/" >"$dir/page" || wrong "no answer at $address"
url=$servers/servers/$kept
api GET "$url"
is 200 '.server.metadata == {a: "b"}'

# a server that is created goes on being built in the next run
config '{"build_time": 1000}'
server long
stop
start --state "$state"
api GET "$servers/servers/$id"
is 200 '.server.status == "BUILD"'
config '{"clock": 1000}'
api GET "$servers/servers/$id"
is 200 '.server.status == "ACTIVE"'

# killed: what was there a second before is kept; nothing listens any more
server last
until_is grep -q "$id" "$state/state.json" || wrong "not saved"
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
pid=
! curl -s "http://$address:8080/" >"$dir/page" || wrong "answers when killed"
start --state "$state"
api GET "$servers/servers/$id"
is 200

# two of one state at once: the second is refused
code=0
"$sim" --port 0 --machines no --state "$state" 2>"$dir/err" || code=$?
[ "$code $(cat "$dir/err")" = "1 simcloud: $state: another simcloud keeps its state here" ] ||
	wrong "a second one: $code" "$(cat "$dir/err")"

# a disk that is full does not end it
ln -s /dev/full "$state/state.json.part"
server unsaved
until_is grep -q 'tried again' "$dir/err" || wrong "does not say that it cannot save"
rm -f "$state/state.json.part"
until_is grep -q "$id" "$state/state.json" || wrong "not saved later"
stop
[ ! -e "$dir/ready" ] || wrong "the ready file stays"

# a damaged state is refused in words
decided() {
	ready || ! kill -0 "$damaged" 2>/dev/null
}
for damage in '{' '[]' 'null' '{"servers": 5}' '{"servers": [{}]}' '{"servers": [{"region": "IAD",
	"tenant": "1", "id": 5}]}' '{"images": [{"id": "x"}]}'; do
	echo "$damage" >"$state/state.json"
	rm -f "$dir/ready"
	"$sim" --port 0 --machines no --state "$state" --ready-file "$dir/ready" \
		>"$dir/out" 2>"$dir/err" &
	damaged=$!
	until_is decided || wrong "neither serves nor ends"
	code=0
	kill "$damaged" 2>/dev/null || :
	wait "$damaged" || code=$?
	if [ $code = 0 ] || [ "$(wc -l <"$dir/err")" != 1 ]; then
		wrong "$damage: exit $code" "$(cat "$dir/err")"
	fi
done
