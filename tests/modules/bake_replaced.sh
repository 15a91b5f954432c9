#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An image that is replaced while a server runs from it, or that others have made:
# a run that is killed between the two renamings is put right by the next one. A
# snapshot of a server, which has the marks of the server's image, is others', too.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

# named NAME: the images of this name, and those that it replaced.
named() {
	cloud_state "[.regions.IAD.images[].name | select(. == \"$1\" or startswith(\"$1-\")) | sub(\"-[0-9TZ]+\$\"; \"\")]
		| sort | join(\" \")"
}

# are NAME EXPECTED
are() {
	[ "$(named "$1")" = "$2" ] || wrong "${called:-}" "$2" "$(named "$1")"
}

# killed_between NAME: a rebake of it, when the old image is to be renamed.
killed_between() {
	local pid
	called="rax_image, which is killed between the two renamings of $1"
	cloud_config '{"clear_log": true, "faults": [{"method": "PATCH", "after": 1, "stall": true}]}'
	write_arguments "$(recipe "$1" '{"rebake": true}')" false false rax_image >"$SCRATCH/arguments"
	"$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" >"$SCRATCH/result" 2>&1 &
	pid=$!
	until [ "$(cloud_log '[.requests[] | select(.method == "PATCH")] | length')" = 2 ]; do
		kill -0 "$pid" || wrong "$called" "two renamings" "$(head -c 2000 "$SCRATCH/result")"
		sleep 0.05
	done
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || :
	cloud_config '{"faults": []}'
	are "$1" "$1 $1"
}

# snapshot IMAGE NAME: of a server that is made from it and deleted again.
snapshot() {
	local id login token url
	cloud_config "{\"clock\": 60, \"servers\": [{\"name\": \"copied\", \"region\": \"IAD\", \"image\": \"$1\"}]}"
	id=$(cloud_state '.regions.IAD.servers[] | select(.name == "copied") | .id')
	login=$(jq -nc --arg name "$RAX_USERNAME" --arg key "$RAX_API_KEY" '{auth:
		{"RAX-KSKEY:apiKeyCredentials": {username: $name, apiKey: $key}}}')
	token=$(curl -sSf "${RAX_AUTH_ENDPOINT%/}/tokens" -d "$login" -H 'Content-Type: application/json' |
		jq -r .access.token.id)
	url=$CLOUD/servers/iad/v2/$(jq -r .tenant "$CLOUD_DIRECTORY/ready")/servers/$id
	curl -sSf -o "$SCRATCH/answer" -H "X-Auth-Token: $token" -H 'Content-Type: application/json' \
		-d "{\"createImage\": {\"name\": \"$2\"}}" "$url/action"
	until [ "$(cloud_state "[.regions.IAD.images[] | select(.name == \"$2\") | .status] | unique[]")" = ACTIVE ]; do
		sleep 0.05
	done
	curl -sSf -X DELETE -H "X-Auth-Token: $token" "$url"
	until [ "$(cloud_state '[.regions.IAD.servers[] | select(.name == "copied")] | length')" = 0 ]; do
		sleep 0.05
	done
}

begin_bake

# A server runs from it.
run rax_image "$(recipe used '{"flavor": "general1-2"}')"
is 0 '.changed'
cloud_config "{\"servers\": [{\"name\": \"web1\", \"region\": \"IAD\", \"image\": \"$(jq -r .image.id "$SCRATCH/result")\"}]}"
run rax_image "$(recipe used)"
fails "Image used ("
are used used
killed_between used
run rax_image "$(recipe used)"
is 0 '.changed and .image.name == "used"'
are used "used used-replaced"
run rax_image "$(recipe used)"
is 0 '.changed | not'

# Others have made it: only who says so has it renamed.
cloud_config '{"images": [{"region": "IAD", "name": "theirs", "tenant": "700123"}]}'
run rax_image "$(recipe theirs)"
fails "Image theirs ("
killed_between theirs
run rax_image "$(recipe theirs)"
is 0 '(.changed | not) and (.warnings[0] | test("not baked by"))'
are theirs "theirs theirs"
run rax_image "$(recipe theirs '{"rebake": true}')"
is 0 '.changed and .warnings == null'
are theirs "theirs theirs-replaced"

# By its marks, it is the very image.
run rax_image "$(recipe cloned)"
is 0 '.changed'
id=$(jq -r .image.id "$SCRATCH/result")
snapshot "$id" cloned
run rax_image "$(recipe cloned)"
is 0 "(.changed | not) and .image.id == \"$id\" and (.warnings[0] | test(\"not baked by\"))"
are cloned "cloned cloned"
# Another one is of no name that was baked.
snapshot "$id" golden
run rax_image "$(recipe golden)"
fails "Image golden ("
are golden golden
nothing_left
