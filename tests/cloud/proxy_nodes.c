/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a running HAProxy, changed through its runtime API. */
#include <string.h>

#include "common/mem.h"
#include "tests/cloud/clock.h"
#include "tests/cloud/proxy_config.h"
#include "tests/cloud/proxy_process.h"

#define LINE_MAX_BYTES 4096

/* A server whose connections were cut is gone from HAProxy's sessions a moment
 * later; 2.6 crashes when it is deleted before. */
#define REST_SECONDS 0.25

/* Commands that say nothing when they succeed, or else begin with `success'. */
static int command(struct proxy_process *p, const struct str *line,
	const char *success, struct err *e)
{
	struct str answer;
	const char *text;
	int result;

	if (proxy_process_command(p, line->text, &answer, e) < 0)
		return -1;
	text = answer.text + strspn(answer.text, " \r\n");
	result = (*success ? str_starts(text, success) : !*text)
			 ? 0
			 : err_set(e, ERR_OTHER, "'%s' was answered: %s",
				   line->text, text);
	str_free(&answer);
	return result;
}

static int set_state(
	struct proxy_process *p, struct proxy_server *s, struct err *e)
{
	struct str line;
	int result;

	str_init(&line, LINE_MAX_BYTES);
	proxy_config_state(&line, s);
	result = command(p, &line, "", e);
	str_free(&line);
	return result;
}

static int set_weight(
	struct proxy_process *p, struct proxy_server *s, struct err *e)
{
	struct str line;
	int result;

	str_init(&line, LINE_MAX_BYTES);
	str_addf(&line, "set server b/%s weight %d", s->name, s->is.weight);
	result = command(p, &line, "", e);
	str_free(&line);
	return result;
}

static int add(struct proxy_process *p, struct proxy_server *s, struct err *e)
{
	struct str line;
	int result;

	str_init(&line, LINE_MAX_BYTES);
	proxy_config_add(&line, s, p->nowhere);
	result = command(p, &line, "New server registered", e);
	str_free(&line);
	if (result == 0 && p->cookie) {
		/* A server that is added has no cookie until all of them are
		 * computed anew. */
		str_init(&line, LINE_MAX_BYTES);
		str_add(&line, "enable dynamic-cookie backend b");
		result = command(p, &line, "", e);
		str_free(&line);
	}
	return result;
}

static struct proxy_server *find(
	const struct proxy_process *p, const struct proxy_node *node)
{
	struct proxy_server *s = p->servers;

	while (s && (s->leaving || s->is.id != node->id ||
			    s->is.backup != node->backup))
		s = s->next;
	return s;
}

static int make(
	struct proxy_process *p, const struct proxy_node *node, struct err *e)
{
	struct proxy_server *s = mem_new(sizeof(*s));

	s->is = *node;
	s->wanted = true;
	proxy_config_name(s, ++p->serial);
	if (add(p, s, e) < 0) {
		mem_free(s);
		return -1;
	}
	s->next = p->servers;
	p->servers = s;
	return s->is.state == PROXY_READY || s->is.state == PROXY_DRAIN
		       ? set_state(p, s, e)
		       : 0;
}

static int change(struct proxy_process *p, struct proxy_server *s,
	const struct proxy_node *node, struct err *e)
{
	enum proxy_state state = s->is.state;
	int weight = s->is.weight;

	s->wanted = true;
	s->is = *node;
	if (weight != node->weight && set_weight(p, s, e) < 0)
		return -1;
	return state != node->state ? set_state(p, s, e) : 0;
}

static int apply_node(
	struct proxy_process *p, const struct proxy_node *node, struct err *e)
{
	struct proxy_server *s = find(p, node);

	return s ? change(p, s, node, e) : make(p, node, e);
}

static bool has_node(const struct proxy_plan *plan, int64_t id)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->nodes[i].id == id)
			return true;
	return false;
}

/* A removed node is cut; one that became primary or secondary has another
 * server in its place, and this one ends in peace. */
static int take_leave(struct proxy_process *p, struct proxy_server *s,
	const struct proxy_plan *plan, struct err *e)
{
	s->is.state = has_node(plan, s->is.id) ? PROXY_AWAY : PROXY_CUT;
	s->leaving = true;
	s->since = clock_monotonic();
	return set_state(p, s, e);
}

/* Those that can take traffic first, so that there is never less of them than
 * before and after. */
int proxy_process_nodes(
	struct proxy_process *p, const struct proxy_plan *plan, struct err *e)
{
	for (struct proxy_server *s = p->servers; s; s = s->next)
		s->wanted = false;
	for (int ready = 1; ready >= 0; ready--)
		for (size_t i = 0; i < plan->n; i++)
			if ((plan->nodes[i].state == PROXY_READY) == ready &&
				apply_node(p, &plan->nodes[i], e) < 0)
				return -1;
	for (struct proxy_server *s = p->servers; s; s = s->next)
		if (!s->wanted && !s->leaving && take_leave(p, s, plan, e) < 0)
			return -1;
	return 0;
}

int proxy_process_retire(struct proxy_process *p, struct err *e)
{
	struct str line;
	int result;

	str_init(&line, LINE_MAX_BYTES);
	str_add(&line, "shutdown frontend f");
	result = command(p, &line, "", e);
	str_free(&line);
	return result;
}

bool proxy_process_busy(struct proxy_process *p)
{
	struct str answer;
	struct err e;
	bool busy;

	if (proxy_process_command(p, "show info", &answer, &e) < 0)
		return false;
	busy = strstr(answer.text, "\nCurrConns: ") &&
	       !strstr(answer.text, "\nCurrConns: 0\n");
	str_free(&answer);
	return busy;
}

/* Whether the list of sessions names it as the server of one. */
static bool in_use(const char *sessions, const char *name)
{
	struct str word;
	bool found;

	str_init(&word, LINE_MAX_BYTES);
	str_addf(&word, " srv=%s ", name);
	found = strstr(sessions, word.text);
	str_free(&word);
	return found;
}

static bool try_delete(struct proxy_process *p, struct proxy_server *s)
{
	struct str line;
	struct err e;
	bool deleted;

	str_init(&line, LINE_MAX_BYTES);
	str_addf(&line, "del server b/%s", s->name);
	deleted = command(p, &line, "Server deleted", &e) == 0;
	str_free(&line);
	return deleted;
}

bool proxy_process_tidy(struct proxy_process *p)
{
	double limit = clock_monotonic() - REST_SECONDS;
	struct proxy_server *s, **link = &p->servers;
	struct str sessions = { .text = NULL };
	bool asked = false, left = false;
	struct err e;

	while ((s = *link)) {
		if (s->leaving && s->since <= limit && !asked) {
			asked = true;
			if (proxy_process_command(
				    p, "show sess", &sessions, &e) < 0)
				return true;
		}
		if (s->leaving && s->since <= limit &&
			!in_use(sessions.text, s->name) && try_delete(p, s)) {
			*link = s->next;
			mem_free(s);
			continue;
		}
		left = left || s->leaving;
		link = &s->next;
	}
	str_free(&sessions);
	return left;
}
