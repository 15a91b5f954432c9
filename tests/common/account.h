/* SPDX-License-Identifier: Apache-2.0 */
/* account - a cloud on canned replies, for suites of what stands on cloud.h. */
#ifndef TESTS_COMMON_ACCOUNT_H
#define TESTS_COMMON_ACCOUNT_H

#include "common/cloud.h"
#include "tests/common/canned.h"

#define ACCOUNT_SECRET "s3cr3t-key"

/* Replies of a login: the token, and what stands in the catalog. */
#define ACCESS(token, entries)                                                 \
	"200 {'access': {'token': {'id': '" token                              \
	"', 'tenant': {'id': '700123'}}, 'serviceCatalog': [" entries "]}}\n"
#define COMPUTE(region, url)                                                   \
	"{'type': 'compute', 'name': 'cloudServersOpenStack', 'endpoints': "   \
	"[{'region': '" region "', 'publicURL': '" url "'}]}"
#define BALANCERS(region, url)                                                 \
	"{'type': 'rax:load-balancer', 'name': 'cloudLoadBalancers', "         \
	"'endpoints': [{'region': '" region "', 'publicURL': '" url "'}]}"
#define VOLUMES(region, url)                                                   \
	"{'type': 'volume', 'name': 'cloudBlockStorage', 'endpoints': "        \
	"[{'region': '" region "', 'publicURL': '" url "'}]}"
#define LOGIN "POST /v2.0/tokens "
/* Its URL ends in a version, and in a slash. */
#define IMAGE_SERVICE(region, url)                                             \
	"{'type': 'image', 'name': 'cloudImages', 'endpoints': "               \
	"[{'region': '" region "', 'publicURL': '" url "/v2/'}]}"
#define SERVICES                                                               \
	COMPUTE("DFW", "http://cloud/compute")                                 \
	", " BALANCERS("DFW", "http://cloud/balancer") ", " VOLUMES(           \
		"DFW", "http://cloud/volume") ", " IMAGE_SERVICE("DFW",        \
		"http://cloud/glance")
/* A login that works, with the catalog that most tests want. */
#define LOGGED_IN LOGIN ACCESS("tok-1", SERVICES)

struct account {
	struct canned canned;
	struct login login;
	struct cloud cloud;
	struct err e;
};

/* The region is asked for as `dfw', the deadline is in an hour. */
static inline void account_open(struct account *a, const char *script)
{
	*a = (struct account){ 0 };
	canned_open(&a->canned, script);
	a->login = (struct login){ .username = "harbour",
		.secret = ACCOUNT_SECRET,
		.try_key = true,
		.try_password = true,
		.source = "the options username and api_key",
		.endpoint = CANNED_HOST "/v2.0",
		.region = "dfw",
		.verify = true };
	a->cloud = (struct cloud){ .transport = &a->canned.transport,
		.pool = pool_new(),
		.login = &a->login,
		.secrets = cJSON_CreateArray(),
		.deadline = 3600000 };
	json_append(a->cloud.secrets, json_new_str(ACCOUNT_SECRET));
}

static inline void account_close(struct account *a)
{
	pool_free(a->cloud.pool);
	cJSON_Delete(a->cloud.secrets);
	canned_close(&a->canned);
}

/* Words separated by |, each of which a text must have, or, after !, not. */
static inline void account_check_words(const char *text, const char *words)
{
	char *copy = mem_copy(words ? words : ""), *rest = copy;

	for (char *word; (word = strsep(&rest, "|"));) {
		if (*word == '!')
			ck_assert_msg(!strstr(text, word + 1),
				"\"%s\" is in: %s", word + 1, text);
		else
			ck_assert_msg(strstr(text, word), "no \"%s\" in: %s",
				word, text);
	}
	mem_free(copy);
}

#endif
