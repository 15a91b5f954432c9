# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of the playbooks share. The script goes on after
#   . "$ROOT/tests/lib/deploy.sh"
# with a simulated cloud that ends with it.
# shellcheck source=tests/lib/cloud.sh
. "$ROOT/tests/lib/cloud.sh"
# shellcheck source=tests/lib/predict.sh
. "$ROOT/tests/lib/predict.sh"

# Short waits: nothing here takes longer than two seconds to finish.
# shellcheck disable=SC2034 # for the scripts
quick=(-e settle_seconds=1 -e drain_seconds=3)
judge=
deploying=

end_test() {
	[ -z "$deploying" ] || { kill -TERM "$deploying" && kill -CONT "$deploying"; } 2>/dev/null
	[ -z "$judge" ] || kill -9 "$judge" 2>/dev/null
	stop_cloud
	rm -rf "${TMPDIR:?}"/*
}
trap end_test EXIT

# fail MESSAGE...
fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# equal WHAT EXPECTED GOT
equal() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# succeeds PLAYBOOK ARGUMENT...: the run must end well; its output is in $output.
succeeds() {
	output=$TMPDIR/output
	playbook "$@" >"$output" 2>&1 || {
		cat "$output"
		fail "playbook $* failed"
	}
	nothing_deprecated
}

# nothing_deprecated: by no version of Ansible.
nothing_deprecated() {
	! grep -A 6 -F '[DEPRECATION WARNING]' "$output" || fail "something is deprecated"
}

# fails TEXT PLAYBOOK ARGUMENT...: it must fail and say so, in these words.
fails() {
	local text=$1
	shift
	output=$TMPDIR/output
	if playbook "$@" >"$output" 2>&1; then
		cat "$output"
		fail "playbook $* did not fail"
	fi
	grep -qF -- "$text" "$output" || {
		cat "$output"
		fail "playbook $* did not say: $text"
	}
}

# tree PID: this one and all that it has started, in whatever sessions those are:
# newer workers of Ansible have one each.
tree() {
	local child
	echo "$1"
	for child in $(ps -o pid= --ppid "$1"); do
		tree "$child"
	done
}

# killed_at TASK PLAYBOOK ARGUMENT...: kills the run when it gets to that task.
killed_at() {
	local task=$1 run processes
	shift
	output=$TMPDIR/output
	: >"$output"
	setsid "$BASH" -c '. "$ROOT/tests/lib/cloud.sh"; playbook "$@"' run "$@" >"$output" 2>&1 &
	run=$!
	until grep -q "TASK \[$task\]" "$output" || ! kill -0 "$run" 2>/dev/null; do
		sleep 0.1
	done
	grep -q "TASK \[$task\]" "$output" || fail "it never came to: $task"
	sleep 0.5
	kill -0 "$run" 2>/dev/null || fail "the run was over before: $task"
	# Nobody is to start anything between the look and the end.
	kill -STOP -- "-$run"
	mapfile -t processes < <(tree "$run")
	kill -9 "${processes[@]}" 2>/dev/null || true
	wait "$run" || true
}

# deploy_until TASK ARGUMENT...: a deploy that goes on beside the script has come
# to this task; its output is in $deployed.
deploy_until() {
	local task=$1
	shift
	deployed=$TMPDIR/deployed
	: >"$deployed"
	ansible-playbook -i "$ROOT/inventory/simcloud.yml" "$ROOT/playbooks/deploy.yml" "$@" >"$deployed" 2>&1 &
	deploying=$!
	deploy_comes_to "$task"
}

# deploy_comes_to TASK: waits until it does.
deploy_comes_to() {
	until grep -qF "TASK [$1]" "$deployed"; do
		kill -0 "$deploying" 2>/dev/null || {
			cat "$deployed"
			fail "the deploy never came to: $1"
		}
		sleep 0.1
	done
}

# deploy_held, deploy_goes_on: what that deploy is at ends, but nothing more begins
# until it goes on.
deploy_held() {
	kill -STOP "$deploying"
}

deploy_goes_on() {
	kill -CONT "$deploying"
}

# deploy_fails TEXT...: that deploy must fail and say all of this.
deploy_fails() {
	local text
	local status=0
	wait "$deploying" || status=$?
	deploying=
	[ $status != 0 ] || {
		cat "$deployed"
		fail "the deploy did not fail"
	}
	for text in "$@"; do
		grep -qF -- "$text" "$deployed" || {
			cat "$deployed"
			fail "the deploy did not say: $text"
		}
	done
}

# changes_nothing PLAYBOOK ARGUMENT...: it ends well, and nothing was written.
changes_nothing() {
	cloud_config '{"clear_log": true}'
	succeeds "$@"
	grep -q 'changed=0 ' "$output" || fail "playbook $* reported a change"
	equal "writes of playbook $*" "" "$(cloud_writes)"
}

# predicts PLAYBOOK ARGUMENT...: a check run, then the real one.
predicts() {
	cloud_config '{"clear_log": true}'
	succeeds "$@" --check --diff -v
	equal "writes of a check run" "" "$(cloud_writes)"
	predicted_requests <"$output" >"$TMPDIR/predicted"
	succeeds "$@"
	sent_requests >"$TMPDIR/sent"
	compare_requests "$TMPDIR/predicted" "$TMPDIR/sent" ||
		fail "playbook $* --check did not predict what was sent"
}

# blue BUILD [PREVIOUS [BALANCER SERVER]]: two servers of this build serve, as if
# `succeeds deploy' had just made all of it, but at once (deploy_scale.sh compares
# the two).
blue() {
	local balancer=${3:-app} name=${4:-app} of live previous
	of=$balancer/$name
	live="$1 $(image_id "$1") $name"
	previous=${2:+"$2 $(image_id "$2") $name"}
	cloud_config "$(jq -nc --arg build "$1" --arg name "$name" --arg of "$of" '
		{image: ("app-" + $build), flavor: "general1-2",
			metadata: {"ansible-deployment": $of, "ansible-build": $build, group: $of}} as $server
		| {servers: ["1", "2" | $server + {name: ($name + .)}]}')"
	cloud_config "$(curl -sf "$CLOUD/_sim/state" | jq -c --arg balancer "$balancer" --arg of "$of" \
		--arg live "$live" --arg previous "$previous" '
		{balancers: [{name: $balancer, protocol: "HTTP", port: 8000, algorithm: "LEAST_CONNECTIONS",
			virtualIps: [{type: "PUBLIC"}],
			metadata: [{key: "ansible-deployment", value: $of}, {key: "ansible-live", value: $live},
				if $previous == "" then empty else {key: "ansible-previous", value: $previous} end],
			healthMonitor: {type: "HTTP", delay: 1, timeout: 1, attemptsBeforeDeactivation: 2,
				path: "/health", statusRegex: "^200$"},
			nodes: [.regions.IAD.servers[] | select(.metadata["ansible-deployment"] == $of)
				| {address: .addresses.private[0].addr, port: 8080, condition: "ENABLED"}]}]}')"
	until [ "$(serving "$balancer")" = "app-$1 app-$1" ]; do
		sleep 0.1
	done
}

# image BUILD NAME [BAKED [METADATA]]: an image of the account; baked under that
# name, the later the higher the number of its build.
image() {
	cloud_config "$(jq -nc --arg name "$2" --arg build "$1" --arg baked "${3:-}" --argjson more "${4:-{\}}" \
		--arg date "2026-01-01T00:00:$(printf %02d "${1//[!0-9]/}")Z" '{images: [{region: "IAD", name: $name, tenant: "700123",
		metadata: ({build_key: $build} + if $baked == "" then {}
			else {"ansible-baked": $date, "ansible-bake": $baked} end + $more)}]}')"
}

# own_images: the names of the account's images.
own_images() {
	cloud_state '[.regions.IAD.images[] | select(.metadata.build_key) | .name] | sort | join(" ")'
}

# image_id BUILD
image_id() {
	cloud_state "[.regions.IAD.images[] | select(.name == \"app-$1\") | .id][0]"
}

# start_judge [OPTION...]: traffic to the balancer from now on. A machine that is
# busy may hold up the judge for as long as it likes.
start_judge() {
	"$ROOT/$BUILD/tests/judge" --url "$(balancer_url)" --rate 150 \
		--behind 300 --deadline 60 --slow-seconds 0.5 --log "$TMPDIR/requests" "$@" >"$TMPDIR/judge" 2>&1 &
	judge=$!
}

# stop_judge: ends the traffic; sets failed to the number of failed requests.
stop_judge() {
	local status=0
	kill -INT "$judge"
	wait "$judge" || status=$?
	judge=
	[ $status -le 1 ] || {
		cat "$TMPDIR/judge"
		fail "the judge could not judge"
	}
	failed=$(sed -n 's/^failed requests: //p' "$TMPDIR/judge")
}

# no_request_lost: ends the traffic; none may have failed.
no_request_lost() {
	stop_judge
	[ "$failed" = 0 ] || {
		cat "$TMPDIR/judge"
		fail "$failed requests were lost"
	}
}

# images_of_ours: the image names of our servers, as in "app-42 app-42".
images_of_ours() {
	cloud_state '[.regions.IAD.servers[]
		| select(.metadata["ansible-deployment"] == "app/app") | .image_name]
		| sort | join(" ")'
}

# serving [BALANCER]: the image names behind its enabled and healthy nodes.
serving() {
	cloud_state '.regions.IAD as $r
		| [$r.loadbalancers[] | select(.name == "'"${1:-app}"'") | .nodes // [] | .[]
			| select(.condition == "ENABLED" and .status == "ONLINE") | .address] as $up
		| [$r.servers[] | . as $s | [$s.addresses[][] | .addr] | select(any(. as $a | $up | index($a)))
			| $s.image_name] | sort | join(" ")'
}

# conditions: of all nodes of the balancer, as in "ENABLED ENABLED".
conditions() {
	cloud_state '[.regions.IAD.loadbalancers[] | select(.name == "app") | .nodes // [] | .[]
		| .condition] | sort | join(" ")'
}

# record KEY: what the balancer's metadata say, without the image's id.
record() {
	cloud_state "[.regions.IAD.loadbalancers[] | select(.name == \"app\") | .metadata // [] | .[]
		| select(.key == \"$1\") | .value | split(\" \")[0]] | join(\",\")"
}

# only BUILD COUNT: so many servers of this build serve, and nothing else of ours
# is there.
only() {
	local expected
	expected=$(for _ in $(seq "$2"); do echo "app-$1"; done | paste -sd ' ')
	equal "our servers" "$expected" "$(images_of_ours)"
	equal "what serves" "$expected" "$(serving)"
	equal "the live build" "$1" "$(record ansible-live)"
}
