/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app_request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"

#define LINE_MAX_BYTES 1024

void app_request_init(struct app_request *r)
{
	*r = (struct app_request){ .stage = APP_REQUEST_HEAD };
	str_init(&r->head, APP_REQUEST_HEAD_MAX);
	str_init(&r->line, LINE_MAX_BYTES);
}

void app_request_free(struct app_request *r)
{
	str_free(&r->head);
	str_free(&r->line);
}

/* The reflected polynomial of IEEE 802.3, four bits at a time. */
uint32_t app_request_crc(uint32_t crc, const char *bytes, size_t n)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8,
		0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
		0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };

	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)bytes[i];
		crc = table[crc & 15] ^ (crc >> 4);
		crc = table[crc & 15] ^ (crc >> 4);
	}
	return ~crc;
}

static void bad(struct app_request *r, int status)
{
	r->stage = APP_REQUEST_BAD;
	r->error = status;
}

/* What the headers said, before it is known whether they agree. */
struct framing {
	bool has_host, has_length, chunked;
	uint64_t length;
};

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (!isalnum(byte) && !strchr("!#$%&'*+-.^_`|~", byte))
			return false;
	}
	return true;
}

/* A comma-separated list that holds the word, whatever its case. */
static bool lists(const char *value, const char *word)
{
	size_t length = strlen(word);

	while (*value) {
		size_t item;

		value += strspn(value, ", \t");
		item = strcspn(value, ", \t");
		if (item == length && !strncasecmp(value, word, length))
			return true;
		value += item;
	}
	return false;
}

static bool read_length(struct framing *f, const char *value)
{
	uint64_t length;
	char *end;

	if (!isdigit((unsigned char)*value) || strlen(value) > 18)
		return false;
	length = strtoull(value, &end, 10);
	if (*end || (f->has_length && f->length != length))
		return false;
	f->has_length = true;
	f->length = length;
	return true;
}

static bool read_header(struct app_request *r, struct framing *f,
	const char *name, const char *value)
{
	if (!strcasecmp(name, "Content-Length"))
		return read_length(f, value);
	if (!strcasecmp(name, "Transfer-Encoding")) {
		if (f->chunked || strcasecmp(value, "chunked") != 0)
			return false;
		f->chunked = true;
	} else if (!strcasecmp(name, "Host")) {
		f->has_host = true;
	} else if (!strcasecmp(name, "Connection")) {
		if (lists(value, "close"))
			r->keep_alive = false;
		else if (lists(value, "keep-alive"))
			r->keep_alive = true;
	} else if (!strcasecmp(name, "Expect")) {
		r->expects = lists(value, "100-continue");
	}
	return true;
}

/* "name: value", cut up in place. */
static bool split_header(char *line, char **value)
{
	char *colon = strchr(line, ':'), *end;

	if (!colon)
		return false;
	*colon = '\0';
	*value = colon + 1 + strspn(colon + 1, " \t");
	end = *value + strlen(*value);
	while (end > *value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return is_token(line) && !strpbrk(*value, "\r");
}

static bool read_request_line(struct app_request *r, char *line)
{
	char *space = strchr(line, ' '), *second;

	if (!space)
		return false;
	*space = '\0';
	second = strchr(space + 1, ' ');
	if (!second || !is_token(line))
		return false;
	*second = '\0';
	for (const char *byte = space + 1; *byte; byte++)
		if (!isgraph((unsigned char)*byte))
			return false;
	r->method = line;
	r->target = space + 1;
	r->keep_alive = streq(second + 1, "HTTP/1.1");
	return space[1] && (r->keep_alive || streq(second + 1, "HTTP/1.0"));
}

static void begin_body(struct app_request *r, const struct framing *f)
{
	if (f->chunked) {
		r->stage = APP_REQUEST_CHUNK_SIZE;
	} else if (f->length > APP_REQUEST_BODY_MAX) {
		bad(r, 413);
	} else {
		r->left = f->length;
		r->stage = r->left ? APP_REQUEST_LENGTH : APP_REQUEST_DONE;
	}
	if (r->stage == APP_REQUEST_DONE)
		r->expects = false;
}

/* The next line of the head without its end, cut off in place; nothing where
 * there is no further one. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return *rest += strlen(line);
	*end = '\0';
	*rest = end + 1;
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

static void read_head(struct app_request *r)
{
	struct framing f = { .has_host = false };
	char *rest = r->head.text, *line, *value;
	bool version_1_1;

	if (strlen(rest) != r->head.length ||
		!read_request_line(r, next_line(&rest)))
		return bad(r, 400);
	version_1_1 = r->keep_alive;
	for (line = next_line(&rest); *line; line = next_line(&rest))
		if (!split_header(line, &value) ||
			!read_header(r, &f, line, value))
			return bad(r, 400);
	if ((version_1_1 && !f.has_host) || (f.chunked && f.has_length) ||
		(f.chunked && !version_1_1))
		return bad(r, 400);
	begin_body(r, &f);
}

/* Whether the head's last line end has come. */
static bool head_complete(const struct str *head)
{
	const char *end = head->text + head->length;

	return (head->length >= 4 && !memcmp(end - 3, "\n\r\n", 3)) ||
	       (head->length >= 3 && !memcmp(end - 2, "\n\n", 2));
}

static size_t take_head(struct app_request *r, const char *bytes, size_t n)
{
	const char *end = memchr(bytes, '\n', n);
	size_t taken = end ? (size_t)(end - bytes) + 1 : n;

	/* Empty lines before a request are not part of it (RFC 9112 2.2). */
	if (!r->head.length && (*bytes == '\r' || *bytes == '\n'))
		return 1;
	str_add_n(&r->head, bytes, taken);
	if (r->head.full)
		bad(r, 431);
	else if (end && head_complete(&r->head))
		read_head(r);
	return taken;
}

static size_t take_body(struct app_request *r, const char *bytes, size_t n)
{
	size_t taken = n < r->left ? n : (size_t)r->left;

	r->crc = app_request_crc(r->crc, bytes, taken);
	r->received += taken;
	r->left -= taken;
	if (!r->left)
		r->stage = r->stage == APP_REQUEST_LENGTH
				   ? APP_REQUEST_DONE
				   : APP_REQUEST_CHUNK_END;
	return taken;
}

/* Hexadecimal digits, then nothing or an extension; no sign, no 0x. */
static bool read_hex(const char *text, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");
	const char *end = text + digits + strspn(text + digits, " \t");

	if (!digits || digits > 15 || (*end && *end != ';'))
		return false;
	*value = strtoull(text, NULL, 16);
	return true;
}

static void read_chunk_size(struct app_request *r)
{
	uint64_t size;

	if (strlen(r->line.text) != r->line.length ||
		!read_hex(r->line.text, &size))
		return bad(r, 400);
	if (size > APP_REQUEST_BODY_MAX - r->received)
		return bad(r, 413);
	r->left = size;
	r->stage = size ? APP_REQUEST_CHUNK : APP_REQUEST_TRAILER;
}

static void read_body_line(struct app_request *r)
{
	const char *text = r->line.text;

	switch (r->stage) {
	case APP_REQUEST_CHUNK_SIZE:
		read_chunk_size(r);
		break;
	case APP_REQUEST_CHUNK_END:
		r->stage = APP_REQUEST_CHUNK_SIZE;
		if (*text)
			bad(r, 400);
		break;
	default:
		if (!*text)
			r->stage = APP_REQUEST_DONE;
	}
}

/* A line between the bytes of a chunked body. */
static size_t take_line(struct app_request *r, const char *bytes, size_t n)
{
	const char *end = memchr(bytes, '\n', n);
	size_t taken = end ? (size_t)(end - bytes) + 1 : n;
	struct str *line = &r->line;

	str_add_n(line, bytes, taken);
	if (r->stage == APP_REQUEST_TRAILER)
		r->trailers += taken;
	if (line->full || r->trailers > APP_REQUEST_HEAD_MAX) {
		bad(r, line->full ? 400 : 431);
	} else if (end) {
		line->text[--line->length] = '\0';
		if (line->length && line->text[line->length - 1] == '\r')
			line->text[--line->length] = '\0';
		read_body_line(r);
		line->length = 0;
		line->text[0] = '\0';
	}
	return taken;
}

size_t app_request_read(struct app_request *r, const char *bytes, size_t n)
{
	size_t used = 0;

	while (used < n && r->stage < APP_REQUEST_DONE) {
		const char *from = bytes + used;

		if (r->stage == APP_REQUEST_HEAD)
			used += take_head(r, from, n - used);
		else if (r->stage == APP_REQUEST_LENGTH ||
			 r->stage == APP_REQUEST_CHUNK)
			used += take_body(r, from, n - used);
		else
			used += take_line(r, from, n - used);
	}
	return used;
}
