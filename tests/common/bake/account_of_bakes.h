/* SPDX-License-Identifier: Apache-2.0 */
/* account_of_bakes - what bakes of the images `app' and `other' have made, as
 * JSON and as replies. */
#ifndef TESTS_COMMON_BAKE_ACCOUNT_OF_BAKES_H
#define TESTS_COMMON_BAKE_ACCOUNT_OF_BAKES_H

#include "common/bake/survey.h"
#include "tests/common/errand.h"

#define MINUTE 60000
/* Runs, by four digits; and a recipe's digest, by four too. */
#define RUN(d)    d d d d d d d d
#define DIGEST(d) RUN(d) RUN(d)
#define APP       "a172cedcae47474b"
#define OTHER     "d9298a10d1b07358"

/* (image, digest, run, start, lease); the last ones may be one macro. */
#define MARKS(...)        MARKS_OF(__VA_ARGS__)
#define MARKED(...)       "'metadata': {" MARKS(__VA_ARGS__) "}"
#define KEYPAIR_NAME(...) KEYPAIR_NAME_OF(__VA_ARGS__)
#define KEYPAIR(...)      "{'keypair': {'name': '" KEYPAIR_NAME(__VA_ARGS__) "'}}"
#define MARKS_OF(image, digest, run, start, lease)                             \
	"'ansible-run': '" RUN(run) "', 'ansible-start': '" start              \
				    "', 'ansible-lease': '" lease              \
				    "', 'ansible-bake': '" image               \
				    "', 'ansible-digest': '" DIGEST(           \
					    digest) "'"
#define KEYPAIR_NAME_OF(image, digest, run, start, lease)                      \
	"ansible-bake-" image "-" digest digest digest digest                  \
	"-" RUN(run) "-" start "-" lease
#define SERVER(id, more)                                                       \
	"{'id': '" id "', 'name': 'web', 'status': 'ACTIVE', " more "}"
#define IMAGE(id, more)                                                        \
	"{'id': '" id "', 'name': 'half', 'status': 'SAVING', 'server': "      \
	"{'id': 's'}, " more "}"

/* The three lists, at 1000 by the cloud's clock. */
#define KEYPAIRS(items)                                                        \
	"GET /compute/os-keypairs 200;date=1000 {'keypairs': [" items "]}\n"
#define SERVERS(items)                                                         \
	"GET /compute/servers/detail 200;date=1000 {'servers': [" items "]}\n"
#define IMAGES(items)                                                          \
	"GET /compute/images/detail 200;date=1000 {'images': [" items "]}\n"
#define LISTS(keypairs, servers, images)                                       \
	KEYPAIRS(keypairs) SERVERS(servers) IMAGES(images)

#endif
