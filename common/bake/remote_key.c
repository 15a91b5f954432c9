/* SPDX-License-Identifier: Apache-2.0 */
/* A new key pair. */
#include <string.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

int remote_key_new(struct remote_key *key, struct err *e)
{
	ssh_key pair = NULL;
	char *private_key = NULL, *public_key = NULL;
	bool made;

	made = ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &pair) == SSH_OK &&
	       ssh_pki_export_privkey_base64(
		       pair, NULL, NULL, NULL, &private_key) == SSH_OK &&
	       ssh_pki_export_pubkey_base64(pair, &public_key) == SSH_OK;
	ssh_key_free(pair);
	if (made) {
		key->private_key = mem_copy(private_key);
		key->public_key = mem_printf("ssh-ed25519 %s", public_key);
	}
	if (private_key)
		explicit_bzero(private_key, strlen(private_key));
	ssh_string_free_char(private_key);
	ssh_string_free_char(public_key);
	if (!made)
		return err_set(e, ERR_OTHER,
			"cannot make an ed25519 key pair: libssh or its "
			"cryptography does not have it");
	return 0;
}

void remote_key_free(struct remote_key *key)
{
	if (key->private_key)
		explicit_bzero(key->private_key, strlen(key->private_key));
	mem_free(key->private_key);
	mem_free(key->public_key);
	key->private_key = key->public_key = NULL;
}
