/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts, and the tokens that are out. */
#include "tests/cloud/identity.h"

#include <math.h>

#include "common/str.h"
#include "tests/cloud/shape.h"

/* Invented, and worth nothing outside the simulation. */
static const struct account accounts[] = {
	{ "simuser", "51ac10ad0ddba11ca5cade5eedc0ffee", "Simulated-Secret-1",
		"700123", "5c0ffee51a0001", false, false },
	{ "other", "07e4c10ad0ddba11ca5cade5eedc0ffe", "Simulated-Secret-2",
		"700124", "5c0ffee51a0002", false, false },
	{ "mfa", "3fac10ad0ddba11ca5cade5eedc0ffee", "Simulated-Secret-3",
		"700125", "5c0ffee51a0003", true, false },
	{ "disabled", "d15ab1ed0ddba11ca5cade5eedc0ffee", "Simulated-Secret-4",
		"700126", "5c0ffee51a0004", false, true },
};

#define N_ACCOUNTS (sizeof(accounts) / sizeof(*accounts))

const struct account *const identity_main_account = &accounts[0];

struct token {
	struct token *next;
	char *id;
	const struct account *account;
	double expires;
};

struct identity {
	struct account accounts[N_ACCOUNTS];
	struct token *tokens;
	char *session; /* the latest challenge for a passcode, and whose */
	const struct account *challenged;
};

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->identity = mem_new(sizeof(*cloud->identity));
	for (size_t i = 0; i < N_ACCOUNTS; i++)
		cloud->identity->accounts[i] = accounts[i];
	return 0;
}

static void drop(struct token **at)
{
	struct token *token = *at;

	*at = token->next;
	mem_free(token->id);
	mem_free(token);
}

static void drop_all(struct identity *identity)
{
	while (identity->tokens)
		drop(&identity->tokens);
}

static void stop(struct cloud *cloud)
{
	if (!cloud->identity)
		return;
	drop_all(cloud->identity);
	mem_free(cloud->identity->session);
	mem_free(cloud->identity);
	cloud->identity = NULL;
}

static double advance(struct cloud *cloud, double now)
{
	struct token **at = &cloud->identity->tokens;
	double due = INFINITY;

	while (*at) {
		if ((*at)->expires <= now) {
			drop(at);
			continue;
		}
		due = cloud_sooner(due, (*at)->expires);
		at = &(*at)->next;
	}
	return due;
}

static struct token *find(struct cloud *cloud, const char *id)
{
	struct token *t = cloud->identity->tokens;

	while (t && !streq(t->id, id))
		t = t->next;
	return t;
}

bool identity_check(struct cloud *cloud, const char *token, const char **user,
	const char **tenant)
{
	const struct account *account = identity_token_account(cloud, token);

	if (!account)
		return false;
	*user = account->user;
	*tenant = account->tenant;
	return true;
}

size_t identity_count(struct cloud *cloud)
{
	size_t n = 0;

	for (struct token *t = cloud->identity->tokens; t; t = t->next)
		n++;
	return n;
}

const struct account *identity_token_account(
	struct cloud *cloud, const char *id)
{
	const struct token *token = id ? find(cloud, id) : NULL;

	return token ? token->account : NULL;
}

const struct account *identity_user(struct cloud *cloud, const char *user)
{
	for (size_t i = 0; i < N_ACCOUNTS; i++)
		if (streq(cloud->identity->accounts[i].user, user))
			return &cloud->identity->accounts[i];
	return NULL;
}

const char *identity_new_token(
	struct cloud *cloud, const struct account *account, double *expires)
{
	struct token *token = mem_new(sizeof(*token));
	char *uuid = cloud_uuid();

	token->id = mem_printf("AAD%s%s", uuid, account->id);
	mem_free(uuid);
	token->account = account;
	token->expires = cloud_now(cloud) + cloud->settings.token_life;
	token->next = cloud->identity->tokens;
	cloud->identity->tokens = token;
	*expires = token->expires;
	return token->id;
}

bool identity_revoke(struct cloud *cloud, const char *id)
{
	struct token **at = &cloud->identity->tokens;

	while (*at && !streq((*at)->id, id))
		at = &(*at)->next;
	if (!*at)
		return false;
	drop(at);
	return true;
}

const char *identity_new_session(
	struct cloud *cloud, const struct account *account)
{
	struct identity *identity = cloud->identity;

	mem_free(identity->session);
	identity->session = cloud_uuid();
	identity->challenged = account;
	return identity->session;
}

const struct account *identity_session_account(
	struct cloud *cloud, const char *session)
{
	struct identity *identity = cloud->identity;

	if (!session || !streq(identity->session, session))
		return NULL;
	return identity->challenged;
}

static int expire_tokens(struct cloud *cloud, const cJSON *value, struct err *e)
{
	if (!cJSON_IsTrue(value))
		return err_set(e, ERR_OTHER, "not true");
	drop_all(cloud->identity);
	return 0;
}

static int change_account(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const struct shape shape[] = { { "user", SHAPE_TEXT },
		{ "mfa", SHAPE_BOOL }, { "disabled", SHAPE_BOOL }, SHAPE_END };
	const char *user = json_str(value, "user");
	struct account *account = cloud->identity->accounts;
	size_t i = 0;

	if (shape_check(value, shape, e) < 0)
		return -1;
	while (i < N_ACCOUNTS && !streq(account[i].user, user))
		i++;
	if (i == N_ACCOUNTS)
		return err_set(e, ERR_OTHER, "no user '%s'", user ? user : "");
	if (json_member(value, "mfa"))
		account[i].mfa = json_bool(value, "mfa");
	if (json_member(value, "disabled"))
		account[i].disabled = json_bool(value, "disabled");
	return 0;
}

static const struct control controls[] = {
	{ "expire_tokens", expire_tokens, "true: no token is valid any more" },
	{ "account", change_account,
		"{user, mfa?, disabled?}: what its logins meet" },
	CONTROL_END,
};

const struct part identity_part = {
	.name = "identity",
	.controls = controls,
	.start = start,
	.stop = stop,
	.advance = advance,
};
