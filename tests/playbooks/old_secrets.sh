#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Credentials in old playbooks: vaulted, by an anchor, in the environment, by
# module_defaults, with no_log. Nothing that is printed holds them.
set -euo pipefail
# shellcheck source=tests/lib/old.sh
. "$ROOT/tests/lib/old.sh"

begin --build-time 0.2 --app-delay 0.1 --delete-time 0.1 --balancer-time 0.1
endpoint=$RAX_AUTH_ENDPOINT
echo vault-Password-1 >"$SCRATCH/vault"
{
	ansible-vault encrypt_string --vault-password-file "$SCRATCH/vault" --name vaulted_username simuser
	echo
	ansible-vault encrypt_string --vault-password-file "$SCRATCH/vault" --name vaulted_api_key "$USER_KEY"
	echo
	echo 'not_the_key: "{{ whole_wrong }}"'
} >"$SCRATCH/inline.yml" 2>/dev/null
printf -- '---\nwhole_api_key: %s\nwhole_password: %s\nwhole_wrong: wrong-Key-0815\n' \
	"$USER_KEY" "$USER_PASSWORD" >"$SCRATCH/whole.yml"
ansible-vault encrypt --vault-password-file "$SCRATCH/vault" "$SCRATCH/whole.yml" >/dev/null 2>&1
! grep -qF "$USER_KEY" "$SCRATCH"/*.yml || wrong "ansible-vault" "no key in clear" "$(cat "$SCRATCH"/*.yml)"
printf '[rackspace_cloud]\nusername = simuser\napi_key = %s\n' "$USER_KEY" >"$SCRATCH/raxpub"
unset RAX_USERNAME RAX_API_KEY RAX_REGION RAX_AUTH_ENDPOINT

export ANSIBLE_VAULT_PASSWORD_FILE=$SCRATCH/vault
arguments=(-e "endpoint=$endpoint")
SECRETS=("$USER_KEY" "$USER_PASSWORD" wrong-Key-0815)
old secrets "${arguments[@]}"
tells_no_secret "$SCRATCH/output"
cloud_is '(.regions.IAD | (.servers + .loadbalancers) | map(.name)) == ["anchor", "anchor"]'
! grep -q 'rax_adminpass": "[^*]' "$SCRATCH/output" ||
	wrong "$called" "no_log" "$(grep rax_adminpass "$SCRATCH/output")"
old_again secrets "${arguments[@]}"
tells_no_secret "$SCRATCH/output"
# With the wrong password of the vault nothing begins.
new_log
echo another >"$SCRATCH/vault"
! ansible-playbook -i localhost, -c local -e "scratch=$SCRATCH" "${arguments[@]}" \
	"$ROOT/tests/playbooks/old/secrets.yml" >"$SCRATCH/output" 2>&1 ||
	wrong "a wrong password of the vault" "a failure" "$(cat "$SCRATCH/output")"
[ -z "$(cloud_log '.requests[] | .path')" ] ||
	wrong "a wrong password of the vault" "no request" "$(cloud_log '.requests[].path')"
