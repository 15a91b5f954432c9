/* SPDX-License-Identifier: Apache-2.0 */
#include "common/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/censor.h"
#include "common/file.h"
#include "common/str.h"

/* A pipe takes so much at once, too (PIPE_BUF). */
#define LINE_MAX_BYTES 4096

struct progress {
	int fd; /* -1: nobody wants to know */
	const cJSON *secrets;
	bool torn; /* the last line was written in part */
};

struct params {
	const char *progress;
};

const struct opt progress_opts[] = {
	OPT_PATH(progress),
	OPT_END,
};

const char *progress_path(const cJSON *params, struct pool *pool)
{
	const char *path = json_str(params, "progress");
	const char *variable = getenv("RAX_PROGRESS");
	char *expanded;

	if (path && *path)
		return path;
	if (!variable || !*variable)
		return NULL;
	expanded = file_expand_home(variable);
	path = pool_copy(pool, expanded);
	mem_free(expanded);
	return path;
}

/* A pipe that nobody reads is refused, one that is full is not waited for. */
struct progress *progress_open(
	const char *path, const cJSON *secrets, struct err *e)
{
	struct progress *p;
	int fd = -1;

	if (path)
		fd = open(path,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
				O_NONBLOCK,
			0666);
	if (path && fd < 0) {
		err_set(e, ERR_OTHER,
			"Cannot write the progress to %s: %s; give another "
			"path as `progress', or none",
			path, strerror(errno));
		return NULL;
	}
	p = mem_new(sizeof(*p));
	p->fd = fd;
	p->secrets = secrets;
	return p;
}

void progress_close(struct progress *p)
{
	if (p && p->fd >= 0)
		close(p->fd);
	mem_free(p);
}

static void add_time(struct str *line)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	str_addf(line, "%s.%03ldZ ", text, now.tv_nsec / 1000000);
}

/* Control bytes would end the line, or steer a terminal. */
static void add_escaped(struct str *line, const char *text)
{
	for (; *text && !line->full; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f)
			str_addf(line, "\\x%02x", byte);
		else
			str_add_n(line, text, 1);
	}
}

/* Once, so that lines of others do not come between. */
static void write_line(struct progress *p, const struct str *line)
{
	size_t length = str_whole(line->text, line->max);
	char *whole = mem_printf(
		"%s%.*s\n", p->torn ? "\n" : "", (int)length, line->text);
	ssize_t written;

	length = strlen(whole);
	do {
		written = write(p->fd, whole, length);
	} while (written < 0 && errno == EINTR);
	if (written > 0)
		p->torn = (size_t)written < length;
	mem_free(whole);
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list args;
	struct str line;
	char *text, *censored;

	if (!p || p->fd < 0)
		return;
	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	censored = censor_text(text, p->secrets);
	str_init(&line, LINE_MAX_BYTES - 2);
	add_time(&line);
	add_escaped(&line, censored);
	write_line(p, &line);
	str_free(&line);
	mem_free(censored);
	mem_free(text);
}
