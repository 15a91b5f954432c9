#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An image that is replaced while a server runs from it, or that others have made:
# a run that is killed between the two renamings is put right by the next one. A
# snapshot of a server, which has the marks of the server's image, is others', too.
# A recipe that somebody else has elsewhere replaces nothing.
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
	local id
	cloud_config "{\"clock\": 60, \"servers\": [{\"name\": \"copied\", \"region\": \"IAD\", \"image\": \"$1\"}]}"
	id=$(cloud_state '.regions.IAD.servers[] | select(.name == "copied") | .id')
	cloud_api POST "servers/iad/v2/700123/servers/$id/action" "{\"createImage\": {\"name\": \"$2\"}}" >/dev/null
	until [ "$(cloud_state "[.regions.IAD.images[] | select(.name == \"$2\") | .status] | unique[]")" = ACTIVE ]; do
		sleep 0.05
	done
	# A server that is deleted at work takes its image with it.
	until [ "$(cloud_state '.regions.IAD.servers[] | select(.name == "copied") | .task')" = null ]; do
		sleep 0.05
	done
	cloud_api DELETE "servers/iad/v2/700123/servers/$id" >/dev/null
	until [ "$(cloud_state '[.regions.IAD.servers[] | select(.name == "copied")] | length')" = 0 ]; do
		sleep 0.05
	done
}

# shared DIRECTORY SOURCE: a recipe with the script that lies there.
shared() {
	recipe shared "{\"source_image\": \"$2\",
		\"provisioners\": [{\"type\": \"shell\", \"script\": \"$SCRATCH/$1/script.sh\"}]}"
}

begin_bake

# Nobody uses it: the old one goes, and that is told.
run rax_image "$(recipe repl)"
is 0 '.changed and .removed == null'
old=$(jq -r .image.id "$SCRATCH/result")
run rax_image "$(recipe repl '{"flavor": "general1-2"}')"
is 0 ".changed and .removed == [\"image repl ($old)\"] and .pruned == null and .image.id != \"$old\""
are repl repl

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

# A signal while the old one is put away: the new one is told all the same.
called="rax_image, and SIGTERM at the second renaming of used"
cloud_config '{"clear_log": true, "faults": [{"method": "PATCH", "after": 1, "stall": true}]}'
cloud_config "{\"servers\": [{\"name\": \"web2\", \"region\": \"IAD\", \"image\": \"$(jq -r .image.id "$SCRATCH/result")\"}]}"
write_arguments "$(recipe used '{"rebake": true, "flavor": "general1-2"}')" false false rax_image >"$SCRATCH/arguments"
"$ROOT/$BUILD/modules/rax_image" "$SCRATCH/arguments" >"$SCRATCH/result" &
pid=$!
until [ "$(cloud_log '[.requests[] | select(.method == "PATCH")] | length')" = 2 ]; do
	kill -0 "$pid" || wrong "$called" "two renamings" "$(head -c 2000 "$SCRATCH/result")"
	sleep 0.05
done
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
cloud_config '{"faults": []}'
is 1 '(.image.id as $id | .msg | startswith("Interrupted by ") and contains("The image \($id) is there.")) and .image.name == "used"'
nothing_left

# Others have made it: only who says so has it renamed.
cloud_config '{"images": [{"region": "IAD", "name": "theirs", "tenant": "700123"}]}'
id=$(cloud_state '.regions.IAD.images[] | select(.name == "theirs") | .id')
run rax_image "$(recipe theirs)"
fails "Image theirs ($id) was not baked by rax_image: give"
cloud_config "{\"servers\": [{\"name\": \"web3\", \"region\": \"IAD\", \"image\": \"$id\"}]}"
run rax_image "$(recipe theirs)"
fails "Image theirs ($id) was not baked by rax_image, and server web3 runs from it: give"
killed_between theirs
run rax_image "$(recipe theirs)"
is 0 '(.changed | not) and (.warnings[0] | test("not baked by"))'
are theirs "theirs theirs"
run rax_image "$(recipe theirs '{"rebake": true}')"
is 0 '.changed and .warnings == null'
are theirs "theirs theirs-replaced"

# The same recipe, as somebody else has it.
mkdir "$SCRATCH/mine" "$SCRATCH/theirs"
echo 'echo baked >/etc/baked' | tee "$SCRATCH/mine/script.sh" >"$SCRATCH/theirs/script.sh"
chmod 644 "$SCRATCH/mine/script.sh"
chmod 775 "$SCRATCH/theirs/script.sh"
run rax_image "$(shared mine "$DEBIAN")"
is 0 '.changed'
run rax_image "$(shared theirs "Debian 12 (Bookworm)")"
is 0 '.changed | not'

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
# Not even when that is gone.
cloud_api DELETE "servers/iad/v2/700123/images/$id" >/dev/null
run rax_image "$(recipe cloned)"
fails "Image cloned ("
are cloned cloned
nothing_left
