/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_reply - what the stand-in application answers, as bytes.
 */
#ifndef CLOUD_APP_REPLY_H
#define CLOUD_APP_REPLY_H

#include <stdint.h>

#include "common/str.h"
#include "tests/cloud/app_request.h"

#define APP_REPLY_SECONDS_MAX 60

/* Who answers. */
struct app_reply_server {
	const char *name, *image;
	const char *build; /* or NULL */
	const char *health_prefix;
	int health_status; /* 0: none set */
};

struct app_reply {
	struct str bytes;
	size_t at_once;   /* how many of them to send now */
	int64_t pause_ms; /* and how long to wait before the rest */
	bool close;       /* the connection ends after it */
};

/* The answer to a request that is DONE or BAD; `reply->bytes' is initialised
 * here and freed by the caller. */
void app_reply(const struct app_reply_server *server,
	const struct app_request *request, struct app_reply *reply);

#endif
