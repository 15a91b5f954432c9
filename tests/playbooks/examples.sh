#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The examples in the modules' documents, run as they stand, as plays.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

MACHINES=yes begin --build-time 0.2 --app-delay 0.1 --delete-time 0.1 \
	--volume-time 0.1 --image-time 0.2
need_machines
SSH_PORT=$(jq .ssh_port "$CLOUD_DIRECTORY/ready")

# What the examples take for granted.
add_images 42
cloud_config '{"images": [{"region": "IAD", "name": "app-41",
	"metadata": {"image_type": "snapshot"}}],
	"servers": [{"name": "web1"}, {"name": "front", "count": 2, "metadata": {"tier": "web"}}],
	"balancers": [{"name": "shop", "port": 80, "region": "IAD",
		"nodes": [{"address": "10.1.2.3", "port": 80, "condition": "ENABLED"}],
		"metadata": [{"key": "owner", "value": "shop"}]}]}'
cloud_api POST servers/iad/v2/700123/os-keypairs \
	'{"keypair": {"name": "ops"}}' >/dev/null
cloud_api POST servers/iad/v2/700123/os-networksv2 \
	'{"network": {"label": "back", "cidr": "192.168.3.0/24"}}' >/dev/null
mkdir "$SCRATCH/files"
echo Welcome. >"$SCRATCH/files/motd"
echo "# nothing" >"$SCRATCH/nginx.conf"
jq -n --arg image "$DEBIAN" --argjson port "$SSH_PORT" '{variables: {build_key: null},
	builders: [{type: "openstack", provider: "rackspace-us", region: "IAD", flavor: "general1-1",
		image_name: "app-{{user `build_key`}}-baked", source_image: $image, ssh_port: $port}],
	provisioners: [{type: "shell", inline: ["echo {{user `build_key`}} >/etc/build"]}]}' >"$SCRATCH/packer.json"
cd "$SCRATCH"

# elsewhere: the same where the machines' sshd cannot have port 22.
elsewhere() {
	if [ "$SSH_PORT" = 22 ]; then
		cat
	else
		sed "s/^\( *\)source_image: .*/&\n\1ssh_port: $SSH_PORT/"
	fi
}

# run_examples MODULE: as a play in a directory with the files that they name.
run_examples() {
	{
		printf -- '- hosts: localhost\n  gather_facts: false\n  tasks:\n'
		jq -r ".$1.examples" "$SCRATCH/documents" | elsewhere | sed 's/^/    /'
	} >"$SCRATCH/$1.yml"
	ansible-playbook -i localhost, -c local -e drain_seconds=1 "$SCRATCH/$1.yml" \
		>"$SCRATCH/output" 2>&1 </dev/null ||
		wrong "the examples of $1" "all good" "$(cat "$SCRATCH/output")"
}

# In an order in which one finds what the other has made.
modules=(rax_image_info rax_facts rax rax_clb rax_clb_nodes rax_clb_info rax_image)
documented=("$ROOT/$BUILD"/modules/*.yml)
[ ${#documented[@]} = ${#modules[@]} ] ||
	wrong "counting the documents" "${modules[*]}" "${documented[*]}"
ansible-doc -j -t module "${modules[@]}" >"$SCRATCH/documents"
for module in "${modules[@]}"; do
	run_examples "$module"
done
