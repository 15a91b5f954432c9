#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rax through Ansible: every act predicted, done, and done again.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --volume-time 0.1
printf 'Welcome.\n' >"$SCRATCH/motd"
printf '#cloud-config\n' >"$SCRATCH/init.yml"
cloud_api POST servers/iad/v2/700123/os-keypairs \
	'{"keypair": {"name": "ops", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGm5S3lVnJ0wWYo3GmjqFEbR7mXvHbYfBkSm6u4hGm1p ops"}}' >/dev/null
network() {
	cloud_api POST servers/iad/v2/700123/os-networksv2 \
		"{\"network\": {\"label\": \"$1\", \"cidr\": \"192.168.$2.0/24\"}}" |
		jq -r .network.id
}
back=$(network back 3)
side=$(network side 4)
volume=$(cloud_api POST volumes/iad/v1/700123/volumes \
	"{\"volume\": {\"size\": 75, \"display_name\": \"disk1\", \"imageRef\": \"$DEBIAN\"}}" |
	jq -r .volume.id)
new_log
play rax -e "scratch=$SCRATCH back_network=$back side_network=$side volume=$volume"

# From the command line, where every value is a text, and as JSON.
new_log
ad_hoc rax -C -a "name=line image=$DEBIAN flavor=general1-1 wait=yes count=1 meta='{\"n\": 1}'"
is 0 '.changed and (.requests | length) == 1 and .instances[0].id == "<line.id>"'
ad_hoc rax -a "name=line image=$DEBIAN flavor=general1-1 wait=yes count=1 meta='{\"n\": 1}'"
is 0 '.changed and .instances[0].rax_metadata == {"n": "1"} and .requests == null'
ad_hoc rax -a "{\"name\": \"line\", \"image\": \"$DEBIAN\", \"flavor\": \"general1-1\",
	\"wait\": true, \"count\": 2, \"meta\": {\"n\": 1}}"
is 0 '.changed and (.success | length) == 1 and (.instances | length) == 2'
ad_hoc rax -a "state=absent name=line count=2 wait=true meta=n=1"
is 0 '.changed and (.success | length) == 2'
ad_hoc rax -a "name=line image=$DEBIAN flavor=general1-1 count=many"
is 2 '.msg | startswith("argument '"'count'"' is of type")'
[ "$(cloud_writes | wc -l)" = 4 ] || wrong "rax from the command line" "4 writes" "$(cloud_writes)"
