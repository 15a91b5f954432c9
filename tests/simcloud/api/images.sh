# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# Images, through both doors.
start --build-time 0.1 --image-time 1000 --delete-time 100

api GET "$servers/images/detail"
is 200 '[.images[] | select(has("server"))] == []'
is 200 '[.images[].name] | (unique | length) == length - 1'
is 200 '.images[0] | .status == "ACTIVE" and .metadata.image_type == "base"'
api DELETE "$servers/images/$debian"
is 403

server baker
wait_for "$servers/servers/$id" '.server.status == "ACTIVE"'
baker=$id
api POST "$servers/servers/$baker/action" '{"createImage": {"name": "golden",
	"metadata": {"build_key": "42"}}}'
is 202
[ ! -s "$dir/body" ] || wrong "createImage has a body"
image=$(header Location)
image=${image##*/}
api POST "$servers/servers/$baker/action" '{"createImage": {"name": "more"}}'
is 409 '.conflictingRequest.message | test("image_")'
api GET "$servers/images/$image"
is 200 ".image | .status == \"SAVING\" and .progress < 100
	and .server.id == \"$baker\" and .metadata.image_type == \"snapshot\""
api POST "$servers/servers" "{\"server\": {\"name\": \"early\",
	\"imageRef\": \"$image\", \"flavorRef\": \"general1-1\"}}"
is 400 '.badRequest.message | test("not active")'
api GET "$images/images/$image"
is 200 '.status == "queued"'
pass 500
api GET "$images/images/$image"
is 200 '.status == "saving"'
pass 500
api GET "$images/images/$image"
is 200 '.status == "active"'
is 200 '.build_key == "42" and .visibility == "private"
	and (.self | startswith("/images/iad/v2/images/"))'
api GET "$servers/servers/$baker"
is 200 '.server."OS-EXT-STS:task_state" == "image_uploading"'
pass 250
api GET "$servers/servers/$baker"
is 200 '.server."OS-EXT-STS:task_state" == null'

# the application tells its image and build
api POST "$servers/servers" "{\"server\": {\"name\": \"baked\",
	\"imageRef\": \"$image\", \"flavorRef\": \"general1-1\"}}"
is 202
id=$(get .server.id)
wait_for "$servers/servers/$id" '.server.accessIPv4 != ""'
address=$(get .server.accessIPv4)
baked() {
	curl -s "http://$address:8080/" |
		jq -e '.image == "golden" and .build == "42"' >/dev/null
}
until_is baked || wrong "the application does not tell its build"

# an image is lost when its server goes too early
api POST "$servers/servers/$baker/action" '{"createImage": {"name": "lost"}}'
is 202
lost=$(header Location)
lost=${lost##*/}
api DELETE "$servers/servers/$baker"
is 204
pass 100
api GET "$servers/images/$lost"
is 404

# even one that is ACTIVE, when its server is not idle yet
server hasty
wait_for "$servers/servers/$id" '.server.status == "ACTIVE"'
api POST "$servers/servers/$id/action" '{"createImage": {"name": "hasty"}}'
hasty=$(header Location)
hasty=${hasty##*/}
pass 1000
api GET "$servers/images/$hasty"
is 200 '.image.status == "ACTIVE"'
api DELETE "$servers/servers/$id"
pass 100
api GET "$servers/images/$hasty"
is 404

# metadata
meta=$servers/images/$image/metadata
api POST "$meta" '{"metadata": {"x": "1"}}'
is 200 '.metadata | .x == "1" and .build_key == "42"'
api DELETE "$meta/x"
is 204
api POST "$servers/images/$debian/metadata" '{"metadata": {"x": "1"}}'
is 403

# filters
api GET "$servers/images/detail?name=golden"
is 200 '[.images[].name] == ["golden"]'
api GET "$servers/images/detail?server=$base/servers/$baker"
is 200 '[.images[].name] == ["golden"]'
api GET "$servers/images?type=SNAPSHOT"
is 200 '[.images[].name] == ["golden"]'
api GET "$images/images?name=golden&status=active&visibility=private"
is 200 '[.images[].name] == ["golden"]'
api GET "$images/images?build_key=42"
is 200 '[.images[].name] == ["golden"]'
api GET "$images/images?sort_key=name&sort_dir=asc"
is 200 '[.images[].name] | . == sort'
api GET "$images/images?sort_key=colour"
is 400
header Content-Type | grep -q text/html || wrong "not in HTML"

# paging cuts first and filters then: an empty page has a next one
config '{"images": [{"name": "new", "region": "IAD"}]}'
pages=0 found=0 empty=0
next="$images/images?limit=2&name=golden"
while [ -n "$next" ]; do
	api GET "$next"
	is 200
	pages=$((pages + 1))
	here=$(get '.images | length')
	found=$((found + here))
	next=$(get '.next // ""')
	[ "$here" != 0 ] || [ -z "$next" ] || empty=$((empty + 1))
	[ $pages -lt 20 ] || break
done
[ $found = 1 ] && [ $pages = 5 ] && [ $empty -gt 0 ] ||
	wrong "$found images on $pages pages, $empty of them empty"
api GET "$images/images?marker=nope"
is 400

# changing
type=application/openstack-images-v2.1-json-patch
api PATCH "$images/images/$image" \
	'[{"op": "replace", "path": "/name", "value": "renamed"},
	{"op": "add", "path": "/colour", "value": "blue"}]'
is 200 '.name == "renamed" and .colour == "blue"'
api PATCH "$images/images/$image" \
	'[{"op": "replace", "path": "/protected", "value": true}]'
is 200
api PATCH "$images/images/$image" \
	'[{"op": "replace", "path": "/com.rackspace__1__x", "value": "y"}]'
is 403
api PATCH "$images/images/$debian" \
	'[{"op": "replace", "path": "/name", "value": "mine"}]'
is 403
type=application/json
api PATCH "$images/images/$image" '[]'
is 415
api DELETE "$images/images/$image"
is 403
config "{\"image\": {\"id\": \"$image\", \"protected\": false}}"
api DELETE "$images/images/$image"
is 204
api GET "$images/images/$image"
is 404
api GET "$servers/images/$image"
is 404

# an old base image is hidden, and boots
config "{\"image\": {\"id\": \"$debian\", \"hidden\": true}}"
api GET "$servers/images?name=Debian%2012%20(Bookworm)"
is 200 '.images == []'
server hidden
is 202
stop
