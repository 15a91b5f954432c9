# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a check run has predicted, held against what the real run has sent.

# predicted_requests: from the output of `ansible-playbook -v --check' (or of
# `ansible'), the requests of all its tasks, one JSON object a line.
predicted_requests() {
	sed -n 's/^[^ ].* => \({.*}\)$/\1/p' | jq -c '.requests // [] | .[]'
}

# sent_requests: what the simulated cloud was asked beside reads and logins,
# without the marks, and without renewals of leases: no prediction can know them.
sent_requests() {
	curl -sf "$CLOUD/_sim/log" | jq -c '.requests[]
		| select(.method != "GET" and .service != "identity")
		| {method, path} + (if .request == null then {} else {body: .request} end)
		| walk(if type == "object" then del(.["ansible-run"])
			elif type == "array" then map(select((type != "object") or .key != "ansible-run"))
			else . end)
		| select([.body | objects | .metadata | objects | keys] != [["ansible-lease"]])'
}

# compare_requests PREDICTED SENT: files of such lines. Every predicted request
# was sent once and nothing else was; what is in angle brackets or censored
# stands for anything.
compare_requests() {
	local differences
	differences=$(jq -n --slurpfile predicted "$1" --slurpfile sent "$2" '
		def wild: test("<[^<>]+>|\\*{8}|VALUE_SPECIFIED_IN_NO_LOG");
		def pattern: "^" + (split("<[^<>]+>"; "g")
			| map(gsub("(?<c>[][.^$*+?(){}|\\\\])"; "\\\(.c)")) | join(".+")) + "$";
		def fits($want):
			if ($want | type) == "string" and ($want | wild) then
				if $want | test("\\*{8}|VALUE_SPECIFIED_IN_NO_LOG") then true
				else . as $have | ($have | tostring | test($want | pattern)) end
			elif ($want | type) == "object" then
				(type == "object") and (keys == ($want | keys)) and
				(. as $have | all($want | keys[]; . as $key | $have[$key] | fits($want[$key])))
			elif ($want | type) == "array" then
				(type == "array") and (length == ($want | length)) and
				(. as $have | all(range($want | length); . as $i | $have[$i] | fits($want[$i])))
			else . == $want end;
		reduce $predicted[] as $want ({left: $sent, missing: []};
			([.left | to_entries[] | select(.value | fits($want)) | .key] | first) as $at
			| if $at == null then .missing += [$want] else .left |= del(.[$at]) end)
		| if (.missing | length) + (.left | length) == 0 then empty
		  else "predicted, but not sent:", .missing[], "sent, but not predicted:", .left[] end') || return
	[ -z "$differences" ] && return
	echo "$differences" >&2
	return 1
}
