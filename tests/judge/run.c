/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "common/interrupt.h"
#include "common/mem.h"
#include "tests/judge/clock.h"
#include "tests/judge/loop.h"
#include "tests/judge/report.h"

/* Requests open at once, as far as the descriptors go; the rest of them is for
 * idle lanes and for the process itself. */
#define OPEN_MAX_WISH 16384
#define OTHER_FILES   (LANE_MAX + 64)

/* Open requests whose deadlines are in the order of their starts. */
struct queue {
	struct request *first, *last;
};

struct judge {
	const struct options *options;
	struct loop *loop;
	struct lanes *lanes;
	struct schedule *schedule;
	struct tally *tally;
	FILE *log;   /* NULL: none */
	char *fault; /* of the judge itself, in words */
	char *first; /* failure, in words */
	struct queue fast, slow;
	size_t open, open_max;
	uint64_t serial;
};

static size_t raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= OPEN_MAX_WISH + OTHER_FILES)
		return OPEN_MAX_WISH;
	return limit.rlim_cur > OTHER_FILES * 2
		       ? (size_t)limit.rlim_cur - OTHER_FILES
		       : (size_t)limit.rlim_cur / 2;
}

static struct queue *queue_of(struct judge *judge, const struct request *r)
{
	return schedule_is_slow(r->due.kind) ? &judge->slow : &judge->fast;
}

static void queue_add(struct queue *queue, struct request *request)
{
	request->previous = queue->last;
	if (queue->last)
		queue->last->next = request;
	else
		queue->first = request;
	queue->last = request;
}

static void queue_remove(struct queue *queue, struct request *request)
{
	if (request->previous)
		request->previous->next = request->next;
	else
		queue->first = request->next;
	if (request->next)
		request->next->previous = request->previous;
	else
		queue->last = request->previous;
}

/* The first of them. */
static void note_fault(struct judge *judge, const char *what)
{
	if (!judge->fault)
		judge->fault =
			errno ? mem_printf("%s: %s", what, strerror(errno))
			      : mem_copy(what);
}

static void remember_first(struct judge *judge, const struct request *request,
	const struct finding *finding)
{
	if (judge->first || !outcome_is_failure(finding->outcome))
		return;
	judge->first = mem_printf("%lld.%03ld %s %" PRIu64 " %s: %s",
		(long long)request->date.tv_sec,
		request->date.tv_nsec / 1000000,
		schedule_kind_name(request->due.kind), request->serial,
		outcome_name(finding->outcome), finding->reason);
}

/* The request, which libcurl no longer has, is freed. */
static void settle(struct judge *judge, struct request *request,
	const struct finding *finding)
{
	int64_t now = clock_now();
	bool slow = schedule_is_slow(request->due.kind);

	tally_add(judge->tally, finding, !slow, request->started, now);
	remember_first(judge, request, finding);
	if (judge->log)
		report_request(judge->log, request, finding, now);
	if (judge->log && ferror(judge->log))
		note_fault(judge, "the log is not whole");
	schedule_ended(judge->schedule, &request->due, now,
		finding->outcome != OUTCOME_OK);
	request_free(request);
}

static void end_request(struct judge *judge, struct request *request,
	const struct finding *finding)
{
	queue_remove(queue_of(judge, request), request);
	judge->open--;
	curl_multi_remove_handle(loop_multi(judge->loop), request->easy);
	settle(judge, request, finding);
}

static void start(struct judge *judge, const struct schedule_due *due)
{
	struct finding finding = { .outcome = OUTCOME_UNSENT };
	struct request *request =
		request_new(judge->options, due, judge->serial++, judge->lanes);

	if (!request) {
		tally_add(judge->tally, &finding, false, 0, clock_now());
		schedule_ended(judge->schedule, due, clock_now(), true);
		return;
	}
	if (judge->open >= judge->open_max) {
		outcome_set(&finding, OUTCOME_UNSENT, "%zu are open already",
			judge->open);
		settle(judge, request, &finding);
		return;
	}
	judge->open++;
	queue_add(queue_of(judge, request), request);
	if (curl_multi_add_handle(loop_multi(judge->loop), request->easy)) {
		outcome_set(&finding, OUTCOME_UNSENT, "libcurl has no memory");
		end_request(judge, request, &finding);
	}
}

static void start_due(struct judge *judge)
{
	int64_t now = clock_now();
	struct schedule_due due;

	while (schedule_take(judge->schedule, now, &due)) {
		tally_late(judge->tally, due.when, now);
		start(judge, &due);
	}
}

/* Sends the pieces that are due; when the next one is. */
static int64_t feed_uploads(struct judge *judge)
{
	int64_t next = CLOCK_NEVER, now = clock_now();

	for (struct request *r = judge->slow.first; r; r = r->next) {
		if (request_piece_due(r) <= now)
			request_continue(r);
		next = clock_earlier(next, request_piece_due(r));
	}
	return next;
}

/* What libcurl has finished. What came after its deadline, though in the same
 * moment, is too late. */
static void settle_done(struct judge *judge)
{
	CURLMsg *message;
	int left;

	while ((message =
			curl_multi_info_read(loop_multi(judge->loop), &left))) {
		struct finding finding;
		struct request *request = NULL;

		curl_easy_getinfo(
			message->easy_handle, CURLINFO_PRIVATE, &request);
		if (clock_now() > request->deadline)
			request_overdue(request, &finding);
		else
			request_done(request, message->data.result, &finding);
		end_request(judge, request, &finding);
	}
}

/* What libcurl has not finished by its deadline, though it was just given all
 * that had come; when the next deadline is. */
static int64_t settle_overdue(struct judge *judge, struct queue *queue)
{
	int64_t now = clock_now();

	while (queue->first && queue->first->deadline <= now) {
		struct finding finding;

		request_overdue(queue->first, &finding);
		end_request(judge, queue->first, &finding);
	}
	return queue->first ? queue->first->deadline : CLOCK_NEVER;
}

/* The end is known from the start, or a signal says it. */
static void heed_end(struct judge *judge)
{
	if (interrupt_signal())
		schedule_end(judge->schedule, clock_now());
	tally_stop(judge->tally, schedule_ends(judge->schedule));
}

/* Nothing will end any more. */
static void give_up(struct judge *judge, struct queue *queue)
{
	struct finding finding = { .outcome = OUTCOME_UNSENT };

	errno = 0;
	note_fault(judge, "libcurl cannot go on");
	outcome_set(&finding, OUTCOME_UNSENT, "libcurl cannot go on");
	while (queue->first)
		end_request(judge, queue->first, &finding);
}

static void work(struct judge *judge)
{
	for (;;) {
		int64_t next;

		heed_end(judge);
		start_due(judge);
		next = feed_uploads(judge);
		next = clock_earlier(next, settle_overdue(judge, &judge->fast));
		next = clock_earlier(next, settle_overdue(judge, &judge->slow));
		next = clock_earlier(next, schedule_when(judge->schedule));
		if (next == CLOCK_NEVER)
			return;
		if (!loop_wait(judge->loop, next)) {
			give_up(judge, &judge->fast);
			give_up(judge, &judge->slow);
			return;
		}
		tally_late(judge->tally, next, clock_now());
		settle_done(judge);
	}
}

static int report(struct judge *judge)
{
	struct report report = { .tally = judge->tally,
		.idle_closes = lanes_idle_closes(judge->lanes),
		.crossed = lanes_crossed(judge->lanes),
		.minimum = judge->options->minimum,
		.behind = clock_from_seconds(judge->options->behind),
		.first = judge->first };

	if (judge->log && fflush(judge->log))
		note_fault(judge, "the log is not whole");
	report.fault = judge->fault;
	return report_summary(stdout, &report);
}

int run(const struct options *options, FILE *log, struct err *e)
{
	struct judge judge = {
		.options = options, .log = log, .open_max = raise_limit()
	};
	int64_t start;
	int status;

	judge.loop = loop_new(interrupt_descriptor(), e);
	if (!judge.loop)
		return -1;
	if (log)
		report_header(log);
	start = clock_now();
	judge.lanes = lanes_new(options);
	judge.schedule = schedule_new(options, start);
	judge.tally = tally_new(start);
	work(&judge);
	status = report(&judge);
	/* The lanes are told of the sockets that are closed with the loop. */
	loop_free(judge.loop);
	lanes_free(judge.lanes);
	schedule_free(judge.schedule);
	tally_free(judge.tally);
	mem_free(judge.fault);
	mem_free(judge.first);
	return status;
}
