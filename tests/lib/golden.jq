# SPDX-License-Identifier: Apache-2.0
# In what a module's result is not like the recorded one, a line each.
#
# $golden is a case (tests/data/golden.jsonl) with the ids of this cloud, $got
# the result, $status the exit status. $ours is what is right where the record
# is not, all of it optional: rc, changed, action; keys (of the result); msg (how
# the message begins), says (texts that it has); lists (what our list of that
# name was recorded as, null for nothing); arguments, members (names that are
# not compared).

# Where the simulated cloud differs from the provider's own mock, it is like the
# API's documents: a member of servers that the mock leaves out; members of
# balancers that are in some answers only; and some to which the mock gives other
# types, or of which it knows the one only (a task's state is null when there is
# none).
def left_out: ["rax_config_drive"];
def in_some: ["nodeCount", "updated"];
def other_types: ["cluster", "connectionLogging", "halfClosed", "httpsRedirect",
	"rax_os-ext-sts_task_state"];

# What our failures say beyond the recorded ones: whether something was changed,
# and how far it came.
def additions: ["balancer", "changed", "node", "nodes", "state"];

def members_unlike($want; $at):
	($ours.members // []) as $excepted
	| ((($want | keys) - keys - in_some - $excepted)[] | "\($at) has no \(.)"),
	((keys - ($want | keys) - left_out - $excepted)[] | "\($at) has \(.), which is not in the record"),
	(. as $have | $want | to_entries[]
		| select((.key | IN(other_types[])) | not)
		| select(.key as $key | $have | has($key))
		| ($have[.key] | type) as $type
		| select($type != (.value | type))
		| "\($at).\(.key) is of type \($type), not \(.value | type)");

def list_unlike($key):
	(if $ours.lists | has($key)? then $ours.lists[$key] else $key end) as $name
	| $got[$key] as $have
	| if $name == null or ($golden.result | has($name) | not) then empty
	  else $golden.result[$name] as $want
		| if ($have | type) != "array" then "\($key) is no list"
		  elif ($have | length) != ($want | length)
		  then "\($key) has \($have | length) members, not \($want | length)"
		  else range($have | length) as $i
			| $have[$i] | members_unlike($want[$i]; "\($key)[\($i)]") end
	  end;

def ids_unlike:
	$got.instance_ids as $ids
	| if $golden.result.instance_ids == null then empty
	  else ("instances", "success", "error", "timeout")
		| select($ids[.] != [$got[.][].id])
		| "instance_ids.\(.) is \($ids[.]), not the ids of \(.)" end;

def keys_unlike:
	($ours.keys // ($golden.result | keys)) as $want
	| ((($want - ($got | keys))[] | "the result has no \(.)"),
	   ((($got | keys) - $want - (if $got.failed then additions else [] end))[]
		| "the result has \(.), which is not in the record"));

def value_unlike($key):
	(if $ours | has($key) then $ours[$key] else $golden.result[$key] end) as $want
	| if ($golden.result | has($key)) and $got[$key] != $want
	  then "\($key) is \($got[$key]), not \($want)" else empty end;

def message_unlike:
	($got.msg // "") as $have
	| ($ours.msg // (if $ours.says or $status == 0 then "" else $golden.result.msg end)) as $want
	| (if $want == null or ($have | startswith($want)) then empty
	   else "the message is \($have | tojson), not \($want | tojson)" end),
	  ($ours.says // [] | .[] | select(. as $text | $have | contains($text) | not)
		| "the message is \($have | tojson), without \(tojson)");

def arguments_unlike:
	$got.invocation.module_args as $have
	| $golden.result.invocation.module_args as $want
	| (($want // {} | keys) - ($ours.arguments // []))[]
	| select($have[.] != $want[.])
	| "module_args.\(.) is \($have[.] | tojson), not \($want[.] | tojson)";

(($ours.rc // $golden.rc) | select(. != $status) | "the status is \($status), not \(.)"),
keys_unlike,
value_unlike("changed", "action", "state"),
message_unlike,
arguments_unlike,
list_unlike("instances", "success", "error", "timeout"),
ids_unlike,
(("balancer", "node", "ansible_facts")
	| select(. as $key | ($got | has($key)) and ($golden.result | has($key)))
	| . as $key | $got[$key] | members_unlike($golden.result[$key]; $key))
