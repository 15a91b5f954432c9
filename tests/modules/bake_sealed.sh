#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is in an image, and what is not: servers of one image have identities of
# their own and nothing of the bake; a template of Packer 0.7 bakes unchanged.
set -euo pipefail
# shellcheck source=tests/lib/bake.sh
. "$ROOT/tests/lib/bake.sh"

begin_bake
ssh-keygen -q -t ed25519 -N '' -C ops -f "$SCRATCH/ops"
cloud_api POST servers/iad/v2/700123/os-keypairs \
	"$(jq -nc --rawfile key "$SCRATCH/ops.pub" '{keypair: {name: "ops", public_key: $key}}')" >/dev/null

# on ADDRESS COMMAND: as root, with the key that the server was made with.
on() {
	ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR -o ConnectTimeout=60 -o IdentitiesOnly=yes -i "$SCRATCH/ops" \
		-p "$SSH_PORT" "root@$1" "$2"
}

# boot NAME IMAGE: two servers of it; their addresses in $one and $two.
boot() {
	local address
	run rax "$(jq -nc --arg name "$1" --arg image "$2" '{name: ($name + "%d"), group: $name, count: 2,
		exact_count: true, image: $image, flavor: "general1-1", key_name: "ops", wait: true}')"
	is 0 '(.success | length) == 2'
	one=$(jq -r '.success[0].rax_accessipv4' "$SCRATCH/result")
	two=$(jq -r '.success[1].rax_accessipv4' "$SCRATCH/result")
	for address in "$one" "$two"; do
		for _ in $(seq 1000); do
			on "$address" true 2>/dev/null && continue 2
			sleep 0.1
		done
		wrong "ssh $address" "a login" "$(on "$address" true 2>&1)"
	done
}

# differ WHAT COMMAND: what it says is not the same on both, and not nothing.
differ() {
	local first second
	first=$(on "$one" "$2") second=$(on "$two" "$2")
	[ -n "$first" ] && [ -n "$second" ] && [ "$first" != "$second" ] ||
		wrong "$1 of two servers" "two different ones" "$first and $second"
}

# A template in the form of 0.7, as it stands.
printf 'echo "build $BUILD_KEY" >/etc/build\nrm -f /tmp/leftover\n' >"$SCRATCH/provision.sh"
jq -n --arg scratch "$SCRATCH" --arg image "$DEBIAN" --argjson port "$SSH_PORT" '{
	variables: {build_key: null},
	builders: [{type: "openstack", provider: "rackspace-us", openstack_provider: "rackspace",
		username: "simuser", api_key: "51ac10ad0ddba11ca5cade5eedc0ffee", region: "IAD",
		image_name: "app-{{user `build_key`}}", source_image: $image, flavor: "general1-1",
		ssh_username: "root", ssh_port: $port, ssh_timeout: "1m"}],
	provisioners: [
		{type: "shell", script: "\($scratch)/provision.sh", environment_vars: ["BUILD_KEY={{user `build_key`}}"]},
		{type: "file", source: "\($scratch)/provision.sh", destination: "/opt/provision.sh"}],
	"post-processors": [{type: "manifest", output: "\($scratch)/manifest.json"}]}' >"$SCRATCH/packer.json"
template=$(jq -nc --arg path "$SCRATCH/packer.json" '{template: $path, variables: {build_key: "42"}, strict: true}')
endpoint=$RAX_AUTH_ENDPOINT
unset RAX_USERNAME RAX_API_KEY RAX_REGION
run rax_image "$template"
is 0 '.changed and .image.name == "app-42" and .warnings == null'
image=$(jq -r .image.id "$SCRATCH/result")
jq -e --arg image "$image" '.builds | length == 1 and .[0].artifact_id == $image' "$SCRATCH/manifest.json" >/dev/null ||
	wrong "$called" "the image in the manifest" "$(cat "$SCRATCH/manifest.json")"
cloud_config '{"clear_log": true}'
run rax_image "$template"
is 0 '.changed | not'
[ -z "$(cloud_writes)" ] || wrong "$called" "no write" "$(cloud_writes)"
# What the manifest has lost it gets again, and no cloud is changed by that.
mv "$SCRATCH/manifest.json" "$SCRATCH/first.json"
run rax_image "$template" true
is 0 '.changed and .requests == []'
[ ! -e "$SCRATCH/manifest.json" ] || wrong "$called" "no manifest in check mode" "$(cat "$SCRATCH/manifest.json")"
run rax_image "$template"
is 0 '.changed and .image.id == "'"$image"'"'
for _ in again "and again"; do
	jq -e --slurpfile first "$SCRATCH/first.json" 'del(.builds[].build_time) == ($first[0] | del(.builds[].build_time))
		and (.builds[0].build_time - $first[0].builds[0].build_time | fabs) < 60' "$SCRATCH/manifest.json" >/dev/null ||
		wrong "$called" "the manifest of the bake: $(cat "$SCRATCH/first.json")" "$(cat "$SCRATCH/manifest.json")"
	run rax_image "$template" true
	is 0 '.changed | not'
	run rax_image "$template"
	is 0 '.changed | not'
done
echo '{}' >"$SCRATCH/manifest.json"
run rax_image "$template"
is 1 '.changed == false and (.msg | contains("manifest.json is no manifest of Packer"))'
[ -z "$(cloud_writes)" ] || wrong "an image that is there" "no write" "$(cloud_writes)"
export RAX_AUTH_ENDPOINT=$endpoint RAX_USERNAME=simuser RAX_API_KEY=$USER_KEY RAX_REGION=IAD

boot sealed "$image"
[ "$(on "$one" 'cat /etc/build')" = "build 42" ] || wrong "the image" "build 42" "$(on "$one" 'cat /etc/build')"
differ "host keys" 'cat /etc/ssh/ssh_host_*_key.pub'
differ "machine ids" 'cat /etc/machine-id'
# Whoever has no other key than the user's own has nothing of the bake.
for address in "$one" "$two"; do
	keys=$(on "$address" 'cat ~root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null; :' | grep -v '^$')
	[ "$(cut -d ' ' -f 1,2 <<<"$keys")" = "$(cut -d ' ' -f 1,2 "$SCRATCH/ops.pub")" ] ||
		wrong "authorized_keys of $address" "$(cat "$SCRATCH/ops.pub")" "$keys"
	left=$(on "$address" 'grep -rls "PRIVATE KEY" / --include="*" --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr --exclude-dir=dev 2>/dev/null | grep -v "^/etc/ssh/ssh_host_"' || :)
	[ -z "$left" ] || wrong "files of $address" "no private key" "$left"
	left=$(on "$address" 'ls -A /tmp /var/tmp | grep -v :')
	[ -z "${left//$'\n'/}" ] || wrong "scripts on $address" none "$left"
done

# An image whose keys nothing makes anew keeps them, with a warning; the machine
# id goes all the same.
source_image=$(cloud_state '[.regions.IAD.images[] | select(.name | test("no cloud-init"))][0].id')
run rax_image "$(recipe plain "{\"source_image\": \"$source_image\"}")"
is 0 '(.warnings | map(select(test("host keys stay"))) | length) == 1
	and (.warnings | map(select(test("pinned at its first use"))) | length) == 1'

# A script may restart its server, and the next one goes on.
run rax_image "$(recipe restarted '{"provisioners": [
	{"type": "shell", "inline": ["echo before >/etc/before", "reboot", "sleep 30"], "expect_disconnect": true},
	{"type": "shell", "inline": ["cat /etc/before"]}]}')"
is 0 '.output[1].lines[-1] == "before"'

# The scripts' terminal is none of the shell's that cleans the server.
run rax_image "$(recipe terminal '{"ssh_pty": true, "provisioners": [{"type": "shell", "inline": ["tty -s && echo yes"]}]}')"
is 0 '.output[0].lines[-1] == "yes"'

# Unsealed, all of it stays.
run rax_image "$(recipe unsealed '{"seal": false}')"
is 0 '.warnings == null'
boot unsealed "$(jq -r .image.id "$SCRATCH/result")"
[ "$(on "$one" 'cat ~root/.ssh/authorized_keys' | grep -c ssh-ed25519)" = 2 ] ||
	wrong "an image that was not sealed" "the bake's key and ours" "$(on "$one" 'cat ~root/.ssh/authorized_keys')"
