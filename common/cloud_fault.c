/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a failure. */
#include <string.h>

#include "common/censor.h"
#include "common/cloud.h"
#include "common/str.h"

#define WORDS_MAX 2000
/* A longer text is not searched for secrets, and not shown. */
#define CENSORED_MAX (1024 * 1024)
/* Nobody reads more, and a list can have millions. */
#define SENTENCES_MAX 50

static void add_sentence(struct str *s, const cJSON *sentence)
{
	const char *text = cJSON_GetStringValue(sentence);

	if (text && *text && !strstr(s->text, text))
		str_addf(s, "%s%s", s->length ? " " : "", text);
}

/* Adds a text, or each text of a list. */
static void add_words(struct str *s, const cJSON *words)
{
	int count = 0;

	add_sentence(s, words);
	if (!cJSON_IsArray(words))
		return;
	json_each (item, words) {
		if (count++ < SENTENCES_MAX)
			add_sentence(s, item);
	}
}

/* Flat for load balancers, wrapped in the fault's name for the others; a
 * message may be a list; validation messages come beside it
 * (load-balancers.md A1, servers.md A1). */
static void add_fault(struct str *s, const cJSON *reply)
{
	const cJSON *fault = reply;

	if (!json_member(reply, "message")) {
		json_each (member, reply) {
			if (json_member(member, "message")) {
				fault = member;
				break;
			}
		}
	}
	add_words(s, json_member(fault, "message"));
	add_words(s, json_get(fault, "validationErrors.messages"));
}

/* All that the cloud said, the caller's. */
static char *whole_words(const struct call *call)
{
	struct str s;

	str_init(&s, HTTP_ANSWER_MAX);
	if (call->http.reply)
		add_fault(&s, call->http.reply);
	else if (call->http.text)
		str_add(&s, call->http.text);
	return str_take(&s);
}

bool cloud_says(const struct call *call, const char *what)
{
	char *words = whole_words(call);
	bool found = str_find_nocase(words, what) != NULL;

	mem_free(words);
	return found;
}

char *cloud_censored(const struct cloud *c, const char *text)
{
	char *censored;

	if (strlen(text) > CENSORED_MAX)
		return mem_copy("(a text that is too long to be shown)");
	censored = censor_text(text, c->secrets);
	if (strlen(censored) > WORDS_MAX)
		memcpy(censored + str_whole(censored, WORDS_MAX - 4), " ...",
			sizeof(" ..."));
	return censored;
}

char *cloud_words(const struct cloud *c, const struct call *call)
{
	char *words = whole_words(call);
	char *censored = cloud_censored(c, words);

	mem_free(words);
	return censored;
}

const char *cloud_where(const struct cloud *c)
{
	if (!c->region)
		return pool_printf(c->pool, " at %s", c->login->endpoint);
	if (!c->account || !*c->account)
		return pool_printf(c->pool, " in %s", c->region);
	return pool_printf(
		c->pool, " in %s, account %s", c->region, c->account);
}

static int fault_without_answer(
	const struct cloud *c, const struct call *call, struct err *e)
{
	const struct http_request *r = &call->http;
	bool late = cloud_now(c) >= c->deadline;

	if (!r->tries)
		return err_set(e, late ? ERR_TIME : ERR_OTHER, "%s (%s%s)",
			r->failure ? r->failure : "not sent", call->doing,
			cloud_where(c));
	err_set(e, late ? ERR_TIME : ERR_OTHER, "%s (%s%s: %s after %d %s)",
		r->failure ? r->failure : "no answer", call->doing,
		cloud_where(c),
		r->fate == HTTP_NOT_SENT ? "no connection" : "no answer",
		r->tries, r->tries == 1 ? "try" : "tries");
	e->passes = !r->final;
	return -1;
}

int cloud_fault(const struct cloud *c, const struct call *call, struct err *e)
{
	const struct http_request *r = &call->http;
	bool absent = r->status == 404 || r->status == 410;
	char *words;

	if (r->fate != HTTP_ANSWERED)
		return fault_without_answer(c, call, e);
	words = cloud_words(c, call);
	err_set(e, absent ? ERR_ABSENT : ERR_OTHER,
		"%s%s(%s%s: HTTP %ld%s%s%s%s)", words, *words ? " " : "",
		call->doing, cloud_where(c), r->status,
		*http_reason(r->status) ? " " : "", http_reason(r->status),
		r->request_id ? ", request id " : "",
		r->request_id ? r->request_id : "");
	if (http_is_rate_limit(r))
		err_more(e, "The rate limit is used up%s%s; try again later.",
			r->retry_after ? " until Retry-After " : "",
			r->retry_after ? r->retry_after : "");
	e->status = r->status;
	e->passes = http_passes(r->status) || http_is_rate_limit(r);
	mem_free(words);
	return -1;
}
