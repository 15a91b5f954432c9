#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What holds results against the documents finds what is wrong.
set -euo pipefail

documents=$TMPDIR/documents
trap 'rm -f "$documents"' EXIT
cat >"$documents" <<'JSON'
{"rax": {"return": {
	"id": {"type": "int"},
	"name": {"type": "str"},
	"ok": {"type": "bool"},
	"any": {"type": "raw"},
	"rax_*": {"type": "list"},
	"server": {"type": "dict", "contains": {"id": {"type": "str"}}},
	"servers": {"type": "list", "contains": {"size": {"type": "int"}, "rax_*": {"type": "raw"}}}
}}}
JSON

# says RESULT TEXT...
says() {
	local said result=$1
	shift
	said=$(jq -r --arg name rax --slurpfile documents "$documents" -f "$ROOT/tests/lib/returned.jq" <<<"$result")
	[ "$said" = "$(printf '%s\n' "$@")" ] && return
	printf '%s\nexpected: %s\ngot: %s\n' "$result" "$*" "$said" >&2
	exit 1
}

says '{"changed": true, "failed": true, "msg": "", "invocation": {}, "diff": [], "warnings": []}' ''
says '{"id": 1, "name": "a", "ok": false, "any": [1], "rax_x": [], "server": {"id": "1"},
	"servers": [{"size": 1, "rax_x": 3}]}' ''
says '{"id": null, "server": {"id": null}, "servers": []}' ''
says '{"id": "<web1.id>", "servers": [{"size": "<size>"}]}' ''
says '{"colour": 1}' 'colour: is not in RETURN'
says '{"id": "1"}' 'id: "1" is no int'
says '{"id": true, "name": 3, "ok": 0, "rax_x": {}}' 'id: true is no int' 'name: 3 is no str' \
	'ok: 0 is no bool' 'rax_x: {} is no list'
says '{"server": []}' 'server: [] is no dict'
says '{"server": {"id": 1, "x": 2}}' 'server.id: 1 is no str' 'server.x: is not in RETURN'
says '{"servers": [{}, {"size": []}, {"x": null}]}' 'servers[].size: [] is no int' 'servers[].x: is not in RETURN'
