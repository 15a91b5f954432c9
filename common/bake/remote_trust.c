/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a host key is the one that was expected, or was there before. */
#include <stdio.h>
#include <string.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

/* The types of host keys, in the order in which we like them. */
static const struct {
	enum ssh_keytypes_e type;
	const char *algorithms;
} types[] = {
	{ SSH_KEYTYPE_ED25519, "ssh-ed25519" },
	{ SSH_KEYTYPE_ECDSA_P256, "ecdsa-sha2-nistp256" },
	{ SSH_KEYTYPE_ECDSA_P384, "ecdsa-sha2-nistp384" },
	{ SSH_KEYTYPE_ECDSA_P521, "ecdsa-sha2-nistp521" },
	{ SSH_KEYTYPE_RSA, "rsa-sha2-512,rsa-sha2-256" },
};

#define TYPES (sizeof(types) / sizeof(*types))

static unsigned bit_of(enum ssh_keytypes_e type)
{
	for (unsigned i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return 1U << i;
	return 0;
}

/* "SHA256:..." without what base64 pads; the caller frees it. */
static char *fingerprint_of(ssh_key key)
{
	unsigned char *hash = NULL;
	char *text = NULL, *copy = NULL;
	size_t length;

	if (ssh_get_publickey_hash(
		    key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0)
		text = ssh_get_fingerprint_hash(
			SSH_PUBLICKEY_HASH_SHA256, hash, length);
	ssh_clean_pubkey_hash(&hash);
	copy = mem_copy(text ? text : "");
	ssh_string_free_char(text);
	return copy;
}

static char *describe(ssh_key key)
{
	char *fingerprint = fingerprint_of(key);
	const char *type = ssh_key_type_to_char(ssh_key_type(key));
	char *text = mem_printf("%s %s", type ? type : "?", fingerprint);

	mem_free(fingerprint);
	return text;
}

/* What is expected: a key, or a fingerprint with a type or without. */
struct expectation {
	enum ssh_keytypes_e type;
	ssh_key key;
	char *fingerprint;
};

static void forget(struct expectation *expected)
{
	ssh_key_free(expected->key);
	mem_free(expected->fingerprint);
}

/* "SHA256:...", "TYPE SHA256:..." or "TYPE BASE64 ..."; false if it is none. */
static bool understand(const char *line, struct expectation *expected)
{
	static const char blank[] = " \t\r\n";
	size_t length;
	char *word;
	bool good;

	memset(expected, 0, sizeof(*expected));
	line += strspn(line, blank);
	if (!str_starts(line, "SHA256:")) {
		length = strcspn(line, blank);
		word = mem_copy_n(line, length);
		expected->type = ssh_key_type_from_name(word);
		mem_free(word);
		line += length + strspn(line + length, blank);
	}
	length = strcspn(line, blank);
	word = mem_copy_n(line, length);
	if (str_starts(word, "SHA256:")) {
		word[strcspn(word, "=")] = '\0';
		good = strlen(word) == strlen("SHA256:") + 43;
		expected->fingerprint = word;
		return good;
	}
	good = expected->type != SSH_KEYTYPE_UNKNOWN &&
	       ssh_pki_import_pubkey_base64(
		       word, expected->type, &expected->key) == SSH_OK;
	mem_free(word);
	return good;
}

int remote_check_expected(const struct remote_pin *pin, struct err *e)
{
	struct expectation expected;

	for (size_t i = 0; pin->expected && pin->expected[i]; i++) {
		bool good = understand(pin->expected[i], &expected);

		forget(&expected);
		if (!good)
			return err_set(e, ERR_OTHER,
				"the expected host key \"%.200s\" is neither a "
				"public key (\"ssh-ed25519 AAAA...\") nor a "
				"fingerprint (\"SHA256:...\", as ssh-keygen -l "
				"prints it)",
				pin->expected[i]);
	}
	return 0;
}

/* The types that are expected or pinned; `any' is set where a fingerprint has
 * none. */
static unsigned wanted(const struct remote_pin *pin, bool *any)
{
	struct expectation expected;
	unsigned bits = 0;

	*any = false;
	for (size_t i = 0; pin->expected && pin->expected[i]; i++) {
		if (understand(pin->expected[i], &expected)) {
			bits |= bit_of(expected.type);
			if (expected.type == SSH_KEYTYPE_UNKNOWN)
				*any = true;
		}
		forget(&expected);
	}
	if (pin->key)
		bits |= bit_of(ssh_key_type(pin->key));
	return bits;
}

char *remote_algorithms(const struct remote_pin *pin)
{
	bool any;
	unsigned first = wanted(pin, &any);
	struct str text;

	str_init(&text, 1000);
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < TYPES; i++) {
			bool is_first = first & 1U << i;

			if (is_first == (round == 0) &&
				!(pin->skipped & 1U << i))
				str_addf(&text, "%s%s", text.length ? "," : "",
					types[i].algorithms);
		}
	return str_take(&text);
}

static bool is_expected(const struct remote_pin *pin, ssh_key key)
{
	char *fingerprint = fingerprint_of(key);
	struct expectation expected;
	bool found = false;

	for (size_t i = 0; pin->expected && pin->expected[i] && !found; i++) {
		if (understand(pin->expected[i], &expected))
			found = expected.key ? ssh_key_cmp(expected.key, key,
						       SSH_KEY_CMP_PUBLIC) == 0
					     : streq(expected.fingerprint,
						       fingerprint);
		forget(&expected);
	}
	mem_free(fingerprint);
	return found;
}

static void keep(struct remote_pin *pin, ssh_key key, enum remote_trust trust)
{
	ssh_key_free(pin->key);
	pin->key = ssh_key_dup(key);
	pin->trust = trust;
	mem_free(pin->fingerprint);
	pin->fingerprint = describe(key);
}

static void list_expected(const struct remote_pin *pin, struct str *text)
{
	struct expectation expected;

	for (size_t i = 0; pin->expected && pin->expected[i]; i++) {
		char *shown = NULL;

		if (understand(pin->expected[i], &expected))
			shown = expected.key ? describe(expected.key)
					     : mem_copy(expected.fingerprint);
		str_addf(text, "%s%s", text->length ? " or " : "",
			shown ? shown : pin->expected[i]);
		mem_free(shown);
		forget(&expected);
	}
	if (pin->key && pin->trust == REMOTE_TRUST_FIRST)
		str_addf(text, "%s%s, which it showed before",
			text->length ? " or " : "", pin->fingerprint);
}

static enum remote_try refuse(const struct remote_pin *pin, const char *shown,
	const char *host, int64_t port, struct err *e)
{
	struct str text;

	str_init(&text, 4000);
	list_expected(pin, &text);
	err_set(e, ERR_OTHER,
		"the server at %s port %lld has another host key: it shows %s, "
		"expected is %s. Nothing was sent to it. Either somebody else "
		"answers at this address or the server was set up anew: "
		"compare with the fingerprints in its console log, then "
		"correct the expected host key",
		host, (long long)port, shown,
		text.length ? text.text : "none, and none may be trusted");
	str_free(&text);
	return TRY_HOPELESS;
}

enum remote_try remote_no_more_keys(
	struct remote_pin *pin, const char *host, int64_t port, struct err *e)
{
	if (pin->key || !pin->or_first)
		return refuse(pin, pin->shown, host, port, e);
	pin->skipped = 0;
	pin->all_asked = true;
	err_set(e, ERR_OTHER, "it has no host key that is expected");
	return TRY_BROKEN;
}

/* A fingerprint may be of a key of another type, which the server has too. */
static bool ask_for_another(struct remote_pin *pin, ssh_key key)
{
	unsigned bit = bit_of(ssh_key_type(key));
	unsigned all = (1U << TYPES) - 1;
	bool any;

	wanted(pin, &any);
	if (!any || pin->all_asked || !bit || pin->skipped & bit ||
		(pin->skipped | bit) == all)
		return false;
	pin->skipped |= bit;
	if (!pin->shown)
		pin->shown = describe(key);
	return true;
}

enum remote_try remote_check_key(struct remote_pin *pin, ssh_session session,
	const char *host, int64_t port, struct err *e)
{
	enum remote_try result = TRY_OK;
	ssh_key key = NULL;

	if (ssh_get_server_publickey(session, &key) != SSH_OK) {
		err_set(e, ERR_OTHER, "it showed no host key");
		return TRY_BROKEN;
	}
	if (is_expected(pin, key)) {
		keep(pin, key, REMOTE_TRUST_KNOWN);
	} else if (pin->key &&
		   ssh_key_cmp(pin->key, key, SSH_KEY_CMP_PUBLIC) == 0) {
		/* the same as before */
	} else if (ask_for_another(pin, key)) {
		err_set(e, ERR_OTHER, "it has other host keys, too");
		result = TRY_BROKEN;
	} else if (!pin->key && pin->or_first) {
		keep(pin, key, REMOTE_TRUST_FIRST);
	} else {
		char *shown = describe(key);

		result = refuse(
			pin, pin->shown ? pin->shown : shown, host, port, e);
		mem_free(shown);
	}
	ssh_key_free(key);
	return result;
}
