#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax where servers are not simply there or not: being deleted, not listed yet,
# made without an answer that says so.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# server NAME [MEMBERS]: the arguments for one server.
server() {
	jq -nc --arg name "$1" --arg image "$DEBIAN" --argjson more "${2:-{\}}" \
		'{name: $name, image: $image, flavor: "general1-1"} + $more'
}

# group NAME COUNT [MEMBERS]
group() {
	server "$1%d" "$(jq -nc --arg group "$1" --argjson count "$2" --argjson more "${3:-{\}}" \
		'{group: $group, count: $count, exact_count: true} + $more')"
}

# names GROUP: of those that are not being deleted.
names() {
	cloud_state "[.regions.IAD.servers[] | select(.metadata.group == \"$1\" and .task_state != \"deleting\") | .name] | sort | join(\" \")"
}

# named EXPECTED GROUP
named() {
	[ "$(names "$2")" = "$1" ] || wrong "$called" "in group $2: $1" "$(names "$2")"
}

begin --build-time 0.1 --delete-time 3

# A server that is being deleted is no member any more, whatever its status.
run rax "$(group web 3 '{"wait": true}')"
third=$(jq '[.instances[] | select(.name == "web3") | .id]' "$SCRATCH/result")
run rax "{\"state\": \"absent\", \"instance_ids\": $third}"
is 0 '.changed and .action == "delete"'
run rax "$(group web 2)"
is 0 '(.changed | not) and ([.instances[].name] | sort) == ["web1", "web2"]'
run rax "{\"state\": \"absent\", \"instance_ids\": $third}"
is 0 '(.changed | not) and [.success[].status] == ["DELETED"]'
new_log
run rax "{\"state\": \"absent\", \"instance_ids\": $third, \"wait\": true}"
is 0 '(.changed | not) and [.success[].status] == ["DELETED"]'
cloud_is "[.regions.IAD.servers[] | select(.id == ${third}[0])] == []"
[ -z "$(cloud_writes)" ] || wrong "$called" "no write" "$(cloud_writes)"
run rax "$(server solo '{"wait": true}')"
run rax '{"name": "solo", "state": "absent"}'
is 0 '.changed and (.success | length) == 1'
run rax '{"name": "solo", "state": "absent"}'
is 0 '(.changed | not)'
run rax '{"name": "solo", "state": "absent", "wait": true}'
is 0 '(.changed | not)'
cloud_is '[.regions.IAD.servers[] | select(.name == "solo")] == []'
run rax "$(group web 0)"
is 0 '.changed and (.success | length) == 2'
run rax "$(group web 0)"
is 0 '(.changed | not)'
cloud_config '{"delete_time": 0.1}'

# Lists lag: without waiting the result names what was made, and the next run
# sees it.
cloud_config '{"list_lag": 2}'
run rax "$(group slow 1)"
is 0 '.changed and .instances[0].id == .success[0].id and (tostring | contains("<") | not)'
run rax "$(group slow 1)"
is 0 '(.changed | not)'
named slow1 slow

# Longer than that it is not looked for, but what is told is true.
cloud_config '{"list_lag": 100}'
run rax "$(server hidden)"
is 0 '.success[0].status == "BUILD" and (tostring | contains("<") | not)'
hidden=$(jq -r '.success[0].id' "$SCRATCH/result")
cloud_is "[.regions.IAD.servers[] | select(.name == \"hidden\") | .id] == [\"$hidden\"]"
cloud_config '{"list_lag": 0}'
run rax '{"state": "absent", "instance_ids": ["<hidden.id>"]}'
fails '<hidden.id> is no id of a server'

# A lost create is found in a list that lags for seven seconds.
cloud_config '{"list_lag": 7, "faults": [{"method": "POST", "path": "/servers$", "cut": "after"}]}'
run rax "$(group lost 1 '{"wait": true}')"
is 0 '.changed and (.success | length) == 1'
named lost1 lost
cloud_config '{"list_lag": 0}'

# It was accepted, but the answer cannot be read: found by its mark.
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "status": 202, "done": true, "body": "<html>"}]}'
run rax "$(group odd 1 '{"wait": true}')"
is 0 '.changed and (.success | length) == 1'
named odd1 odd

# Where nobody can know, it is said.
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "cut": "after"},
	{"method": "GET", "path": "/servers/detail", "status": 500, "after": 1, "times": 0}]}'
run rax "$(server doubt)"
is 1 '.changed and (.msg | contains("It may have been done all the same")) and (.msg | contains("looking for what it may have made failed"))'
cloud_config '{"faults": []}'

# Nothing is begun when the time to wait for it is over.
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "status": 413, "headers": {"Retry-After": "20"},
	"body": {"overLimit": {"code": 413, "message": "OverLimit Retry..."}}}]}'
run rax "$(server late '{"wait": true, "wait_timeout": 2}')"
is 1 '(.changed | not) and (.msg | contains("OverLimit"))'
cloud_is '[.regions.IAD.servers[] | select(.name == "late")] == []'
cloud_config '{"faults": []}'

# What would be made anew by each run is refused.
run rax "$(group mix 1 '{"meta": {"group": "other"}}')"
fails 'group is mix, but the group in meta is other'
run rax "$(group many 1 '{"extra_create_args": {"min_count": 3}}')"
fails 'extra_create_args: give count instead of min_count'
run rax "$(group plus 1 '{"extra_create_args": {"metadata": {"a": "b"}}}')"
is 0 '.changed and .success[0].rax_metadata == {"a": "b", "group": "plus"}'
run rax "$(group plus 1 '{"extra_create_args": {"metadata": {"a": "b"}}}')"
is 0 '(.changed | not)'
run rax '{"state": "absent", "group": "plus", "name": "nosuch"}'
is 0 '.changed and (.warnings | map(contains("name is not looked at")) | any)'
