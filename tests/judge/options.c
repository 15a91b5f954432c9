/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/options.h"

#include <arpa/inet.h>
#include <math.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/mem.h"
#include "common/str.h"

enum option_type { TYPE_TEXT, TYPE_NUMBER, TYPE_COUNT };

static const struct option_row {
	const char *name, *argument, *help;
	enum option_type type;
	size_t offset;
	double least, most;
} rows[] = {
	{ "url", "http://ADDR:PORT", "where to send requests; required",
		TYPE_TEXT, offsetof(struct options, url), 0, 0 },
	{ "rate", "N", "fast requests a second (250)", TYPE_NUMBER,
		offsetof(struct options, rate), 0.01, 5000 },
	{ "keepalive", "C", "connections kept alive (8); 0: none", TYPE_COUNT,
		offsetof(struct options, keepalive), 0, 128 },
	{ "fresh", "SHARE",
		"of the fast ones each on a connection of its own (0.5)",
		TYPE_NUMBER, offsetof(struct options, fresh), 0, 1 },
	{ "slow", "N", "slow requests always under way, half uploads (8)",
		TYPE_COUNT, offsetof(struct options, slow), 0, 500 },
	{ "slow-seconds", "S", "what a slow one takes (2)", TYPE_NUMBER,
		offsetof(struct options, slow_seconds), 0.1, 60 },
	{ "deadline", "S", "for an answer (10); a slow one has its S more",
		TYPE_NUMBER, offsetof(struct options, deadline), 0.1, 600 },
	{ "log", "FILE", "one line for each request, tab separated", TYPE_TEXT,
		offsetof(struct options, log), 0, 0 },
	{ "duration", "S", "how long to send (until SIGTERM or SIGINT)",
		TYPE_NUMBER, offsetof(struct options, duration), 0.1, 1e6 },
	{ "behind", "S", "schedule, and later than that it proves nothing (1)",
		TYPE_NUMBER, offsetof(struct options, behind), 0.1, 3600 },
	{ "minimum", "N", "fewer requests prove nothing: exit 3 (1)",
		TYPE_COUNT, offsetof(struct options, minimum), 1, 1e12 },
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

void options_help(FILE *out)
{
	fputs("usage: judge --url http://ADDR:PORT [options]\n"
	      "Sends requests at a fixed rate and counts each that is not "
	      "answered\ncompletely and rightly by its deadline.\n\n",
		out);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s %s", rows[i].name,
			rows[i].argument);
		fprintf(out, "  %-24s %s\n", left, rows[i].help);
	}
	fprintf(out, "  %-24s %s\n", "--help", "this text");
	fputs("\nexit: 0 no request failed; 1 some failed; 2 bad options; 3 "
	      "the judge itself\nwas behind schedule, short of sockets, or "
	      "sent too few: it proves nothing\n",
		out);
}

static int set_number(struct options *options, const struct option_row *row,
	const char *text, struct err *e)
{
	void *field = (char *)options + row->offset;
	char *end;
	double number;
	int64_t count;

	if (row->type == TYPE_COUNT) {
		if (!str_int(text, &count) || (double)count < row->least ||
			(double)count > row->most)
			return err_set(e, ERR_OTHER,
				"--%s: a whole number from %.0f to %.0f is "
				"wanted, not '%.40s'",
				row->name, row->least, row->most, text);
		memcpy(field, &count, sizeof(count));
		return 0;
	}
	number = strtod(text, &end);
	if (!*text || strspn(text, "0123456789.") != strlen(text) || *end ||
		!isfinite(number) || number < row->least || number > row->most)
		return err_set(e, ERR_OTHER,
			"--%s: a number from %g to %g is wanted, not '%.40s'",
			row->name, row->least, row->most, text);
	memcpy(field, &number, sizeof(number));
	return 0;
}

/* The row of --name or --name=value. */
static const struct option_row *find_row(const char *argument)
{
	size_t length;

	if (!str_starts(argument, "--"))
		return NULL;
	length = strcspn(argument + 2, "=");
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (strlen(rows[i].name) == length &&
			!strncmp(argument + 2, rows[i].name, length))
			return &rows[i];
	return NULL;
}

static int resolve(struct options *options, const char *host, struct err *e)
{
	const struct addrinfo wish = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	struct sockaddr_in in;
	int error = getaddrinfo(host, NULL, &wish, &found);

	if (error)
		return err_set(e, ERR_OTHER,
			"--url: no IPv4 address of '%s': %s", host,
			gai_strerror(error));
	memcpy(&in, found->ai_addr, sizeof(in));
	freeaddrinfo(found);
	inet_ntop(AF_INET, &in.sin_addr, options->address,
		sizeof(options->address));
	snprintf(options->authority, sizeof(options->authority), "%s:%u",
		options->address, (unsigned int)options->port);
	return 0;
}

static int read_url(struct options *options, struct err *e)
{
	static const char scheme[] = "http://";
	const char *rest = options->url + strlen(scheme);
	size_t host = 0, all = 0;
	int64_t port = 80;
	char *name;
	int result;

	if (str_starts(options->url, scheme)) {
		all = strcspn(rest, "/");
		host = strcspn(rest, ":/");
	}
	if (host < all) {
		name = mem_copy_n(rest + host + 1, all - host - 1);
		if (!str_int(name, &port))
			port = 0;
		mem_free(name);
	}
	if (!host || strcspn(rest, "@?#[]") < all || port < 1 || port > 65535 ||
		!(streq(rest + all, "") || streq(rest + all, "/")))
		return err_set(e, ERR_OTHER,
			"--url: http://ADDR:PORT is wanted, not '%.80s'",
			options->url);
	options->port = (uint16_t)port;
	name = mem_copy_n(rest, host);
	result = resolve(options, name, e);
	mem_free(name);
	return result;
}

/* How many arguments it took: 1 or 2; -1 for a bad one. */
static int read_option(
	struct options *options, char *const *argv, struct err *e)
{
	const struct option_row *row = find_row(*argv);
	const char *equals = strchr(*argv, '=');
	const char *value = equals ? equals + 1 : argv[1];

	if (!row)
		return err_set(e, ERR_OTHER,
			"no such option: '%.40s' (--help lists them)", *argv);
	if (!value)
		return err_set(e, ERR_OTHER, "--%s: %s is missing", row->name,
			row->argument);
	if (row->type == TYPE_TEXT)
		memcpy((char *)options + row->offset, &value, sizeof(value));
	else if (set_number(options, row, value, e) < 0)
		return -1;
	return equals ? 1 : 2;
}

int options_parse(
	struct options *options, int argc, char *const *argv, struct err *e)
{
	*options = (struct options){ .rate = 250,
		.keepalive = 8,
		.fresh = 0.5,
		.slow = 8,
		.slow_seconds = 2,
		.deadline = 10,
		.behind = 1,
		.minimum = 1 };
	for (int i = 1; i < argc;) {
		int taken;

		if (streq(argv[i], "--help")) {
			options->help = true;
			return 0;
		}
		taken = read_option(options, argv + i, e);
		if (taken < 0)
			return -1;
		i += taken;
	}
	if (!options->url)
		return err_set(e, ERR_OTHER, "--url is missing");
	if (!options->keepalive)
		options->fresh = 1;
	return read_url(options, e);
}
