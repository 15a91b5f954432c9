/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge - sends requests at a fixed rate and counts each that is not answered
 * completely and rightly by its deadline.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "tests/judge/options.h"
#include "tests/judge/report.h"
#include "tests/judge/run.h"

#define EXIT_USAGE 2

/* Opens the log that was asked for, if any. */
static int open_log(const struct options *options, FILE **log, struct err *e)
{
	*log = NULL;
	if (!options->log)
		return 0;
	*log = fopen(options->log, "we");
	if (!*log)
		return err_set(e, ERR_OTHER, "cannot write %s: %s",
			options->log, strerror(errno));
	setvbuf(*log, NULL, _IOLBF, BUFSIZ);
	return 0;
}

static int fail(const struct err *e, int status)
{
	fprintf(stderr, "judge: %s\n", e->text);
	return status;
}

static int judge(const struct options *options, FILE *log)
{
	struct err e;
	int status;

	interrupt_catch();
	if (curl_global_init(CURL_GLOBAL_NOTHING)) {
		err_set(&e, ERR_OTHER, "libcurl cannot begin");
		return fail(&e, REPORT_NO_PROOF);
	}
	status = run(options, log, &e);
	curl_global_cleanup();
	if (status < 0)
		return fail(&e, REPORT_NO_PROOF);
	if (fflush(stdout)) {
		err_set(&e, ERR_OTHER, "cannot write the summary");
		return fail(&e, REPORT_NO_PROOF);
	}
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err e;
	FILE *log;
	int status;

	json_init();
	if (options_parse(&options, argc, argv, &e) < 0)
		return fail(&e, EXIT_USAGE);
	if (options.help) {
		options_help(stdout);
		return 0;
	}
	if (open_log(&options, &log, &e) < 0)
		return fail(&e, EXIT_USAGE);
	status = judge(&options, log);
	if (log)
		fclose(log);
	return status;
}
