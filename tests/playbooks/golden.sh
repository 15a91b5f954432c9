#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The recorded results of the Python modules (tests/data/golden.jsonl), held
# against ours: each case on a cloud of its own, brought into the state that it
# was recorded in. Where the record is not what is right, the case says why.
# With arguments: only the cases of these names.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# same FROM TO: what the record calls FROM is TO here (JSON).
same() {
	map=$(jq -c --argjson from "$1" --argjson to "$2" \
		'. + [[$from, $to]]' <<<"$map")
}

# differs WHY JSON: what is right in place of the record; see golden.jq. A number
# is one of the faults of the Python modules that ours do not have.
differs() {
	# shellcheck disable=SC2034 # it is for the reader
	local why=$1
	ours=$2
}

# balancer NAME [MEMBERS [ID]]: which the record calls ID. Sets id.
balancer() {
	cloud_config "$(jq -nc --arg name "$1" --argjson members "{${2:-}}" '
		{balancers: [{$name, region: "ORD", port: 80,
			algorithm: "LEAST_CONNECTIONS",
			virtualIps: [{type: "PUBLIC"}]} + $members]}')"
	id=$(cloud_state '.regions.ORD.loadbalancers[-1].id')
	[ -z "${3:-}" ] || same "$3" "$id"
}

# nodes ID [MEMBERS]...: a balancer that the record calls ID, with these nodes,
# of which it calls the first 188937, the second 185768.
nodes() {
	local recorded=$1 list
	shift
	list=$(printf '%s\n' "$@" | jq -sc 'map({port: 80, condition: "ENABLED",
		type: "PRIMARY"} + .)')
	balancer nodes "\"algorithm\": \"WEIGHTED_ROUND_ROBIN\", \"nodes\": $list" \
		"$recorded"
	for recorded in 188937 185768; do
		same $recorded "$(cloud_state ".regions.ORD.loadbalancers[-1].nodes
			| (map(.id) + [1, 1])[$((recorded == 185768))]")"
	done
}

# server NAME [MEMBERS [ID]]: which the record calls ID.
server() {
	cloud_config "$(jq -nc --arg name "$1" --argjson members "{${2:-}}" '
		{servers: [{$name, region: "ORD", image: "Debian 12 (Bookworm)",
			flavor: "performance1-1"} + $members]}')"
	id=$(cloud_state '.regions.ORD.servers[-1].id')
	[ -z "${3:-}" ] || same "\"$3\"" "\"$id\""
}

# A catalog that has no load balancers in DFW.
no_balancers_in_dfw() {
	local catalog
	catalog=$(jq -nc --arg name "$RAX_USERNAME" --arg key "$RAX_API_KEY" '{auth:
		{"RAX-KSKEY:apiKeyCredentials": {username: $name, apiKey: $key}}}' |
		curl -sSf "${RAX_AUTH_ENDPOINT%/}/tokens" -d @- \
			-H 'Content-Type: application/json' |
		jq -c '(.access.serviceCatalog[]
			| select(.type == "rax:load-balancer")
			| .endpoints) |= map(select(.region != "DFW"))')
	cloud_config "{\"faults\": [{\"path\": \"tokens\", \"body\": $catalog}]}"
}

app='{"key": "app", "value": "shop"}'
web='{"key": "tier", "value": "web"}'
round='"port": 8080, "algorithm": "ROUND_ROBIN"'
grouped='"metadata": {"group": "py3fixed-g2"}'
details='["cluster", "connectionLogging", "contentCaching", "halfClosed",
	"httpsRedirect", "sourceAddresses"]'
factsrv=test-server7804986596-id-7804986596
# The Python module changed its arguments after they were checked: contents in
# place of a file's name, texts in place of metadata, the group among them.
# Ours are those that were checked.
changed_later="arguments that were changed later"

# What the case finds, and what is right in place of the record.
arrange() {
	case $1 in
	clb-absent-again | clb-create | clb-create-pu | clb-create-servicenet | \
		clb-create-wait | clb-err-bad-protocol | clb-err-missing-name | \
		clb-err-timeout-lt-30 | facts-err-none-given | \
		facts-err-two-given | facts-err-bad-api-key | \
		facts-err-credfile-missing | facts-err-no-creds | \
		nodes-err-missing-lb | nodes-err-unknown-lb | \
		rax-create-nowait | rax-create-wait10 | \
		rax-err-exact-count-no-group | rax-err-no-image | \
		rax-err-no-name | rax-image-by-unknown-name) ;;

	clb-absent-nowait)
		balancer pdlb4
		differs "read by its id, not out of a list" "{\"members\": $details}"
		;;
	clb-absent-wait-timeout)
		balancer pd60
		cloud_config '{"balancer_time": 60}'
		differs "17, and as above" '{"rc": 1, "msg": "Timeout waiting", "keys":
			["balancer", "changed", "failed", "invocation", "msg"],
			"members": '"$details}"
		;;
	clb-by-id-present)
		balancer other "" '"57018"'
		same '"57018"' "\"$id\""
		differs 15 '{"changed": false}'
		;;
	clb-change-algorithm | clb-idempotent)
		balancer goldlb "\"port\": 8080, \"metadata\": [$app]"
		;;
	clb-change-algorithm-pending-*)
		balancer pulb '"metadata": [{"key": "lb_pending_update", "value": "4"}]'
		;;
	clb-change-meta) balancer goldlb "$round, \"metadata\": [$app]" ;;
	clb-create-building-wait-timeout)
		cloud_config '{"balancer_time": 60}'
		same 51729 1001
		;;
	clb-err-multiple) balancer twin && balancer twin ;;
	clb-err-region-without-clb) no_balancers_in_dfw ;;
	clb-err-type-change | clb-meta-idempotent-2keys)
		balancer goldlb "$round, \"metadata\": [$app, $web]"
		;;
	clb-meta-int-value) balancer goldlb2 ;;
	clb-meta-order-swapped)
		balancer goldlb "$round, \"metadata\": [$app, $web]"
		differs 12 '{"changed": false}'
		;;

	facts-address)
		server factsrv
		same '"10.180.214.231"' "$(cloud_state '.regions.ORD.servers[0]
			.addresses.private[0].addr | tojson')"
		;;
	facts-credfile)
		server factsrv "" $factsrv
		same '"/tmp/ansible/raxpub"' "\"$SCRATCH/raxpub\""
		printf '[rackspace_cloud]\nusername = %s\napi_key = %s\n' \
			"$RAX_USERNAME" "$RAX_API_KEY" >"$SCRATCH/raxpub"
		;;
	facts-env-vars)
		server factsrv "" $factsrv
		ENVIRONMENT=(RAX_USERNAME="$RAX_USERNAME" RAX_REGION=ORD
			RAX_API_KEY="$RAX_API_KEY")
		;;
	facts-id) server factsrv "" $factsrv ;;
	facts-id-checkmode)
		server factsrv "" $factsrv
		differs "the requests of check mode" '{"keys": ["ansible_facts",
			"changed", "invocation", "requests"]}'
		;;
	facts-name) server factsrv ;;
	facts-name-multiple) server 'py3fixed-.*' '"count": 2' ;;
	facts-unicode) server 'Wéb Server_1.example.org' ;;
	facts-err-bad-region)
		differs 20 '{"msg": "XYZ is not a valid region, must be one of: DFW,HKG,IAD,LON,ORD,SYD"}'
		;;
	facts-err-no-region)
		differs 20 '{"msg": "None is not a valid region, must be one of: DFW,HKG,IAD,LON,ORD,SYD"}'
		;;
	facts-err-unknown-arg)
		differs "our own options are listed" '{"msg": "Unsupported parameters for (community.general.rax_facts) module: bogus. Supported parameters include: address, ",
			"says": ["verify_ssl)."]}'
		;;
	facts-err-connrefused) differs 4 '{"says": ["127.0.0.1", "onnect"]}' ;;
	facts-err-credfile-malformed)
		printf 'username = mimic\n' >"$SCRATCH/raxbad"
		same '"/tmp/ansible/raxbad"' "\"$SCRATCH/raxbad\""
		differs 4 "{\"says\": [\"$SCRATCH/raxbad\", \"section\"]}"
		;;

	nodes-add-again) nodes 36916 '{"address": "10.2.2.3"}' ;;
	nodes-add-weight-again)
		nodes 36916 '{"address": "10.2.2.4", "weight": 20}'
		differs 10 '{"changed": false}'
		;;
	nodes-add-weight-wait | nodes-by-address-port-disabled | nodes-draining | \
		nodes-remove | nodes-weight)
		nodes 36916 '{"address": "10.2.2.3"}'
		;;
	nodes-draining-again)
		nodes 36916 '{"address": "10.2.2.3"}'
		before='{"node_id": 188937, "condition": "draining", "wait": true}'
		;;
	nodes-remove-again)
		nodes 36916 '{"address": "10.2.2.3"}' '{"address": "10.2.2.4"}'
		before='{"node_id": 188937, "state": "absent", "wait": true}'
		;;
	nodes-err-error-state)
		balancer broken "" 25322
		cloud_config "{\"balancer\": {\"id\": $id, \"status\": \"ERROR\"}}"
		;;
	nodes-err-missing-port) balancer app "" 57018 ;;
	nodes-err-pending-immutable)
		balancer busy "" 1927
		cloud_config '{"balancer_time": 1}'
		before='{"address": "10.2.2.3", "port": 80}'
		differs 27 '{"rc": 0, "changed": true, "keys":
			["changed", "invocation", "node", "state"]}'
		;;
	nodes-pending-wait-timeout)
		balancer busy "" 1927
		cloud_config '{"balancer_time": 60}'
		;;
	nodes-pending-*) balancer busy "" 1927 ;;

	rax-absent-by-name)
		server py3fixed-web3
		differs 6 '{"changed": true, "action": "delete",
			"lists": {"success": null}}'
		;;
	rax-absent-nowait)
		server py3fixed-web1 "" test-server8102484728-id-8102484728
		differs 2 '{"rc": 0, "lists": {"success": "timeout", "timeout": "success"},
			"keys": ["action", "changed", "error", "instance_ids",
			"instances", "invocation", "success", "timeout"]}'
		;;
	rax-absent-wait10)
		server py3fixed-web2 "" test-server8793044132-id-8793044132
		;;
	rax-create-error-state)
		cloud_config '{"faults": [{"server": {"name": "web5",
			"fault": "No valid host was found."}}]}'
		differs "a server in ERROR has a fault and no progress" \
			'{"members": ["rax_fault", "rax_progress", "msg"]}'
		;;
	rax-create-nowait-again) server py3fixed-web1 ;;
	rax-create-wait-building) cloud_config '{"build_time": 1}' ;;
	rax-files-userdata)
		cloud_api POST servers/ord/v2/700123/os-keypairs \
			'{"keypair": {"name": "k1"}}' >/dev/null
		differs "$changed_later" '{"arguments": ["files", "meta"]}'
		;;
	rax-group-auto-3) differs "$changed_later" '{"arguments": ["meta"]}' ;;
	rax-group-noauto-1)
		server py3fixed-n "\"count\": 3, $grouped"
		differs "2, $changed_later" '{"rc": 0, "arguments": ["meta"],
			"lists": {"success": "timeout", "timeout": "success"},
			"keys": ["action", "changed", "error", "instance_ids",
			"instances", "invocation", "success", "timeout"]}'
		;;
	rax-group-noauto-1-again)
		server py3fixed-n "$grouped"
		differs "$changed_later" '{"arguments": ["meta"]}'
		;;
	rax-group-noauto-3-again)
		server py3fixed-n "\"count\": 3, $grouped"
		differs "$changed_later" '{"arguments": ["meta"]}'
		;;
	rax-image-by-name)
		same '"Windows Server 2008 R2 SP1"' '"Debian 12 (Bookworm)"'
		;;
	rax-checkmode)
		differs 24 '{"rc": 1, "msg": "image is required for the \"rax\" module",
			"keys": ["failed", "invocation", "msg", "requests"]}'
		;;
	rax-nolog-substring) same '"12345"' "\"$RAX_API_KEY\"" ;;
	*)
		echo "$1 has no row in the table" >&2
		return 1
		;;
	esac
}

# mapped: the JSON on standard input with the ids of this cloud.
mapped() {
	jq -c --argjson map "$map" '
		def text: . as $text | reduce $map[] as [$from, $to] ($text;
			split($from | tostring) | join($to | tostring));
		walk(if type == "string" then text
			elif type == "number" then . as $n
				| ([$map[] | select(.[0] == $n) | .[1]][0] // $n)
			elif type == "object" then with_entries(.key |= text)
			else . end)'
}

# try CASE NAME: prints in what it is wrong.
try() {
	local golden=$1 name=$2 check=false arguments before=
	local ours='{}' map='[]' id
	begin --build-time 0.2 --delete-time 0.1 --balancer-time 0.1
	same '"mimic"' "\"$RAX_USERNAME\""
	same '"http://127.0.0.1:8901/identity/v2.0/"' "\"$RAX_AUTH_ENDPOINT\""
	same '"2e2564dc-8a16-4025-9840-3ab4c7ae5de6"' \
		"$(cloud_state '.regions.ORD.images[]
			| select(.name == "Debian 12 (Bookworm)") | .id | tojson')"
	arrange "$name"
	unset "${!RAX_@}"
	golden=$(mapped <<<"$golden")
	case $name in *checkmode) check=true ;; esac
	arguments='{auth_endpoint: $endpoint, username: "simuser", api_key: $key,
		region: "ORD"} + . | with_entries(select(.value != null))'
	arguments() {
		jq -c --arg endpoint "${CLOUD}/v2.0/" --arg key "$USER_KEY" "$arguments"
	}
	[ -z "$before" ] || run "$(jq -r .module <<<"$golden")" \
		"$(jq -c --argjson before "$before" \
			'$before + {load_balancer_id: .args.load_balancer_id}' \
			<<<"$golden" | mapped | arguments)"
	NAME=community.general.$(jq -r .module <<<"$golden") DIFF=false \
		run "$(jq -r .module <<<"$golden")" \
		"$(jq -c .args <<<"$golden" | arguments)" $check
	jq -nr --argjson golden "$golden" --argjson ours "$ours" \
		--argjson status "$status" --slurpfile got "$SCRATCH/result" \
		"\$got[0] as \$got | $(cat "$ROOT/tests/lib/golden.jq")"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
count=0
while IFS= read -r golden; do
	count=$((count + 1))
	name=${golden#*'"case": "'} name=${name%%'"'*}
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	(
		try "$golden" "$name" >"$results/$count" 2>&1 || echo failed >>"$results/$count"
	) &
	[ "$(jobs -rp | wc -l)" -lt 4 ] || wait -n || :
done <"$ROOT/tests/data/golden.jsonl"
wait
[ $count = 78 ] || wrong golden.jsonl "78 cases" $count
bad=0
for n in $(seq $count); do
	[ -s "$results/$n" ] || continue
	bad=$((bad + 1))
	sed -n "${n}p" "$ROOT/tests/data/golden.jsonl" |
		jq -r '"\(.case) (\(.module) \(.args | tojson)):"'
	sed 's/^/    /' "$results/$n"
done >&2
[ $bad = 0 ]
