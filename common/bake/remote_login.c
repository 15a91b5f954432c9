/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are: a key, a certificate, the agent, a password. */
#include <stdio.h>
#include <string.h>

#include "common/bake/remote_inside.h"
#include "common/file.h"
#include "common/mem.h"

#define KEY_MAX     65536
#define LOGIN_LIMIT 60000
#define ROUNDS      10 /* of questions */

/* What is to be proved, and by what. */
struct proof {
	struct remote *remote;
	struct remote_link *link;
	const struct login_route *route;
	ssh_key key;
	int64_t deadline, limit;
	struct str tried; /* "key, password" */
	struct err *e;
};

/* libssh asks for a passphrase: there is none. */
static int no_passphrase(const char *prompt, char *answer, size_t length,
	int echo, int verify, void *is_encrypted)
{
	(void)prompt, (void)answer, (void)length, (void)echo, (void)verify;
	*(bool *)is_encrypted = true;
	return -1;
}

static int parse_key(
	const char *text, const char *what, ssh_key *key, struct err *e)
{
	bool is_encrypted = false;

	if (ssh_pki_import_privkey_base64(
		    text, NULL, no_passphrase, &is_encrypted, key) == SSH_OK)
		return 0;
	if (is_encrypted)
		return err_set(e, ERR_OTHER,
			"%s is encrypted: nobody can be asked for its "
			"passphrase here; use a key without one, or the agent "
			"(ssh_agent_auth)",
			what);
	return err_set(
		e, ERR_OTHER, "%s is no private key that libssh reads", what);
}

static int read_key(const char *path, ssh_key *key, struct err *e)
{
	char *full = file_expand_home(path), *text;
	size_t length;
	int rc = -1;

	text = file_read(full, KEY_MAX, &length, e);
	if (text) {
		rc = parse_key(text, path, key, e);
		explicit_bzero(text, length);
	}
	mem_free(text);
	mem_free(full);
	return rc;
}

static int add_certificate(const char *path, ssh_key key, struct err *e)
{
	char *full = file_expand_home(path);
	ssh_key certificate = NULL;
	int rc = ssh_pki_import_cert_file(full, &certificate);

	mem_free(full);
	if (rc == SSH_OK)
		rc = ssh_pki_copy_cert_to_privkey(certificate, key);
	ssh_key_free(certificate);
	if (rc != SSH_OK)
		return err_set(e, ERR_OTHER,
			"%s is no certificate for this key that libssh reads",
			path);
	return 0;
}

/* NULL where the recipe has none. */
static int load_key(struct proof *proof)
{
	const char *text = proof->remote->wish.private_key;
	const struct login_route *route = proof->route;
	int rc;

	if (proof->link == &proof->remote->bastion)
		text = NULL;
	if (!text && !route->private_key_file)
		return 0;
	rc = text ? parse_key(text, "the private key", &proof->key, proof->e)
		  : read_key(route->private_key_file, &proof->key, proof->e);
	if (rc == 0 && route->certificate_file)
		rc = add_certificate(
			route->certificate_file, proof->key, proof->e);
	return rc;
}

static int by_nothing(struct proof *proof)
{
	return ssh_userauth_none(proof->link->session, NULL);
}

static int by_key(struct proof *proof)
{
	return ssh_userauth_publickey(proof->link->session, NULL, proof->key);
}

static int by_agent(struct proof *proof)
{
	return ssh_userauth_agent(proof->link->session, NULL);
}

static int by_password(struct proof *proof)
{
	return ssh_userauth_password(
		proof->link->session, NULL, proof->route->password);
}

static int by_answers(struct proof *proof)
{
	return ssh_userauth_kbdint(proof->link->session, NULL, NULL);
}

/* Every question is answered with the password. */
static void answer(struct proof *proof)
{
	ssh_session session = proof->link->session;
	int count = ssh_userauth_kbdint_getnprompts(session);

	for (int i = 0; i < count; i++)
		ssh_userauth_kbdint_setanswer(
			session, (unsigned)i, proof->route->password);
}

/* Asks until there is an answer, one of enum ssh_auth_e; SSH_AUTH_AGAIN when
 * there is none in time and `stopped' when it was not waited for. */
static int ask(struct proof *proof, int (*by)(struct proof *), bool *stopped)
{
	int rounds = 0, rc;

	for (;;) {
		rc = by(proof);
		if (rc == SSH_AUTH_INFO && rounds++ < ROUNDS)
			answer(proof);
		else if (rc != SSH_AUTH_AGAIN)
			return rc == SSH_AUTH_INFO ? SSH_AUTH_DENIED : rc;
		/* libssh goes on waiting for whom has hung up. */
		else if (!remote_link_is_open(proof->link))
			return SSH_AUTH_ERROR;
		else if (remote_now() >= proof->limit)
			return SSH_AUTH_AGAIN;
		else if (remote_wait(proof->remote, -1, 0, proof->deadline,
				 proof->e) < 0) {
			*stopped = true;
			return SSH_AUTH_AGAIN;
		}
	}
}

static void list_methods(int bits, struct str *text)
{
	static const struct {
		unsigned bit;
		const char *name;
	} methods[] = {
		{ SSH_AUTH_METHOD_PUBLICKEY, "publickey" },
		{ SSH_AUTH_METHOD_PASSWORD, "password" },
		{ SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive" },
		{ SSH_AUTH_METHOD_HOSTBASED, "hostbased" },
		{ SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic" },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if ((unsigned)bits & methods[i].bit)
			str_addf(text, "%s%s", text->length ? ", " : "",
				methods[i].name);
}

static enum remote_try denied(struct proof *proof, int methods)
{
	struct str takes;

	str_init(&takes, 1000);
	list_methods(methods, &takes);
	err_set(proof->e, ERR_AUTH,
		"the login of \"%s\" is refused; the server takes: %s; tried "
		"was: %s",
		proof->route->username ? proof->route->username : "",
		takes.length ? takes.text : "nothing",
		proof->tried.length
			? proof->tried.text
			: "nothing, since there is no key, no password and no "
			  "agent to try");
	str_free(&takes);
	return TRY_DENIED;
}

/* The connection ended, or an answer did not come. Some servers hang up on
 * whom they refuse. */
static enum remote_try broken(struct proof *proof, int rc, int methods)
{
	const char *words = ssh_get_error(proof->link->session);

	if (rc == SSH_AUTH_AGAIN) {
		err_set(proof->e, ERR_OTHER,
			"the server does not answer to the login");
		return TRY_BROKEN;
	}
	if (str_find_nocase(words, "authentication fail")) {
		denied(proof, methods);
		err_more(proof->e, "(%s)", words);
		return TRY_DENIED;
	}
	err_set(proof->e, ERR_OTHER, "during the login: %s", words);
	return TRY_BROKEN;
}

static enum remote_try prove(struct proof *proof)
{
	const struct {
		int (*by)(struct proof *);
		bool can;
		unsigned method;
		const char *name;
	} ways[] = {
		{ by_nothing, true, 0, NULL },
		{ by_key, proof->key, SSH_AUTH_METHOD_PUBLICKEY, "the key" },
		{ by_agent, proof->route->agent, SSH_AUTH_METHOD_PUBLICKEY,
			"the agent's keys" },
		{ by_password, proof->route->password, SSH_AUTH_METHOD_PASSWORD,
			"the password" },
		{ by_answers, proof->route->password,
			SSH_AUTH_METHOD_INTERACTIVE,
			"the password as an answer" },
	};
	ssh_session session = proof->link->session;
	bool stopped = false;
	int methods = 0, rc;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (!ways[i].can || (ways[i].method && !((unsigned)methods &
							       ways[i].method)))
			continue;
		if (ways[i].name)
			str_addf(&proof->tried, "%s%s",
				proof->tried.length ? ", " : "", ways[i].name);
		rc = ask(proof, ways[i].by, &stopped);
		if (rc == SSH_AUTH_SUCCESS)
			return TRY_OK;
		if (stopped)
			return TRY_STOPPED;
		if (rc != SSH_AUTH_DENIED && rc != SSH_AUTH_PARTIAL)
			return broken(proof, rc, methods);
		methods = ssh_userauth_list(session, NULL);
	}
	return denied(proof, methods);
}

int remote_check_login(
	struct remote *remote, struct remote_link *link, struct err *e)
{
	struct proof proof = { .remote = remote,
		.link = link,
		.route = remote_route(remote, link),
		.e = e };
	int rc = load_key(&proof);

	ssh_key_free(proof.key);
	return rc;
}

enum remote_try remote_login(struct remote *remote, struct remote_link *link,
	int64_t deadline, struct err *e)
{
	struct proof proof = { .remote = remote,
		.link = link,
		.route = remote_route(remote, link),
		.deadline = deadline,
		.limit = remote_now() + LOGIN_LIMIT,
		.e = e };
	enum remote_try result = TRY_HOPELESS;

	remote->phase = TRY_BROKEN;
	str_init(&proof.tried, 1000);
	if (load_key(&proof) == 0)
		result = prove(&proof);
	ssh_key_free(proof.key);
	str_free(&proof.tried);
	return result;
}
