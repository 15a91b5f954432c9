/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper's children do: copy, remove, and be a sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/child.h"
#include "tests/cloud/given.h"
#include "tests/cloud/keeper.h"
#include "tests/cloud/sandbox.h"
#include "tests/cloud/tree.h"

#define SAID_MAX 16384
#define UP       "machine up " /* and 0 or 1 */

static void report_bad(
	struct keeper *k, const struct thing *thing, const char *why)
{
	keeper_say(
		k, json_object(JSON_STR(thing->is_image ? "image" : "machine",
				       thing->id),
			   JSON_STR("is", "bad"), JSON_STR("why", why)));
}

/* The tree is made beside the old one, which may be missing. */
static int copy(const struct thing *source, const struct thing *target,
	const cJSON *given, struct err *e)
{
	char *from = mem_printf("%s/tree", source->directory);
	char *to = mem_printf("%s/tree", target->directory);
	char *new = mem_printf("%s/given", target->directory);
	int result = tree_remove(target->directory, e);

	if (result == 0)
		result = tree_make(target->directory, "", 0700, e);
	if (result == 0)
		result = tree_copy(from, to, e);
	if (result == 0 && given)
		result = given_write(new, given, e);
	mem_free(from);
	mem_free(to);
	mem_free(new);
	return result;
}

static void __attribute__((noreturn))
do_job(const struct job *job, const cJSON *given)
{
	struct err e = { 0 };
	int result = job->source ? copy(job->source, job->target, given, &e)
				 : tree_remove(job->target->directory, &e);

	if (result < 0)
		dprintf(STDOUT_FILENO, "%s\n", e.text);
	_exit(result < 0);
}

static void start_job(struct keeper *k, struct thing *target,
	struct thing *source, const cJSON *given)
{
	struct job *job = mem_new(sizeof(*job));
	int ends[2] = { -1, -1 };

	job->target = target;
	job->source = source;
	job->pid = pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0
			   ? -1
			   : child_fork(ends[1]);
	if (job->pid == 0)
		do_job(job, given);
	if (ends[1] >= 0)
		close(ends[1]);
	job->output = ends[0];
	if (job->pid < 0) {
		report_bad(k, target, strerror(errno));
		target->bad = true;
		if (job->output >= 0)
			close(job->output);
		mem_free(job);
		return;
	}
	job->next = k->jobs;
	k->jobs = job;
	target->writer = job->pid;
	if (source)
		source->readers++;
}

void keeper_copy(struct keeper *k, struct thing *source, struct thing *target,
	const cJSON *given)
{
	target->is_new = true;
	start_job(k, target, source, given);
}

void keeper_remove(struct keeper *k, struct thing *thing)
{
	thing->ready = false;
	start_job(k, thing, NULL, NULL);
}

static void __attribute__((noreturn))
become(const struct keeper *k, const struct thing *thing)
{
	struct pool *pool = pool_new();
	const cJSON *o = thing->order;
	const char *address = json_str(o, "address");
	const char *private = json_str(o, "private");
	const char *sshd = json_str(o, "sshd");
	const struct sandbox s = { .scripts = k->scripts,
		.tree = pool_printf(pool, "%s/tree", thing->directory),
		.given = pool_printf(pool, "%s/given", thing->directory),
		.id = thing->id,
		.name = json_str(o, "name"),
		.hostname = json_str(o, "hostname"),
		.address = address ? address : "",
		.private_address = private ? private : "",
		.sshd = sshd ? sshd : "",
		.ssh_port = k->ssh_port,
		.is_new = thing->is_new };

	sandbox_become(&s);
}

static void say_down(struct keeper *k, const struct thing *thing, int status,
	const char *why)
{
	keeper_say(
		k, json_object(JSON_STR("machine", thing->id),
			   JSON_STR("is", "down"), JSON_INT("run", thing->run),
			   JSON_INT("status", status), JSON_STR("why", why)));
}

/* Its output is read at the end, too, when its pipe may be full of nothing
 * that anybody waits for. */
void keeper_start(struct keeper *k, struct thing *thing)
{
	int ends[2] = { -1, -1 };
	pid_t pid;

	thing->run = json_int(thing->order, "run", 0);
	pid = pipe2(ends, O_CLOEXEC) < 0 ? -1 : child_fork(ends[1]);
	if (pid == 0)
		become(k, thing);
	if (ends[1] >= 0)
		close(ends[1]);
	cJSON_Delete(thing->order);
	thing->order = NULL;
	thing->said_up = thing->ends = false;
	thing->inside = 0;
	if (pid < 0) {
		say_down(k, thing, -1, strerror(errno));
		if (ends[0] >= 0)
			close(ends[0]);
		return;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	thing->pid = pid;
	thing->output = ends[0];
	thing->is_new = false;
	str_init(&thing->said, SAID_MAX);
}

/* The inner process takes everything along, and the outer one exits when that
 * is done. As long as the inner one is not known, the end has to wait. */
void keeper_kill(struct thing *thing)
{
	thing->ends = true;
	if (thing->pid > 0 && thing->inside > 0)
		kill(thing->inside, SIGKILL);
	else if (thing->pid > 0 && thing->output < 0)
		kill(thing->pid, SIGKILL);
}

static void understand(struct keeper *k, struct thing *thing)
{
	const char *child = strstr(thing->said.text, "\"child-pid\": ");
	const char *up = strstr(thing->said.text, UP);

	if (child && thing->inside == 0 && strchr(child, '}')) {
		thing->inside = (pid_t)strtol(
			child + strlen("\"child-pid\": "), NULL, 10);
		if (thing->ends)
			keeper_kill(thing);
	}
	if (!up || thing->said_up || !strchr(up, '\n'))
		return;
	thing->said_up = true;
	keeper_say(k, json_object(JSON_STR("machine", thing->id),
			      JSON_STR("is", "up"), JSON_INT("run", thing->run),
			      JSON_BOOL("boots", up[strlen(UP)] == '1')));
}

void keeper_listen(struct keeper *k, struct thing *thing)
{
	char buffer[4096];
	ssize_t n;

	if (thing->output < 0)
		return;
	while ((n = read(thing->output, buffer, sizeof(buffer))) > 0)
		str_add_n(&thing->said, buffer, (size_t)n);
	understand(k, thing);
	if (n == 0) {
		close(thing->output);
		thing->output = -1;
		if (thing->ends)
			keeper_kill(thing);
	}
}

/* Of one that was up, nothing but that was said. */
static const char *last_words(struct thing *thing)
{
	const char *line = child_last_line(&thing->said);

	return thing->said_up || streq(line, "}") ? NULL : line;
}

static void sandbox_ended(struct keeper *k, struct thing *thing, int status)
{
	keeper_listen(k, thing);
	if (thing->output >= 0)
		close(thing->output);
	thing->output = -1;
	thing->pid = thing->inside = 0;
	say_down(k, thing, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		last_words(thing));
	str_free(&thing->said);
	keeper_step(k, thing);
}

static void job_ended(struct keeper *k, struct job *job, int status)
{
	struct thing *target = job->target, *source = job->source;
	char text[512];
	ssize_t n = read(job->output, text, sizeof(text) - 1);
	bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(job->output);
	target->writer = 0;
	target->ready = fine && source;
	target->bad = !fine;
	if (!fine)
		report_bad(k, target, *text ? text : "the copying broke off");
	else if (source && target->is_image)
		keeper_say(k, json_object(JSON_STR("image", target->id),
				      JSON_STR("is", "copied")));
	if (source) {
		source->readers--;
		keeper_step(k, source);
	}
	target->gone = !source;
	mem_free(job);
	keeper_step(k, target);
}

void keeper_reap(struct keeper *k, pid_t pid, int status)
{
	for (struct job **at = &k->jobs; *at; at = &(*at)->next) {
		struct job *job = *at;

		if (job->pid != pid)
			continue;
		*at = job->next;
		job_ended(k, job, status);
		return;
	}
	for (struct thing *t = k->things; t; t = t->next)
		if (t->pid == pid) {
			sandbox_ended(k, t, status);
			return;
		}
}
