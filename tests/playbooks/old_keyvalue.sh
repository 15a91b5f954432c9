#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Arguments as key=value, in an old playbook and in ad hoc calls.
set -euo pipefail
# shellcheck source=tests/lib/old.sh
. "$ROOT/tests/lib/old.sh"

begin_old --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --balancer-time 0.1
# A play of `hosts: all', here for this machine alone.
old keyvalue
made=$(cloud_state '[.regions[] | .servers, .loadbalancers | map({id, name, metadata})] | tojson')
cloud_is '(.regions.IAD.servers | map(.name) | sort) == ["kv1", "kv2"]
	and (.regions.ORD.servers | map(.name)) == ["kv3"]
	and (.regions.IAD.loadbalancers | map([.name, .port, .algorithm])) == [["kv", 8000, "RANDOM"]]
	and (.regions.IAD.loadbalancers[0].nodes | map([.port, .condition, .type])) == [[8080, "DRAINING", "PRIMARY"]]'
# The node is enabled and drained in turn, as the playbook says; no more than that.
new_log
old keyvalue
[ "$(cloud_writes | sed 's|/[0-9]*$||; s|.*/||' | paste -sd ' ')" = "nodes nodes" ] ||
	wrong "$called, again" "two changes of a node" "$(cloud_writes)"
[ "$made" = "$(cloud_state '[.regions[] | .servers, .loadbalancers | map({id, name, metadata})] | tojson')" ] ||
	wrong "$called, again" "$made" "$(cloud_state '[.regions[].servers[].name]')"

# Ad hoc.
id=$(cloud_state '.regions.IAD.servers[] | select(.name == "kv2") | .id')
ad_hoc rax_facts -a "name=kv2"
is 0 '.ansible_facts.rax_id == "'"$id"'" and (.changed | not)'
ad_hoc rax_facts -c local -i localhost, -e "n=kv1" -a "name={{ n }} region=iad credentials=$HOME/none"
is 0 '.ansible_facts.rax_name == "kv1"'
ad_hoc rax -a "name=adhoc image=debian-12-bookworm flavor=general1-1 wait=yes count=2 meta=k=v,l=w"
is 0 '.changed and (.success | length) == 2 and .instances[0].rax_metadata == {"k": "v", "l": "w"}'
ad_hoc rax -a "name=adhoc image=debian-12-bookworm flavor=general1-1 wait=yes count=2 meta=k=v,l=w"
is 0 '(.changed | not) and (.instances | length) == 2 and .success == []'
ad_hoc rax -B 60 -P 1 -a "name=adhoc state=absent count=2 wait=yes"
is 0 '.changed and .action == "delete"'
ad_hoc rax_clb --check -a "name=kv port=8000 algorithm=ROUND_ROBIN"
is 0 '.changed and .requests[0].method == "PUT"'
ad_hoc rax_clb -a "name=kv state=absent wait=yes"
is 0 '.changed'
ad_hoc rax_clb -a "name=kv state=absent wait=yes"
is 0 '.changed | not'
cloud_is '(.regions.IAD.servers | map(.name) | sort) == ["kv1", "kv2"]
	and ([.regions.IAD.loadbalancers[] | select(.status != "DELETED")] == [])'
await_jobs
