# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Running modules against the simulated cloud: in plays, from the command line,
# and alone, as Ansible starts them; and saying what went wrong.
# The script has set ROOT and BUILD.

# shellcheck source=tests/lib/cloud.sh
. "$ROOT/tests/lib/cloud.sh"
# shellcheck source=tests/lib/predict.sh
. "$ROOT/tests/lib/predict.sh"

# Of the simulated cloud: these are the same in every region and every run.
# shellcheck disable=SC2034
{
	USER_KEY=51ac10ad0ddba11ca5cade5eedc0ffee
	USER_PASSWORD=Simulated-Secret-1
	DEBIAN=1a2b3c4d-0000-4000-8000-000000002003
}

ENVIRONMENT=()
SECRETS=()

# begin [OPTION...]: a cloud for the whole script, and a directory for it.
begin() {
	SCRATCH=$(mktemp -d)
	trap 'stop_cloud; rm -rf "$SCRATCH"' EXIT
	start_cloud "$@"
}

# wrong WHAT EXPECTED GOT
wrong() {
	printf 'What was done: %s\nexpected: %s\ngot: %s\n' "$@" >&2
	exit 1
}

# play NAME ARGUMENT...: the playbook tests/playbooks/NAME.yml, on this machine.
# What it prints is left in $SCRATCH/output, and shown when it fails.
play() {
	local name=$1 status=0
	shift
	ansible-playbook -v -i localhost, -c local \
		-e "ansible_python_interpreter={{ ansible_playbook_python }}" \
		"$@" "$ROOT/tests/playbooks/$name.yml" \
		>"$SCRATCH/output" 2>&1 || status=$?
	# By no version of Ansible; an old playbook may have what is.
	[ $status != 0 ] || [[ $name == old/* ]] || ! grep -A 6 -F '[DEPRECATION WARNING]' "$SCRATCH/output" >&2 ||
		status=deprecated
	[ $status = 0 ] && return
	echo "playbook $name.yml failed:" >&2
	awk '/^TASK/ { task = "" } { task = task $0 "\n" }
		/^(fatal|ERROR|failed)/ { failure = task } END { print failure }' \
		"$SCRATCH/output" | cut -c 1-6000 >&2
	exit 1
}

# ad_hoc MODULE ARGUMENT...: by `ansible localhost -m'. The result is left in
# $SCRATCH/result, the status of ansible in $status.
ad_hoc() {
	local module=$1
	shift
	called="ansible localhost -m $module $*"
	status=0
	ansible localhost -m "$module" "$@" >"$SCRATCH/output" \
		2>"$SCRATCH/errors" || status=$?
	# Of a failure, newer ones tell before the result as well.
	sed -n '/^localhost | [A-Z]*!* => /,$p' "$SCRATCH/output" | sed '1s/^[^{]* => //' >"$SCRATCH/result"
	jq -e 'type == "object"' "$SCRATCH/result" >/dev/null 2>&1 ||
		wrong "$called" "a result" \
			"$(head -c 2000 "$SCRATCH/output" "$SCRATCH/errors")"
}

# write_arguments ARGUMENTS CHECK DIFF NAME: the file that Ansible would write.
write_arguments() {
	jq -nc --argjson args "$1" --argjson check "$2" --argjson diff "$3" \
		--arg name "$4" '
		$args + {_ansible_check_mode: $check, _ansible_diff: $diff,
		_ansible_no_log: false, _ansible_debug: false,
		_ansible_verbosity: 0, _ansible_version: "2.14.18",
		_ansible_module_name: $name, _ansible_socket: null,
		_ansible_syslog_facility: "LOG_USER", _ansible_tmpdir: null,
		_ansible_shell_executable: "/bin/sh"}'
}

# is_as_documented MODULE: the result has only keys that the document tells of.
is_as_documented() {
	local untold
	untold=$(jq -r --arg name "$1" --slurpfile documents "$ROOT/$BUILD/documents.json" \
		-f "$ROOT/tests/lib/returned.jq" "$SCRATCH/result")
	[ -z "$untold" ] || wrong "$called" "what $1.yml says of the result" "$untold"
}

# run MODULE ARGUMENTS [CHECK]: the module alone, with ENVIRONMENT (an array of
# NAME=VALUE) beside the script's. Its result is left in $SCRATCH/result, its
# status in $status; more than one object, or none, anything on standard error,
# one of SECRETS (an array) in the result, or what its document does not tell of,
# is wrong.
run() {
	local module=$1 arguments=$2 check=${3:-false}
	called="$module $arguments$([ "$check" = false ] || echo ' (check)')"
	write_arguments "$arguments" "$check" "${DIFF:-$check}" \
		"${NAME:-$module}" >"$SCRATCH/arguments"
	status=0
	env "${ENVIRONMENT[@]}" timeout "${LIMIT:-240}" \
		"$ROOT/$BUILD/modules/$module" "$SCRATCH/arguments" >"$SCRATCH/result" 2>"$SCRATCH/errors" ||
		status=$?
	[ $status != 124 ] || wrong "$called" "an end in ${LIMIT:-240} s" none
	[ ! -s "$SCRATCH/errors" ] ||
		wrong "$called" "nothing on standard error" \
			"$(head -n 20 "$SCRATCH/errors")"
	jq -se 'length == 1 and (.[0] | type) == "object"' \
		"$SCRATCH/result" >/dev/null 2>&1 ||
		wrong "$called" "one JSON object (status $status)" \
			"$(head -c 2000 "$SCRATCH/result")"
	tells_no_secret "$SCRATCH/result"
	is_as_documented "$module"
}

# forms_of SECRET: the secret, a line for each way in which it may be written.
forms_of() {
	jq -rn --arg s "$1" '[$s, ($s | tojson[1:-1]), ($s | tojson | tojson[3:-3]),
		($s | @uri), ($s | @uri | ascii_downcase), ($s | @html), ($s | @base64),
		($s | @base64 | gsub("=+$"; "")), ($s | @base64 | @uri),
		($s | @base64 | gsub("[+]"; "-") | gsub("/"; "_"))]
		| unique[]'
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n' && echo
	# As \u escapes, as JSON is written in ASCII.
	jq -arn --arg s "$1" '$s | tojson[1:-1]'
}

# tells_no_secret FILE: none of SECRETS is in it, in whatever form.
tells_no_secret() {
	local secret found
	for secret in "${SECRETS[@]}"; do
		found=$(forms_of "$secret" | grep -oFf - "$1" | sort -u) || continue
		wrong "$called" "no secret" "${found//$'\n'/, } in
$(grep -F -m 1 -- "${found%%$'\n'*}" "$1" | head -c 3000)"
	done
}

# is STATUS FILTER: how the last run has ended, and what its result is like.
is() {
	[ "$status" = "$1" ] && jq -e "$2" "$SCRATCH/result" >/dev/null ||
		wrong "$called" "status $1, $2" \
			"status $status, $(jq -c 'del(.invocation)' \
				"$SCRATCH/result" | head -c 3000)"
}

# fails TEXT: the last run has failed with one message that begins so.
fails() {
	[ "$status" != 0 ] && jq -e --arg text "$1" '.failed == true and
		(.msg | startswith($text))' "$SCRATCH/result" >/dev/null ||
		wrong "$called" "a failure: $1" \
			"status $status, $(jq -c 'del(.invocation)' \
				"$SCRATCH/result" | head -c 3000)"
}

# cloud_is FILTER: what there is now in the cloud.
cloud_is() {
	[ "$(cloud_state "$1")" = true ] ||
		wrong "${called:-}" "in the cloud: $1" "$(cloud_state '
			.regions | map_values(select((.servers + .loadbalancers) != []))
			| [.[] | {servers: [.servers[] | {name, status, id}], loadbalancers}]' |
			jq -c . | head -c 4000)"
}

# new_log: what is asked from now on is what the log shows.
new_log() {
	cloud_config '{"clear_log": true}'
}

# cloud_api METHOD PATH [BODY]: a request to the cloud itself, as its user.
cloud_api() {
	local login token
	login=$(jq -nc --arg name "$RAX_USERNAME" --arg key "$RAX_API_KEY" '{auth:
		{"RAX-KSKEY:apiKeyCredentials": {username: $name, apiKey: $key}}}')
	token=$(curl -sSf "${RAX_AUTH_ENDPOINT%/}/tokens" -d "$login" \
		-H 'Content-Type: application/json' | jq -r .access.token.id)
	curl -sSf -X "$1" "$CLOUD/$2" -H "X-Auth-Token: $token" \
		-H 'Content-Type: application/json' ${3:+-d "$3"}
}

# unlike: in what the second of two results on standard input is not as the
# first has predicted: the keys of the result, how many there are in its lists,
# and every member that was predicted. There may be more addresses than that,
# and the API leaves out what is empty. For plays.
unlike() {
	jq -rs '
		def wild: test("<[^<>]+>");
		def unlike($want; $at):
			if ($want | type) == "string" and ($want | wild) then
				if type == "string" or type == "number" then empty
				else "\($at): \(.), not \($want)" end
			elif . == null and ($want == {} or $want == []) then empty
			elif ($want | type) == "object" then
				if type != "object" then "\($at): \(.), not \($want)"
				else . as $have | ($want | keys - ["updated", "rax_updated"])[] as $key |
					$have[$key] | unlike($want[$key]; "\($at).\($key)") end
			elif ($want | type) == "array" then
				if type != "array" or length < ($want | length) or
					(length > ($want | length) and ($at | test("addresses|networks|virtual_ips") | not))
				then "\($at): \(.), not \($want)"
				else . as $have | range($want | length) as $i |
					$have[$i] | unlike($want[$i]; "\($at)[\($i)]") end
			elif . == $want then empty
			else "\($at): \(.), not \($want)" end;
		map(del(.invocation, .requests, .diff, .warnings, .failed)) as [$want, $have]
		| $have | unlike($want; ""),
		  (($have | keys) - ($want | keys) | .[] | "\(.): not predicted")'
}

# difference: of two results on standard input, predicted and made: what the
# one has predicted and was not sent since the last new_log, what was sent and
# not predicted, and in what the other is unlike. Nothing where all is as
# predicted; then a new log begins. For plays.
difference() {
	local results
	results=$(cat)
	{
		compare_requests <(jq -cs '.[0].requests[]' <<<"$results") \
			<(sent_requests) 2>&1 || :
		unlike <<<"$results"
	} | grep . || new_log
}
