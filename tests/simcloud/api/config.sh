# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# Options, steering, odd requests.
while IFS='|' read -r code options; do
	got=0
	# shellcheck disable=SC2086
	"$sim" $options >"$dir/out" 2>"$dir/err" || got=$?
	[ $got = "$code" ] || wrong "simcloud $options: exit $got"
	[ "$code" = 0 ] || [ "$(wc -l <"$dir/err")" = 1 ] ||
		wrong "simcloud $options: not one line" "$(cat "$dir/err")"
done <<-'END'
	2|--port x
	2|--port 65536
	2|--port 1.5
	2|--port
	2|--build-time -1
	2|--build-time nan
	2|--build-time inf
	2|--build-time 0x1
	2|--page 0
	2|--nonsense 1
	2|--builD-time 1
	2|nonsense
	2|--
	0|--help
	1|--port 0 --ready-file /nonexistent/ready
END
start --latency=0.3 --app-port 9000
before=$(date +%s%3N)
api GET "$servers/servers"
is 200
[ $(($(date +%s%3N) - before)) -ge 300 ] || wrong "no latency"
config '{"latency": 0}'
"$sim" --machines no --port "${base##*:}" >"$dir/out" 2>"$dir/err2" && wrong "a port twice"
grep -q 'port.*in use' "$dir/err2" || wrong "unclear" "$(cat "$dir/err2")"

# unknown members are named, and nothing is changed then
while IFS='|' read -r words data; do
	api POST /_sim/config "$data"
	is 400
	get .message | grep -q "$words" || wrong "config $data: no $words" \
		"$(cat "$dir/body")"
done <<-'END'
	no JSON object|nonsense
	no JSON object|[]
	first, second|{"build_time": 9, "first": 1, "second": 2}
	port|{"port": 80}
	build_time|{"build_time": "1"}
	build_time|{"build_time": -1}
	page|{"page": 1.5}
	faults: unknown member 'x'|{"faults": [{"x": 1}]}
	faults: path is not a regular expression|{"faults": [{"path": "("}]}
	faults: status is not|{"faults": [{"status": 99}]}
	faults: cut|{"faults": [{"cut": "through"}]}
	faults: delay|{"faults": [{"delay": -1}]}
	faults: not a list|{"faults": {}}
	faults: raw_repeat: unknown|{"faults": [{"raw_repeat": {"x": 1}}]}
	faults: server: unknown|{"faults": [{"server": {"x": 1}}]}
	rates: limit|{"rates": [{"seconds": 1}]}
	clock|{"clock": -5}
	clear_log|{"clear_log": false}
	limits: no limit 'x'|{"limits": {"x": 1}}
	images: an image has no name|{"images": [{}]}
	images: no region|{"images": [{"name": "x", "region": "PDX"}]}
	image: there is no such|{"image": {"id": "x"}}
	servers: no image|{"servers": [{"name": "x", "image": "nope"}]}
	servers: no image|{"servers": [{"name": "x", "image": "Fedora 39 (Cloud)"}]}
	servers: no flavor|{"servers": [{"name": "x", "flavor": "nope"}]}
	server: there is no such|{"server": {"name": "nope"}}
	account: no user|{"account": {"user": "nope"}}
END
api GET /_sim/state
is 200 '.settings.build_time == 0.5 and .faults == []'
# answers have the date of the cloud's clock
before=$(date +%s)
config '{"clock": 3000}'
api GET "$servers/servers"
[ $(($(date -d "$(header Date)" +%s) - before)) -ge 3000 ] || wrong "a date of another clock: $(header Date)"
[ "$(grep -ci '^date:' "$dir/head")" = 1 ] || wrong "not one date" "$(cat "$dir/head")"
api GET /_sim/nope
is 404
api PUT /_sim/config '{}'
is 405

# the log
config '{"clear_log": true}'
api GET "$servers/servers?a=b"
api POST "$servers/servers" 'no json'
api GET /nowhere
api GET "/_sim/log?clear"
is 200 '[.requests[] | [.method, .path, .status, .service, .request]] == [
	["GET", "/servers/iad/v2/700123/servers?a=b", 200, "servers", null],
	["POST", "/servers/iad/v2/700123/servers", 400, "servers", "no json"],
	["GET", "/nowhere", 404, "", null]]'
is 200 '.requests | .[0].n < .[1].n and .[0].time <= .[1].time
	and .[0].bytes == 15'
api GET /_sim/log
is 200 '.requests == []'

# malformed and odd
for odd in /servers/iad/v2/700123/servers/%zz /servers/iad/v2/700123/%00 \
	/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q; do
	api GET "$odd"
	is 400
done
for odd in /servers /servers/iad /servers/xxx/v2/700123/servers \
	/servers/iad/v3/700123/servers /servers/iad/v2/700123//servers \
	/servers/iad/v2/700123/servers/ /images/iad/v2//images / //; do
	api GET "$odd"
	is 404
done
api POST "$servers/servers" "$(head -c 1100000 /dev/zero | tr '\0' x)" \
	-H Expect: 2>/dev/null || :
deep=$(printf '%0200d' 0 | tr 0 '[')
api POST "$servers/servers" "$deep"
is 400
head -c 1100000 /dev/zero >"$dir/long"
api POST "$servers/servers" "@$dir/long"
is 413
head -c 70000 /dev/zero | tr '\0' a >"$dir/long"
api GET "/$(head -c 60000 "$dir/long")"
[ "$status" = 414 ] || [ "$status" = 431 ] || wrong "long target: $status"
port=${base##*:}
for bytes in 'GET / HTTP/9.9\r\n\r\n' '\0\0\0\0' 'GET\r\n\r\n' \
	'POST /_sim/config HTTP/1.1\r\nContent-Length: -5\r\n\r\n' \
	'POST /_sim/config HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' \
	'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n'; do
	printf %b "$bytes" | timeout 2 curl -s -m 1 "telnet://127.0.0.1:$port" \
		>"$dir/odd" || :
done
api GET "$servers/servers"
is 200

# it listens on 127/8 only
config '{"servers": [{"name": "a"}]}'
listens() {
	ss -Hltnp 2>/dev/null | grep "pid=$pid,"
}
if command -v ss >/dev/null; then
	until_is sh -c "ss -Hltn | grep -q ':9000 '" || wrong "no application"
	! listens | awk '{print $4}' | grep -v '^127\.' ||
		wrong "listens outside 127/8" "$(listens)"
fi
stop
