/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app - the stand-in application that runs on simulated servers.
 *
 * One thread plays all of them, over plain non-blocking sockets. HTTP/1.1 with
 * keep-alive. What it promises to those who ask it:
 *
 *   GET <any path>  200, application/json, {"server": <name>, "image": <name
 *                   of its image>, "build": <build or null>, "path": <the
 *                   request target as received>}; headers X-Server and X-Build.
 *   ?seconds=S      status line, headers and half of the body at once, the
 *                   rest S seconds later (a real number, at most 60).
 *   POST, PUT       the body is read whole (Content-Length or chunked, at most
 *                   16 MiB); the answer adds "received": <bytes> and "crc32":
 *                   <zlib's CRC-32 of the body, 8 hexadecimal digits>.
 *   HEAD            as GET without the body. Other methods: 405.
 *   malformed       400 and the end of the connection; 431 for more than 16
 *                   KiB of headers, 413 for a longer body.
 *
 * All calls may come from any thread and return soon.
 */
#ifndef CLOUD_APP_H
#define CLOUD_APP_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct apps;
struct app;

/* The thread that plays them; app_free() stops them all. */
struct apps *app_new(struct err *e);
void app_free(struct apps *apps);

/* The application of one server, listening on each of the n addresses when
 * this returns. `build' may be NULL. NULL when an address and port cannot be
 * listened on; nothing of it is left then. */
struct app *app_start(struct apps *apps, const char *name, const char *image,
	const char *build, const char *const *addresses, size_t n,
	uint16_t port, struct err *e);

/* Every open connection is reset, new ones are refused, the application is
 * gone when this returns. NULL is fine. */
void app_stop(struct app *app);

/* Requests whose path begins with the prefix (NULL: all) are answered with
 * this status and the usual body; status 0 ends that. */
void app_set_health(struct app *app, const char *prefix, int status);

#endif
