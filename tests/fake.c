/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/interrupt.h"
#include "common/mem.h"
#include "common/module.h"
#include "common/run.h"
#include "common/str.h"

#define LINES_MAX 200

struct line {
	char *method, *path, *status, *body;
	bool forever;
	int used;
};

struct fake {
	struct transport transport;
	struct line lines[LINES_MAX];
	size_t count;
	int64_t now;
	cJSON *log;
};

/* A module's run makes its transport by a function without arguments. */
static struct fake fake;

static const char access_reply[] =
	"{'access': {'token': {'id': 'tok-1', 'tenant': {'id': '700123'}},"
	" 'serviceCatalog': ["
	"{'type': 'compute', 'name': 'cloudServers', 'endpoints':"
	" [{'publicURL': 'http://old/v1'}]},"
	"{'type': 'compute', 'name': 'cloudServersOpenStack', 'endpoints':"
	" [{'region': 'ORD', 'publicURL': 'http://cloud/wrong'},"
	" {'region': 'DFW', 'publicURL': 'http://cloud/compute/'}]},"
	"{'type': 'volume', 'endpoints':"
	" [{'region': 'DFW', 'publicURL': 'http://cloud/volume'}]},"
	"{'type': 'image', 'name': 'cloudImages', 'endpoints':"
	" [{'region': 'DFW', 'publicURL': 'http://cloud/v2/'}]},"
	"{'type': 'rax:load-balancer', 'endpoints':"
	" [{'region': 'DFW', 'publicURL': 'http://cloud/balancer'}]}]}}";

static void parse_line(char *text, struct line *line)
{
	*line = (struct line){ .forever = *text == '+' };
	text += line->forever;
	line->method = strsep(&text, " ");
	line->path = strsep(&text, " ");
	line->status = strsep(&text, " ");
	line->body = text;
	ck_assert_msg(line->status, "bad line in the script");
}

static void parse_script(const char *script, char **copy)
{
	char *rest = *copy = mem_copy(script ? script : "");

	fake.count = 0;
	for (char *text; (text = strsep(&rest, "\n"));) {
		text += strspn(text, " \t");
		if (!*text)
			continue;
		ck_assert(fake.count < LINES_MAX);
		parse_line(text, &fake.lines[fake.count++]);
	}
}

static struct line *find_line(const char *method, const char *path)
{
	for (size_t i = 0; i < fake.count; i++) {
		struct line *line = &fake.lines[i];

		if ((line->forever || !line->used) &&
			streq(line->method, method) && streq(line->path, path))
			return line;
	}
	return NULL;
}

static cJSON *parse_literal(const char *text)
{
	return text && *text ? json_literal(text) : NULL;
}

static void answer(struct http_request *r, long status, const char *body)
{
	r->fate = HTTP_ANSWERED;
	r->status = status;
	if (body && *body != '{' && *body != '[')
		r->text = mem_copy(body);
	else
		r->reply = parse_literal(body);
	r->request_id = mem_copy("req-7");
}

static void take_line(struct http_request *r, struct line *line)
{
	line->used++;
	if (streq(line->status, "cut")) {
		r->fate = HTTP_UNKNOWN;
		r->failure = mem_copy("Empty reply from server");
	} else if (streq(line->status, "refused")) {
		r->fate = HTTP_NOT_SENT;
		r->failure = mem_copy("Connection refused");
	} else if (streq(line->status, "signal")) {
		r->fate = HTTP_UNKNOWN;
		r->failure = mem_copy("interrupted by a signal");
		raise(SIGTERM);
	} else {
		answer(r, strtol(line->status, NULL, 10), line->body);
	}
}

/* "http://cloud/compute/servers" is "/servers". */
static const char *path_of(const char *url)
{
	const char *service = strstr(url, "://cloud/");

	ck_assert_msg(service, "not in the catalog: %s", url);
	service = strchr(service + 9, '/');
	return service ? service : "/";
}

static void send_one(struct http_request *r)
{
	struct line *line;
	const char *path;

	if (strstr(r->url, "/tokens")) {
		answer(r, 200, access_reply);
		return;
	}
	path = path_of(r->url);
	ck_assert_str_eq(r->token, "tok-1");
	json_append(fake.log,
		json_object(JSON_STR("method", r->method),
			JSON_STR("path", path), JSON_COPY("body", r->body)));
	line = find_line(r->method, path);
	ck_assert_msg(line, "unexpected request: %s %s", r->method, path);
	take_line(r, line);
}

static int send_all(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	(void)transport, (void)deadline;
	for (size_t i = 0; i < count; i++)
		send_one(requests[i]);
	return interrupt_signal() ? -1 : 0;
}

static int64_t now(struct transport *transport)
{
	(void)transport;
	return fake.now;
}

static int pause_for(struct transport *transport, int64_t milliseconds)
{
	(void)transport;
	fake.now += milliseconds;
	return interrupt_signal() ? -1 : 0;
}

static void free_nothing(struct transport *transport)
{
	(void)transport;
}

static struct transport *connect_fake(bool verify)
{
	(void)verify;
	fake.transport = (struct transport){ .send = send_all,
		.now = now,
		.pause = pause_for,
		.free = free_nothing };
	return &fake.transport;
}

int64_t fake_elapsed(void)
{
	return fake.now;
}

/* Credentials, and what Ansible adds. */
static char *arguments(const char *given, bool check)
{
	cJSON *args = json_literal(given);
	char *text;

	json_set_str(args, "username", "me");
	json_set_str(args, "api_key", "s3cr3t-key");
	json_set_str(args, "region", "dfw");
	json_set(args, "_ansible_check_mode", json_new_bool(check));
	json_set(args, "_ansible_diff", json_new_bool(true));
	text = json_text(args);
	cJSON_Delete(args);
	return text;
}

cJSON *fake_run(const struct module *module, const char *given,
	const char *cloud, bool check, cJSON **log)
{
	char *script, *text = arguments(given, check), *output;
	cJSON *result;
	struct err e;
	int status;

	setenv("HOME", "/nonexistent", 1);
	interrupt_catch();
	interrupt_clear();
	parse_script(cloud, &script);
	fake.now = 0;
	fake.log = cJSON_CreateArray();
	status = run_module(module, text, strlen(text), connect_fake, &output);
	result = json_parse(output, strlen(output), &e);
	ck_assert_msg(result, "no JSON: %s", output);
	ck_assert_msg(!strstr(output, "s3cr3t") && !strstr(output, "tok-1"),
		"a secret in: %s", output);
	ck_assert_msg(!strstr(output, "ansible-run"), "a mark in: %s", output);
	ck_assert_int_eq(status, json_bool(result, "failed") ? 1 : 0);
	for (size_t i = 0; i < fake.count; i++)
		ck_assert_msg(fake.lines[i].used || fake.lines[i].forever,
			"not asked for: %s %s", fake.lines[i].method,
			fake.lines[i].path);
	if (log)
		*log = fake.log;
	else
		cJSON_Delete(fake.log);
	mem_free(output);
	mem_free(text);
	mem_free(script);
	return result;
}

bool fake_covers(const cJSON *have, const cJSON *want)
{
	if (cJSON_IsObject(want)) {
		json_each (member, want) {
			if (!fake_covers(
				    json_member(have, member->string), member))
				return false;
		}
		return cJSON_IsObject(have);
	}
	if (cJSON_IsArray(want)) {
		const cJSON *item = have ? have->child : NULL;

		if (!cJSON_IsArray(have) || json_size(have) != json_size(want))
			return false;
		json_each (wanted, want) {
			if (!item || !fake_covers(item, wanted))
				return false;
			item = item->next;
		}
		return true;
	}
	return json_equal(have, want);
}

/* "METHOD PATH" of each write, sorted, a line each. */
static char *list_writes(const cJSON *requests)
{
	cJSON *lines = cJSON_CreateArray(), *sorted;
	struct str s;

	json_each (request, requests) {
		char *line = mem_printf("%s %s", json_str(request, "method"),
			json_str(request, "path"));

		if (!str_starts(line, "GET "))
			json_append(lines, json_object(JSON_STR("line", line)));
		mem_free(line);
	}
	sorted = json_sorted(lines, "line", "line");
	str_init(&s, SIZE_MAX / 4);
	json_each (item, sorted) {
		str_addf(&s, "%s\n", json_str(item, "line"));
	}
	cJSON_Delete(lines);
	cJSON_Delete(sorted);
	return str_take(&s);
}

/* The expected lines as the same list; a predicted path has the catalog's part
 * before it. */
static char *list_expected(const char *text, bool check)
{
	char *copy = mem_copy(text ? text : ""), *rest = copy;
	cJSON *requests = cJSON_CreateArray();
	char *list;

	for (char *line; (line = strsep(&rest, "\n"));) {
		char *path = strchr(line, ' ');
		const char *service = "";

		if (!path)
			continue;
		*path++ = '\0';
		if (check)
			service = str_starts(path, "/loadb") ? "/balancer"
							     : "/compute";
		path = mem_printf("%s%s", service, path);
		json_append(requests, json_object(JSON_STR("method", line),
					      JSON_STR("path", path)));
		mem_free(path);
	}
	list = list_writes(requests);
	cJSON_Delete(requests);
	mem_free(copy);
	return list;
}

static void compare_result(const struct fake_case *c, const cJSON *result)
{
	cJSON *want = parse_literal(c->result);
	char *text = json_text(result);
	const char *message = json_str(result, "msg");

	if (c->fails)
		ck_assert_msg(json_bool(result, "failed") && message &&
				      strstr(message, c->fails),
			"wanted: %s\ngot: %s", c->fails, text);
	else
		ck_assert_msg(!json_bool(result, "failed"), "failed: %s", text);
	ck_assert_msg(!want || fake_covers(result, want), "wanted: %s\ngot: %s",
		c->result, text);
	cJSON_Delete(want);
	mem_free(text);
}

void fake_check(const struct module *module, const struct fake_case *c)
{
	cJSON *log;
	cJSON *result = fake_run(module, c->given, c->cloud, c->check, &log);
	char *expected = list_expected(c->requests, c->check);
	char *sent = list_writes(log);
	char *predicted = list_writes(json_get(result, "requests"));

	compare_result(c, result);
	ck_assert_str_eq(c->check ? predicted : sent, expected);
	if (c->check)
		ck_assert_str_eq(sent, "");
	mem_free(predicted);
	mem_free(sent);
	mem_free(expected);
	cJSON_Delete(log);
	cJSON_Delete(result);
}
