/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_request - one HTTP/1.1 request, read from bytes as they come.
 *
 * Strict where two readers could disagree on where a request ends: a bad
 * header line, Content-Length beside Transfer-Encoding, two lengths, an
 * encoding other than chunked are all errors. The body is not kept, only its
 * size and CRC-32.
 */
#ifndef CLOUD_APP_REQUEST_H
#define CLOUD_APP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

#define APP_REQUEST_HEAD_MAX 16384
#define APP_REQUEST_BODY_MAX (16u * 1024 * 1024)

enum app_request_stage {
	APP_REQUEST_HEAD,
	APP_REQUEST_LENGTH,     /* a body of known length */
	APP_REQUEST_CHUNK_SIZE, /* within the line of a chunk's size */
	APP_REQUEST_CHUNK,
	APP_REQUEST_CHUNK_END, /* the line end behind a chunk's bytes */
	APP_REQUEST_TRAILER,
	APP_REQUEST_DONE,
	APP_REQUEST_BAD, /* `error' says which status to answer */
};

struct app_request {
	enum app_request_stage stage;
	struct str head;    /* as received, then cut up in place */
	struct str line;    /* of a chunk's size or a trailer */
	const char *method; /* these two are set once the head is read */
	const char *target; /* as received */
	bool keep_alive;    /* the connection may serve another request */
	bool expects;       /* waits for 100 before it sends its body */
	uint64_t left;      /* bytes of the body, or of its chunk, to come */
	uint64_t received;  /* bytes of the body so far */
	uint64_t trailers;  /* bytes of trailers so far */
	uint32_t crc;       /* zlib's CRC-32 of them */
	int error;
};

void app_request_init(struct app_request *r);
void app_request_free(struct app_request *r);

/* Takes bytes until the request is DONE or BAD; how many it took. */
size_t app_request_read(struct app_request *r, const char *bytes, size_t n);

/* zlib's crc32(): `crc' is 0 at first, then what the last call gave. */
uint32_t app_request_crc(uint32_t crc, const char *bytes, size_t n);

#endif
