#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The sample application alone: what its provisioning script installs, below
# another root; that what it starts at boot answers as the judge wants it, at the
# demo's rate; that it ends without losing what has begun; and its template.
set -euo pipefail
sample=$ROOT/playbooks/sample
installed=$TMPDIR/root
address=127.$((RANDOM % 250 + 2)).$((RANDOM % 256)).$((RANDOM % 250 + 2))
port=$((RANDOM % 20000 + 10000))
url=http://$address:$port
server=
judge=

end_test() {
	for process in $judge $server; do
		kill -9 "$process" 2>/dev/null
	done
	rm -rf "${TMPDIR:?}"/*
}
trap end_test EXIT

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# equal WHAT EXPECTED GOT
equal() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# provision BUILD [NAME=VALUE...]
provision() {
	cp "$sample/server.py" "$TMPDIR/uploaded.py"
	env DESTDIR="$installed" BUILD_KEY="$1" IMAGE_NAME="app-$1" APP_SOURCE="$TMPDIR/uploaded.py" "${@:2}" \
		"$sample/provision-rackspace-env.sh"
}

# boot: what rc.local does, below the other root.
boot() {
	local line
	line=$(grep -F /opt/app/server.py "$installed/etc/rc.local")
	line=${line%% >>*}
	equal "the line of rc.local" "/opt/app/server.py /etc/app.conf" "$line"
	SERVER_ADDRESS=$address SERVER_PRIVATE_ADDRESS=127.0.0.1 SERVER_PORT=$port python3 -B "$installed/opt/app/server.py" "$installed/etc/app.conf" 2>"$TMPDIR/errors" &
	server=$!
	for _ in $(seq 600); do
		curl -sf -o /dev/null "$url/" && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	fail "the server does not come up: $(cat "$TMPDIR/errors")"
}

# sends WHAT STATUS ARGUMENT...: curl's arguments; the answer is in $answer.
sends() {
	local got
	got=$(curl -s -m 60 -o "$TMPDIR/answer" -w '%{http_code}' "${@:3}") || true
	answer=$(cat "$TMPDIR/answer")
	equal "the status of $1" "$2" "$got"
}

snapshot() {
	(cd "$installed" && find . -type f -printf '%p %m ' -exec sha256sum {} \;) | sort
}

# --- What is installed, and again.
provision 41 >/dev/null
[ ! -e "$TMPDIR/uploaded.py" ] || fail "the upload is left"
first=$(snapshot)
provision 41 >/dev/null
equal "what a second run changes" "$first" "$(snapshot)"
provision 42 >/dev/null
equal "lines of rc.local that start it" 1 "$(grep -c server.py "$installed/etc/rc.local")"

printf '#!/bin/sh -e\necho mine\nexit 0\n' >"$installed/etc/rc.local"
provision 42 >/dev/null
equal "somebody's own rc.local" "#!/bin/sh -e,echo mine,exit 0" \
	"$(grep -v server.py "$installed/etc/rc.local" | paste -sd ,)"
equal "the line is in front of exit" 3 "$(grep -n server.py "$installed/etc/rc.local" | cut -d : -f 1)"
[ -x "$installed/etc/rc.local" ] || fail "rc.local is not executable"

mkdir -p "$installed/run/systemd/system"
provision 42 >/dev/null
grep -qx "ExecStart=.*/python3 /opt/app/server.py /etc/app.conf" "$installed/etc/systemd/system/app.service" ||
	fail "there is no unit"
rm -r "$installed/run"

provision 'a b' >"$TMPDIR/output" 2>&1 && fail "a build key with a blank is taken"
grep -q "is no build key" "$TMPDIR/output" || fail "it does not say why: $(cat "$TMPDIR/output")"
provision "" >/dev/null 2>&1 && fail "no build key is taken"
provision 42 APP_SOURCE=/nowhere DESTDIR="$TMPDIR/empty" >"$TMPDIR/output" 2>&1 && fail "nothing was uploaded, and it does not say so"
grep -q "/nowhere is not there" "$TMPDIR/output" || fail "it does not say what is missing: $(cat "$TMPDIR/output")"

# --- What it answers.
provision 42 >/dev/null
boot
host=$(hostname)
sends "a GET" 200 "$url//a/b?c=%20d"
equal "a GET" "$host 42 app-42 //a/b?c=%20d" "$(jq -r '"\(.server) \(.build) \(.image) \(.path)"' <<<"$answer")"
sends "a HEAD" 200 -I "$url/"
equal "the headers" "$host 42" "$(tr -d '\r' <<<"$answer" |
	sed -n 's/^X-Server: //p; s/^X-Build: //p' | paste -sd ' ')"
for framing in "Content-Length: 9" "Transfer-Encoding: chunked"; do
	sends "an upload, $framing" 200 -H "$framing" --data-binary 123456789 "$url/up"
	equal "an upload, $framing" "9 cbf43926" "$(jq -r '"\(.received) \(.crc32)"' <<<"$answer")"
done
sends "a DELETE" 405 -X DELETE "$url/"
sends "a pause that is none" 400 "$url/?seconds=nan"
sends "a pause that is too long" 400 "$url/?seconds=61"
sends "a body that is too long" 413 -H 'Expect:' -H 'Content-Length: 99999999' -X POST --data-binary x "$url/"
exec 9<>"/dev/tcp/$address/$port"
printf 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n' >&9
IFS=' ' read -r -t 60 _ status _ <&9
exec 9>&-
equal "the status of a bad chunk" 400 "$status"

# --- The demo's traffic, and then an end while slow answers are under way.
status=0
"$ROOT/$BUILD/tests/judge" --url "$url" --rate 350 --duration 4 --slow-seconds 1 \
	--behind 300 --deadline 60 \
	--log "$TMPDIR/requests" >"$TMPDIR/judge" || status=$?
equal "the judge: $(cat "$TMPDIR/judge")" 0 "$status"
equal "builds that answered" 42 "$(tail -n +2 "$TMPDIR/requests" | cut -f 7 | sort -u)"

curl -sN -m 60 "$url/slow?seconds=2" >"$TMPDIR/slow" &
judge=$!
until [ -s "$TMPDIR/slow" ]; do
	sleep 0.05
done
kill -TERM "$server"
wait "$judge" || fail "SIGTERM cuts an answer"
judge=
equal "the slow answer" /slow?seconds=2 "$(jq -r .path "$TMPDIR/slow")"
wait "$server" || fail "it does not end well"
server=
curl -s -o /dev/null -m 2 "$url/" && fail "it still answers"
equal "errors" "" "$(cat "$TMPDIR/errors")"

# --- The template: Packer's words of 0.7, beside metadata, and nothing that is not
# there.
jq -e '.variables.build_key == null and (.builders | length) == 1 and
	(.builders[0] | keys - ["type", "provider", "username", "api_key", "region", "ssh_username", "ssh_port", "metadata",
		"image_name", "source_image", "flavor"]) == []' "$sample/packer.json" >/dev/null ||
	fail "packer.json says what 0.7 did not know"
mapfile -t files < <(grep -o '{{template_dir}}/[^"]*' "$sample/packer.json" | sed 's|.*/||')
equal "files of the template" 2 ${#files[@]}
for file in "${files[@]}"; do
	[ -f "$sample/$file" ] || fail "packer.json names $file, which is not there"
done
mapfile -t names < <(grep -o '{{user `[a-z_]*`}}' "$sample/packer.json" | sed 's/.*`\(.*\)`.*/\1/')
[ ${#names[@]} -gt 8 ] || fail "packer.json uses ${#names[@]} variables"
for name in "${names[@]}"; do
	jq -e --arg name "$name" '.variables | has($name)' "$sample/packer.json" >/dev/null ||
		fail "packer.json uses $name, which is no variable of it"
done
