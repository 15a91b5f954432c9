/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login - who we are: options, RAX_* environment, files, in the order in which
 * the Python modules looked (identity.md 2.2). Nothing here sends a request.
 */
#ifndef COMMON_LOGIN_H
#define COMMON_LOGIN_H

#include "common/opt.h"

#define LOGIN_ENDPOINT "https://identity.api.rackspacecloud.com/v2.0"

/* The options that every module has, and their rules. */
extern const struct opt login_opts[];
extern const struct opt_rule login_rules[];

struct login {
	const char *username, *secret;
	/* The secret may be an API key, a password, or (an api_key of which the
	 * file or option does not say more) the one and then the other. */
	bool try_key, try_password;
	const char *source;   /* where they came from, for messages */
	const char *endpoint; /* identity URL without a slash at the end */
	/* What stood before an @ in the endpoint, which is refused; or NULL. */
	const char *userinfo;
	const char *region; /* as it was asked for, or NULL */
	const char *tenant_id, *tenant_name;
	bool verify;
};

/* Resolves all of it. `params' are the checked options, `given' the arguments
 * as they came (whether the secret was called `password' matters). Texts live
 * in the pool or in params. */
int login_resolve(const cJSON *params, const cJSON *given, struct pool *pool,
	struct login *login, struct err *e);

#endif
