#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The judge against servers that do one thing wrong, and against a HAProxy.
# usage: test.sh [JUDGE [ORIGIN]]     (NAME=pattern runs only some of it)
#
# What an origin says it did is compared with what the judge says it saw: the
# figures must be equal.
set -u
judge=${1:-${BUILD:-build}/tests/judge}
origin=${2:-${BUILD:-build}/tests/origin}
for program in "$judge" "$origin"; do
	[ -f "$program" ] && [ -x "$program" ] && continue
	echo "no program: $program"
	exit 2
done
directory=$(mktemp -d)
declare -A origins=() # the process ids of those that run
proxy=
failures=0
count=0

cleanup() {
	for process in "${!origins[@]}" $proxy; do
		kill "$process" 2>/dev/null
	done
	rm -rf "$directory"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Until the command succeeds; a minute is for a machine that hangs.
until_true() {
	local tries

	for ((tries = 0; tries < 3000; tries++)); do
		"$@" && return
		sleep 0.02
	done
	echo "never true: $*"
	exit 1
}

# start_origin FILE MODE [EVERY [MILLISECONDS [NAME]]]: sets process, port, url
start_origin() {
	local file=$directory/$1

	rm -f "$file"
	"$origin" "${@:2}" >"$file" &
	process=$!
	origins[$process]=
	until_true test -s "$file"
	port=$(head -n 1 "$file")
	url=http://127.0.0.1:$port
}

# stop_origin FILE: what it did in $did, an associative array
stop_origin() {
	local words

	kill "$process"
	wait "$process" 2>/dev/null
	unset "origins[$process]"
	read -ra words < <(tail -n 1 "$directory/$1")
	declare -gA did=()
	for ((i = 0; i + 1 < ${#words[@]}; i += 2)); do
		did[${words[i]}]=${words[i + 1]}
	done
}

# run_judge OPTION...: sets status, sent, failed; the summary is in $summary
run_judge() {
	"$judge" --log "$directory/log" "$@" >"$directory/summary" \
		2>"$directory/errors"
	status=$?
	read_summary
}

read_summary() {
	summary=$(cat "$directory/summary" "$directory/errors")
	sent=$(sed -n 's/^requests sent: //p' <<<"$summary")
	failed=$(sed -n 's/^failed requests: //p' <<<"$summary")
}

# figure NAME: the number behind "NAME: " in the summary, 0 if it is not there
figure() {
	local value

	value=$(sed -n "s/^$1: //p" <<<"$summary")
	echo "${value:-0}"
}

# is WHAT WANTED GOT
is() {
	count=$((count + 1))
	[ "$2" = "$3" ] && return
	failures=$((failures + 1))
	printf 'FAILED %s: %s is %s, not %s\n%s\n' \
		"$test" "$1" "$3" "$2" "${summary:-}"
}

# more WHAT THAN GOT
more() {
	count=$((count + 1))
	[ "$3" -gt "$2" ] && return
	failures=$((failures + 1))
	printf 'FAILED %s: %s is %s, not more than %s\n%s\n' \
		"$test" "$1" "$3" "$2" "${summary:-}"
}

# One line for each request, each with a serial of its own.
check_log() {
	is "lines of the log" "$sent" "$(($(wc -l <"$directory/log") - 1))"
	is "different serials" "$sent" \
		"$(cut -f 8 "$directory/log" | tail -n +2 | sort -u | wc -l)"
	is "failures in the log" "$failed" \
		"$(tail -n +2 "$directory/log" | cut -f 4 | grep -cv '^ok$')"
	is "lines of another form" 0 "$(tail -n +2 "$directory/log" |
		awk -F '\t' 'NF != 9 || $1 !~ /^[0-9]+\.[0-9][0-9][0-9]$/ ||
			($4 == "ok") != ($9 == "-")' | wc -l)"
}

brief=(--duration 0.7 --rate 100 --slow 4 --slow-seconds 0.4 --behind 300
	--deadline 60)

# The origin's mode, done to each nth request, and how the judge counts it.
faults='
reset-before 5 reset
close-before 5 reset
reset-half 5 reset
close-half 5 truncated
close-headers 5 truncated
close-chunks 5 truncated
unbounded-half 5 truncated
wrong-path 5 wrong
wrong-crc 1 wrong
too-soon 1 wrong
no-json 5 wrong
status-503 5 wrong
redirect 5 wrong
503-upload 1 wrong
reset-upload 1 reset
reset-reused 3 reset
close-reused 3 reset
close-status-reused 3 reset
stall 5 unanswered
'

test_faults() {
	local mode every kind options tries

	while read -r mode every kind; do
		[ "$mode" ] || continue
		test="fault $mode"
		options=("${brief[@]}" --behind 0.2)
		[ "$kind" = unanswered ] && options+=(--deadline 15)
		# So slow that an answer at once is too soon anywhere.
		[ "$mode" = too-soon ] && options+=(--slow-seconds 10)
		# A judge that was late has shown nothing.
		for ((tries = 0; tries < 20; tries++)); do
			start_origin origin "$mode" "$every"
			run_judge --url "$url" "${options[@]}"
			stop_origin origin
			[ "$status" = 3 ] || [ "${did[faults]}" -lt 2 ] || break
		done
		is status 1 "$status"
		more faults 1 "${did[faults]}"
		is "failed requests" "${did[faults]}" "$failed"
		is "$kind" "${did[faults]}" "$(figure "$kind")"
		is "requests sent" "${did[requests]}" "$sent"
		is "requests seen twice" 0 "${did[repeated]}"
		check_log
	done <<<"$faults"
}

# Nobody listens, or nobody takes connections from the queue.
test_no_connection() {
	local mode kind deadline

	while read -r mode kind deadline; do
		test="no connection: $mode"
		start_origin origin "$mode"
		run_judge --url "$url" "${brief[@]}" --deadline "$deadline"
		stop_origin origin
		is status 1 "$status"
		more "requests sent" 70 "$sent"
		is "failed requests" "$sent" "$failed"
		is "$kind" "$sent" "$(figure "$kind")"
		check_log
	done <<<$'refuse refused 60\nfull connect-timeout 1'
}

# What a server may do: it answers well, in any framing, and may end a
# connection on which no request is, in any way.
test_healthy() {
	local mode idle options tries

	while read -r mode idle; do
		test="healthy: $mode"
		options=("${brief[@]}" --behind 0.2)
		# So many lanes that none is used again while it is being
		# closed, even by a judge that must catch up.
		[ "$idle" -ge 0 ] && options+=(--keepalive 80 --fresh 0
			--duration 1.7)
		for ((tries = 0; tries < 20; tries++)); do
			start_origin origin "$mode" 3
			run_judge --url "$url/" "${options[@]}"
			stop_origin origin
			[ "$status" = 3 ] || break
		done
		is status 0 "$status"
		is "failed requests" 0 "$failed"
		is "requests sent" "${did[requests]}" "$sent"
		is "requests seen twice" 0 "${did[repeated]}"
		more "faults" 1 "${did[faults]}"
		more "idle closes" "$idle" \
			"$(figure 'idle connections closed by the server')"
		check_log
	done <<<$'well -1\nchunks -1\nunbounded -1\nidle-close 1
idle-reset 1\nidle-408 1'
}

# The server's time limit is just what a connection is idle for. A request
# either reached the server once, or never, and then it counts as failed unless
# the close provably came first, and it was sent on another connection.
test_crossing() {
	test="crossing"
	start_origin origin idle-close 1 20
	run_judge --url "$url" --duration 3 --rate 400 --fresh 0 --slow 0 \
		--behind 300 --deadline 60
	stop_origin origin
	is "requests sent" 1200 "$sent"
	is "requests answered" "${did[requests]}" $((sent - failed))
	is "reset" "$failed" "$(figure reset)"
	is "requests seen twice" 0 "${did[repeated]}"
	check_log
}

test_mixture() {
	local slow

	test="mixture"
	start_origin origin well
	http_proxy=http://127.0.0.1:1 run_judge --url "$url" --duration 8 \
		--rate 200 --keepalive 5 --slow 6 --slow-seconds 0.5 --behind 300 \
		--deadline 60
	stop_origin origin
	is status 0 "$status"
	is get 800 "$(cut -f 2 "$directory/log" | grep -c '^get$')"
	is fresh 800 "$(cut -f 2 "$directory/log" | grep -c '^fresh$')"
	slow=$(cut -f 2 "$directory/log" | grep -c -e '^slow$' -e '^upload$')
	is "requests sent" $((1600 + slow)) "$sent"
	more "slow ones" 18 "$slow"
	more uploads 8 "$(cut -f 2 "$directory/log" | grep -c '^upload$')"
	more "slow answers" 8 "$(cut -f 2 "$directory/log" | grep -c '^slow$')"
	# More than the wanted ones are kept only where all were busy.
	more connections $((800 + slow + 4)) "${did[connections]}"
	more "connections saved" 150 $((sent - did[connections]))
	is "build's column" 1 "$(grep -c '^  second         1  failures$' \
		<<<"$summary")"
	is "answers in the table" "$sent" "$(awk '/^ +[0-9]+ / { n += $2 }
		END { print n }' <<<"$summary")"
	check_log
}

log_has() {
	[ "$(wc -l <"$directory/log")" -gt "$1" ]
}

# A signal ends the sending; what is open is waited for.
test_signals() {
	local signal running

	for signal in TERM INT; do
		test="signal $signal"
		start_origin origin well
		rm -f "$directory/log" "$directory/errors"
		: >"$directory/log"
		"$judge" --log "$directory/log" --url "$url" --slow 4 \
			--behind 300 --deadline 60 --slow-seconds 1 >"$directory/summary" \
			2>"$directory/errors" &
		running=$!
		until_true log_has 30
		kill -s "$signal" "$running"
		wait "$running"
		status=$?
		stop_origin origin
		read_summary
		is status 0 "$status"
		is "requests sent" "${did[requests]}" "$sent"
		more "slow ones" 3 "$(cut -f 2 "$directory/log" |
			grep -c -e '^slow$' -e '^upload$')"
		check_log
	done
}

# What the judge does wrong is not the system's fault, and no proof.
test_own_faults() {
	local running

	start_origin origin well
	test="too few"
	run_judge --url "$url" "${brief[@]}" --minimum 1000
	is status 3 "$status"
	is "failed requests" 0 "$failed"

	test="out of files"
	status=$(
		ulimit -n 16 || exit 9
		run_judge --url "$url" "${brief[@]}" --slow 20
		echo "$status"
	)
	read_summary
	is status 3 "$status"
	is "failed requests" 0 "$failed"
	more "requests sent" 0 "$sent"
	is "its words" 1 "$(grep -c '^judge: out of sockets' <<<"$summary")"

	test="full disk"
	"$judge" --log /dev/full --url "$url" "${brief[@]}" \
		>"$directory/summary" 2>"$directory/errors"
	status=$?
	read_summary
	is status 3 "$status"
	is "failed requests" 0 "$failed"
	is "its words" 1 "$(grep -c '^judge: the log is not' <<<"$summary")"

	test="behind schedule"
	: >"$directory/log"
	"$judge" --log "$directory/log" --url "$url" --slow 4 --duration 8 \
		--slow-seconds 1 --deadline 60 >"$directory/summary" 2>"$directory/errors" &
	running=$!
	until_true log_has 30
	kill -s STOP "$running"
	sleep 1.5
	kill -s CONT "$running"
	wait "$running"
	status=$?
	read_summary
	is status 3 "$status"
	is "failed requests" 0 "$failed"
	is "its words" 1 "$(grep -c '^judge: behind schedule by' <<<"$summary")"
	stop_origin origin
	is "requests sent" 2000 "$(cut -f 2 "$directory/log" |
		grep -c -e '^get$' -e '^fresh$')"
}

bad_options='
--rate 250
--url
--url ftp://127.0.0.1:80
--url http://
--url http://127.0.0.1:0
--url http://127.0.0.1:99999
--url http://127.0.0.1:80/path
--url http://user@127.0.0.1:80
--url http://127.0.0.1:80 --rate 0
--url http://127.0.0.1:80 --rate x
--url http://127.0.0.1:80 --rate nan
--url http://127.0.0.1:80 --rate 0x10
--url http://127.0.0.1:80 --rate
--url http://127.0.0.1:80 --keepalive 1.5
--url http://127.0.0.1:80 --keepalive -1
--url http://127.0.0.1:80 --fresh 2
--url http://127.0.0.1:80 --unknown 1
--url http://127.0.0.1:80 more
--url http://127.0.0.1:80 --log /nowhere/at/all
'

test_options() {
	local options words

	while read -r options; do
		[ "$options" ] || continue
		test="options $options"
		read -ra words <<<"$options"
		"$judge" "${words[@]}" >"$directory/summary" \
			2>"$directory/errors"
		status=$?
		is status 2 "$status"
		is "lines of output" 0 "$(wc -l <"$directory/summary")"
		is "lines of errors" 1 "$(wc -l <"$directory/errors")"
	done <<<"$bad_options"
	test="--help"
	"$judge" --help >"$directory/summary"
	is status 0 "$?"
	is "options told of" 12 "$(grep -c '^  --' "$directory/summary")"
}

# The proxy's own address is drawn until one is free.
start_proxy() {
	local ports=$1

	for ((attempt = 0; attempt < 20; attempt++)); do
		address=127.$((RANDOM % 250 + 2)).$((RANDOM % 256))
		address+=.$((RANDOM % 250 + 2))
		sed "s/ADDRESS/$address/g" >"$directory/haproxy.cfg" <<-EOF
			global
			 stats socket ipv4@ADDRESS:8081 level admin
			defaults
			 mode http
			 retries 0
			 timeout connect 5s
			 timeout client 30s
			 timeout server 30s
			listen front
			 bind ADDRESS:8080
			 server a 127.0.0.1:${ports%% *}
			 server b 127.0.0.1:${ports##* }
		EOF
		haproxy -db -f "$directory/haproxy.cfg" \
			>"$directory/haproxy" 2>&1 &
		proxy=$!
		for ((tries = 0; tries < 500; tries++)); do
			kill -0 "$proxy" 2>/dev/null || break
			# A stranger may have the address: ask for our pid.
			[ "$(ask "show info" 2>/dev/null |
				sed -n 's/^Pid: //p')" = "$proxy" ] && return
			sleep 0.02
		done
		kill "$proxy" 2>/dev/null
		wait "$proxy" 2>/dev/null
		proxy=
	done
	echo "no HAProxy:"
	cat "$directory/haproxy"
	exit 1
}

# ask COMMAND: the proxy's answer
ask() {
	exec 9<>"/dev/tcp/$address/8081" || return
	echo "$1" >&9
	cat <&9
	exec 9>&-
}

is_drained() {
	[ "$(ask "show stat" | awk -F , '$2 == "a" { print $5 }')" = 0 ]
}

# answered_by NAME: a server that answered after the log's nth line
answered_by() {
	tail -n "+$2" "$directory/log" | cut -f 6 | grep -q "^$1\$"
}

# judge_proxy HOW: one of two servers is stopped under traffic
judge_proxy() {
	local running first

	start_origin a well 1 0 a
	first="$process $port"
	start_origin b well 1 0 b
	start_proxy "${first#* } $port"
	: >"$directory/log"
	"$judge" --log "$directory/log" --url "http://$address:8080" \
		--behind 300 --deadline 60 --slow-seconds 1 \
		>"$directory/summary" 2>"$directory/errors" &
	running=$!
	until_true answered_by a 2
	until_true answered_by b 2
	if [ "$1" = drain ]; then
		ask "set server front/a state drain" >/dev/null
		until_true is_drained
	else
		until_true log_has 100
	fi
	kill -KILL "${first% *}"
	wait "${first% *}" 2>/dev/null
	unset "origins[${first% *}]"
	lines=$(wc -l <"$directory/log")
	until_true log_has $((lines + 200))
	kill "$running"
	wait "$running"
	status=$?
	stop_origin b
	kill "$proxy"
	wait "$proxy" 2>/dev/null
	proxy=
	read_summary
	check_log
}

test_proxy() {
	command -v haproxy >/dev/null || {
		echo "FAILED: haproxy is not installed"
		failures=$((failures + 1))
		return
	}
	test="proxy: drained"
	judge_proxy drain
	is status 0 "$status"
	is "failed requests" 0 "$failed"
	more "requests sent" 200 "$sent"

	test="proxy: cut"
	judge_proxy cut
	is status 1 "$status"
	more "failed requests" 8 "$failed"
}

for name in faults no_connection healthy crossing mixture signals own_faults \
	options proxy; do
	# shellcheck disable=SC2254
	case $name in
	${NAME:-*}) "test_$name" ;;
	esac
done
echo "judge: $count checks, $failures failed"
[ "$count" -gt 0 ] && [ "$failures" = 0 ]
