/* SPDX-License-Identifier: Apache-2.0 */
/* options - the command line. */
#ifndef JUDGE_OPTIONS_H
#define JUDGE_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

struct options {
	const char *url;
	const char *log; /* NULL: none */
	double rate;     /* fast requests a second */
	double fresh;    /* the share of them with a connection of their own */
	int64_t keepalive;
	int64_t slow;
	double slow_seconds, deadline, behind;
	double duration; /* seconds; 0: until a signal */
	int64_t minimum;
	bool help;

	/* From the URL. */
	char address[INET_ADDRSTRLEN];
	uint16_t port;
	char authority[INET_ADDRSTRLEN + 8]; /* address:port */
};

/* Resolves a host's name, too. The error is one line. */
int options_parse(
	struct options *options, int argc, char *const *argv, struct err *e);
void options_help(FILE *out);

#endif
