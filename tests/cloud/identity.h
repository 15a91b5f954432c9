/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity - accounts and tokens: Identity v2.0.
 *
 * POST to any path that ends in /tokens, whatever is before it, logs in.
 */
#ifndef CLOUD_IDENTITY_H
#define CLOUD_IDENTITY_H

#include "tests/cloud/service.h"

struct account {
	const char *user, *key, *password, *tenant, *id;
	bool mfa;      /* a password wants a passcode besides */
	bool disabled; /* every login is 403 */
};

/* The account that the ready file names. */
extern const struct account *const identity_main_account;

extern const struct part identity_part;
extern const struct service identity_service;

bool identity_wants(const struct call *call);
void identity_run(struct call *call);

/* Whether the token (NULL: none) is valid now; then whose it is. */
bool identity_check(struct cloud *cloud, const char *token, const char **user,
	const char **tenant);
size_t identity_count(struct cloud *cloud);

/* What a login (login.c) needs: the account of a user or of a valid token, or
 * NULL; a new token, valid until `expires'; the end of one; a challenge for a
 * passcode. */
const struct account *identity_user(struct cloud *cloud, const char *user);
const struct account *identity_token_account(
	struct cloud *cloud, const char *id);
const char *identity_new_token(
	struct cloud *cloud, const struct account *account, double *expires);
bool identity_revoke(struct cloud *cloud, const char *id);
const char *identity_new_session(
	struct cloud *cloud, const struct account *account);
const struct account *identity_session_account(
	struct cloud *cloud, const char *session);

#endif
