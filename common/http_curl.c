/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport of http.h on libcurl: a bounded window over one multi handle,
 * which keeps its connections from one run to the next.
 *
 * TLS is verified against the hashed certificate directory where there is one:
 * reading a whole bundle costs more than the rest of a module (some 20 ms a
 * host). SSL_CERT_FILE and SSL_CERT_DIR say otherwise, as for OpenSSL's tools.
 */
#include <curl/curl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/http.h"
#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

#define CONNECT_TIMEOUT 10000
#define ATTEMPT_TIMEOUT 60000
#define HEADER_MAX      1024
/* CURLOPT_QUICK_EXIT is the newest of what is set below. */
#define CURL_NEEDED 0x075700
/* What a write that is under way gets to finish after a signal. */
#define GRACE 5000

struct curl_transport {
	struct transport transport;
	CURLM *multi;
	bool verify;
	bool hashed_directory;
};

/* One request under way. */
struct transfer {
	struct http_request *request;
	CURL *easy;
	struct curl_slist *headers;
	struct str answer;
	char *body;
	char words[CURL_ERROR_SIZE];
	int sends;       /* how often it went out, or was about to */
	bool head_ended; /* the last head that came came whole */
	struct transfer *next;
};

static int64_t clock_now(struct transport *transport)
{
	struct timespec now;

	(void)transport;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int clock_pause(struct transport *transport, int64_t milliseconds)
{
	struct pollfd wake = { .fd = interrupt_descriptor(), .events = POLLIN };
	int64_t end = clock_now(transport) + milliseconds;

	for (int64_t left; (left = end - clock_now(transport)) > 0;) {
		if (interrupt_signal())
			return -1;
		poll(&wake, 1, (int)(left > 60000 ? 60000 : left));
	}
	return interrupt_signal() ? -1 : 0;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;

	str_add_n(&transfer->answer, bytes, size * count);
	return transfer->answer.full ? 0 : size * count;
}

/* The part of the line behind "name:", trimmed; NULL if it is another. */
static char *header_value(const char *line, size_t length, const char *name)
{
	size_t skip = strlen(name);

	if (length <= skip || strncasecmp(line, name, skip) ||
		line[skip] != ':')
		return NULL;
	for (skip++; skip < length && strchr(" \t", line[skip]); skip++)
		;
	while (length > skip && strchr(" \t\r\n", line[length - 1]))
		length--;
	length = length - skip > HEADER_MAX ? skip + HEADER_MAX : length;
	return mem_copy_n(line + skip, length - skip);
}

static void note_date(struct transfer *transfer, const char *line, size_t n)
{
	struct http_request *r = transfer->request;
	char *value = header_value(line, n, "Date");
	int64_t date = value ? (int64_t)curl_getdate(value, NULL) : 0;

	mem_free(value);
	if (date <= 0)
		return;
	r->date = date;
	r->dated = clock_now(NULL);
}

/* For libcurl a head that breaks off is as good as one that ends. After the
 * last one lines may still come, behind the body. */
static void note_head(struct transfer *transfer, const char *line, size_t n)
{
	if (n > 0 && (*line == '\r' || *line == '\n'))
		transfer->head_ended = true;
	else if (n > 5 && !strncmp(line, "HTTP/", 5))
		transfer->head_ended = false;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	struct http_request *r = transfer->request;
	const struct {
		const char *name;
		char **value;
	} wanted[] = {
		{ "Location", &r->location },
		{ "Retry-After", &r->retry_after },
		{ "Reply-After", &r->retry_after },
		{ "WWW-Authenticate", &r->challenge },
		{ "X-Compute-Request-Id", &r->request_id },
		{ "X-Openstack-Request-Id", &r->request_id },
		{ "X-Request-Id", &r->request_id },
		{ "X-Trans-Id", &r->request_id },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char *value = header_value(line, size * count, wanted[i].name);

		if (!value)
			continue;
		mem_free(*wanted[i].value);
		*wanted[i].value = value;
	}
	note_date(transfer, line, size * count);
	note_head(transfer, line, size * count);
	return size * count;
}

/* libcurl sends a request again, unasked, when a connection that it kept turns
 * out to be closed. What must not be done twice is stopped here instead: the
 * first one may have been done before the connection broke. Of the others
 * that doubt is remembered. What was still connecting when a signal came is not
 * begun either. */
static int before_sending(
	void *data, char *ip, char *local_ip, int port, int local_port)
{
	struct transfer *transfer = data;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (interrupt_signal())
		return CURL_PREREQFUNC_ABORT;
	if (transfer->sends++ && !transfer->request->repeatable)
		return CURL_PREREQFUNC_ABORT;
	return CURL_PREREQFUNC_OK;
}

static void add_header(
	struct transfer *transfer, const char *name, const char *value)
{
	char *line = mem_printf("%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(transfer->headers, line);

	mem_free(line);
	if (more)
		transfer->headers = more;
}

static void set_certificates(const struct curl_transport *t, CURL *easy)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *directory = getenv("SSL_CERT_DIR");

	if (!t->verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	} else if (file || directory) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, directory);
	} else if (t->hashed_directory) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_CAPATH, "/etc/ssl/certs");
	}
}

static void set_body(struct transfer *transfer)
{
	struct http_request *r = transfer->request;
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	if (!r->body && !streq(r->method, "POST") && !streq(r->method, "PUT"))
		return;
	transfer->body = r->body ? json_text(r->body) : mem_copy("");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)strlen(transfer->body));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
	/* Without a body libcurl would name the type of a form. */
	add_header(transfer, "Content-Type",
		!r->body          ? ""
		: r->content_type ? r->content_type
				  : "application/json");
	/* Waiting for "100 Continue" would cost a second for each body. */
	add_header(transfer, "Expect", "");
}

static void set_callbacks(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->words);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

static void set_times(const struct transfer *transfer, int64_t left)
{
	CURL *easy = transfer->easy;

	left = left > ATTEMPT_TIMEOUT ? ATTEMPT_TIMEOUT : left;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Or a name server that is silent would hold us up beyond it. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(
		easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT);
}

static void set_target(const struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_URL, transfer->request->url);
	/* "/servers/.." must not become "/". */
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(
		easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static struct transfer *new_transfer(const struct curl_transport *t,
	struct http_request *request, int64_t left)
{
	struct transfer *transfer = mem_new(sizeof(*transfer));
	CURL *easy = curl_easy_init();

	transfer->request = request;
	transfer->easy = easy;
	str_init(&transfer->answer, HTTP_ANSWER_MAX);
	set_target(transfer);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "rackspace.cloud ansible");
	set_times(transfer, left);
	set_callbacks(transfer);
	set_certificates(t, easy);
	add_header(transfer, "Accept", "application/json");
	if (request->token)
		add_header(transfer, "X-Auth-Token", request->token);
	set_body(transfer);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	return transfer;
}

static void read_answer(struct transfer *transfer)
{
	struct http_request *r = transfer->request;
	struct str *answer = &transfer->answer;
	struct err ignored;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &r->status);
	r->fate = HTTP_ANSWERED;
	if (!answer->length)
		return;
	r->reply = json_parse(answer->text, answer->length, &ignored);
	if (r->reply)
		return;
	r->text = str_take(answer);
}

static const char *failure_words(const struct transfer *transfer, CURLcode code)
{
	if (transfer->answer.full)
		return "the answer is larger than 16 MiB";
	if (interrupt_signal())
		return "interrupted by a signal";
	if (code == CURLE_OK || transfer->sends > 1)
		return "the connection was closed without a whole answer";
	return *transfer->words ? transfer->words : curl_easy_strerror(code);
}

/* Whether the next try would come to the same. */
static bool is_final(const struct transfer *transfer, CURLcode code)
{
	return transfer->answer.full || code == CURLE_URL_MALFORMAT ||
	       code == CURLE_UNSUPPORTED_PROTOCOL ||
	       code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CACERT_BADFILE;
}

static void finish(
	struct curl_transport *t, struct transfer *transfer, CURLcode code)
{
	struct http_request *r = transfer->request;

	r->doubtful = r->doubtful || transfer->sends > 1;
	if (code == CURLE_OK && transfer->head_ended) {
		read_answer(transfer);
	} else {
		r->fate = transfer->sends ? HTTP_UNKNOWN : HTTP_NOT_SENT;
		r->failure = mem_copy(failure_words(transfer, code));
		r->final = is_final(transfer, code);
	}
	curl_multi_remove_handle(t->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	str_free(&transfer->answer);
	mem_free(transfer->body);
	mem_free(transfer);
}

/* After a signal a write that is under way gets some grace, all else is
 * dropped at once. */
static void drop(
	struct curl_transport *t, struct transfer **running, bool but_writes)
{
	struct transfer **link = running;

	while (*link) {
		struct transfer *transfer = *link;

		if (but_writes && transfer->sends &&
			!streq(transfer->request->method, "GET")) {
			link = &transfer->next;
			continue;
		}
		*link = transfer->next;
		finish(t, transfer, CURLE_ABORTED_BY_CALLBACK);
	}
}

static size_t reap(struct curl_transport *t, struct transfer **running)
{
	size_t ended = 0;
	int left;
	CURLMsg *message;

	while ((message = curl_multi_info_read(t->multi, &left))) {
		struct transfer *transfer;
		CURLcode code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			(char **)&transfer);
		for (struct transfer **link = running; *link;
			link = &(*link)->next) {
			if (*link == transfer) {
				*link = transfer->next;
				break;
			}
		}
		finish(t, transfer, code);
		ended++;
	}
	return ended;
}

/* One batch: what is under way of it, and what is still to be started. */
struct batch {
	struct curl_transport *transport;
	struct http_request *const *requests;
	size_t count, started, under_way;
	struct transfer *running;
	int64_t deadline;
};

static void start(struct batch *b)
{
	struct http_request *request = b->requests[b->started++];
	int64_t left = b->deadline - clock_now(&b->transport->transport);
	struct transfer *transfer;

	if (left <= 0) {
		request->failure =
			mem_copy("the time was over before it was sent");
		request->final = true;
		return;
	}
	transfer = new_transfer(b->transport, request, left);
	transfer->next = b->running;
	b->running = transfer;
	b->under_way++;
	curl_multi_add_handle(b->transport->multi, transfer->easy);
}

static int send_all(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	struct curl_transport *t = (struct curl_transport *)transport;
	struct batch b = { t, requests, count, 0, 0, NULL, deadline };
	struct curl_waitfd wake = { .fd = interrupt_descriptor(),
		.events = CURL_WAIT_POLLIN };
	int64_t give_up = INT64_MAX;
	int active;

	while (b.running || (b.started < count && give_up == INT64_MAX)) {
		if (interrupt_signal() && give_up == INT64_MAX) {
			give_up = clock_now(transport) + GRACE;
			drop(t, &b.running, true);
		}
		if (clock_now(transport) > give_up)
			drop(t, &b.running, false);
		while (b.started < count && b.under_way < HTTP_WINDOW &&
			give_up == INT64_MAX)
			start(&b);
		curl_multi_perform(t->multi, &active);
		b.under_way -= reap(t, &b.running);
		if (b.running)
			curl_multi_poll(t->multi, &wake,
				wake.fd >= 0 && give_up == INT64_MAX, 1000,
				NULL);
	}
	while (b.started < count)
		requests[b.started++]->failure =
			mem_copy("interrupted by a signal");
	return give_up == INT64_MAX ? 0 : -1;
}

static void free_transport(struct transport *transport)
{
	struct curl_transport *t = (struct curl_transport *)transport;

	curl_multi_cleanup(t->multi);
	curl_global_cleanup();
	mem_free(t);
}

static bool has_hashed_certificates(void)
{
	glob_t found = { 0 };
	bool any = glob("/etc/ssl/certs/*.0", GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	return any;
}

static void *resize(void *memory, size_t size)
{
	return mem_resize(memory, size, 1);
}

int http_curl_check(struct err *e)
{
	const curl_version_info_data *found =
		curl_version_info(CURLVERSION_NOW);

	if (found->version_num >= CURL_NEEDED)
		return 0;
	return err_set(e, ERR_OTHER,
		"the libcurl of this machine is %s, and this module needs "
		"7.87 or newer: upgrade it, or delegate the task to a machine "
		"that has one",
		found->version);
}

struct transport *http_curl(bool verify)
{
	struct curl_transport *t = mem_new(sizeof(*t));

	curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_new, mem_free, resize,
		mem_copy, mem_array);
	t->transport = (struct transport){ .send = send_all,
		.now = clock_now,
		.pause = clock_pause,
		.free = free_transport };
	t->multi = curl_multi_init();
	/* By itself it keeps fewer of them when few are at work. */
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, 2L * HTTP_WINDOW);
	t->verify = verify;
	t->hashed_directory = has_hashed_certificates();
	return &t->transport;
}
