# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # shared with api.sh
# Volumes, alone and as disks.
start --build-time 0.1 --volume-time 0.2

api POST "$volumes/volumes" '{"volume": {"size": 100, "display_name": "data1",
	"volume_type": "SSD", "metadata": {"team": "blue"}}}'
is 200 '.volume | .status == "creating" and .display_name == "data1"
	and .bootable == "false" and .volume_type == "SSD"'
volume=$(get .volume.id)
while IFS='|' read -r code member; do
	api POST "$volumes/volumes" "{\"volume\": {\"size\": 100, $member}}"
	is "$code"
done <<-'END'
	400|"size": 0
	400|"size": "x"
	400|"size": null
	404|"volume_type": "FLOPPY"
	400|"imageRef": "nope"
	404|"snapshot_id": "nope"
END
wait_for "$volumes/volumes/$volume" '.volume.status == "available"'
api PUT "$volumes/volumes/$volume" '{"volume": {"display_name": "new"}}'
is 200 '.volume.display_name == "new"'
server disk
wait_for "$servers/servers/$id" '.server.status == "ACTIVE"'
attach=$servers/servers/$id/os-volume_attachments
api POST "$attach" "{\"volumeAttachment\": {\"volumeId\": \"$volume\",
	\"device\": null}}"
is 200 '.volumeAttachment | .id == .volumeId and .device == "/dev/xvdb"'
wait_for "$volumes/volumes/$volume" '.volume.status == "in-use"'
is 200 ".volume.attachments[0].server_id == \"$id\""
api DELETE "$volumes/volumes/$volume"
is 400
api POST "$attach" "{\"volumeAttachment\": {\"volumeId\": \"$volume\"}}"
is 400
api DELETE "$attach/$volume"
is 202
wait_for "$volumes/volumes/$volume" '.volume.status == "available"'
is 200 '.volume.attachments == []'
api DELETE "$attach/$volume"
is 404
api DELETE "$volumes/volumes/$volume"
is 202
wait_gone "$volumes/volumes/$volume"
api GET "$volumes/types"
is 200 '[.volume_types[].name] == ["SATA", "SSD"]'
stop
