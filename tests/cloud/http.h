/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - requests come in, go through the door, and are answered: by
 * libmicrohttpd, on 127.0.0.1.
 */
#ifndef CLOUD_HTTP_H
#define CLOUD_HTTP_H

#include <stdint.h>

#include "tests/cloud/cloud.h"

/* Serves the cloud on this port (0: any free one) and sets its URL. NULL when
 * the port cannot be had. */
struct http *http_start(struct cloud *cloud, uint16_t port, struct err *e);
uint16_t http_port(const struct http *http);
/* What is being answered is cut off. */
void http_stop(struct http *http);

#endif
