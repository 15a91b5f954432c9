/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/door.h"

#include <math.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/log.h"
#include "tests/cloud/service.h"
#include "tests/cloud/sim.h"

static void read_body(struct visit *v)
{
	struct err e;
	cJSON *tree;

	if (!v->length || v->too_long)
		return;
	v->call.body_text = v->body;
	v->call.body_length = v->length;
	tree = json_parse(v->body, v->length, &e);
	v->call.body = tree ? pool_keep(v->pool, tree) : NULL;
}

/* Every reply of a service carries an id, which users are shown. */
static const char *add_request_id(struct call *call)
{
	char *uuid = cloud_uuid();

	call_header(call, call->service->id_header, "req-%s", uuid);
	mem_free(uuid);
	return call->headers->value;
}

static void note_arrival(struct visit *v)
{
	struct call *call = &v->call;
	struct log *log = v->cloud->log;
	const char *service = call->service ? call->service->name : "";
	const char *id = call->service ? add_request_id(call) : "";

	v->number = log_begin(log, cloud_now(v->cloud), v->method, v->target);
	log_content(log, v->number, service, id, call->body, call->body_text);
	v->fault = faults_request(
		v->cloud->faults, v->method, v->target, service, v->pool);
}

double door_arrive(struct visit *v)
{
	struct call *call = &v->call;
	bool malformed;
	double delay;

	*call = (struct call){ .cloud = v->cloud,
		.pool = v->pool,
		.method = v->method,
		.target = v->target,
		.token = v->token,
		.session = v->session,
		.content_type = v->content_type };
	malformed = call_read_target(call, v->target) < 0;
	read_body(v);
	if (!malformed && sim_wants(call))
		return 0;
	if (malformed)
		call->n_segments = 0;
	call->service = service_of(call);
	cloud_lock(v->cloud);
	note_arrival(v);
	delay = v->cloud->settings.latency + v->fault.delay;
	cloud_unlock(v->cloud);
	if (malformed)
		call_text(call, 400, "text/plain", "Bad Request\n");
	else if (v->too_long)
		call_text(call, 413, "text/plain", "Too long\n");
	return v->fault.stall ? INFINITY : delay;
}

static void serve(struct visit *v)
{
	struct call *call = &v->call;

	cloud_lock(v->cloud);
	cloud_advance(v->cloud);
	call->now = cloud_now(v->cloud);
	if (v->number)
		service_run(call);
	else
		sim_run(call);
	if (!streq(call->method, "GET"))
		cloud_changed(v->cloud);
	cloud_unlock(v->cloud);
}

static struct answer answer_of(const struct call *call)
{
	struct answer a = { .status = call->status, .headers = call->headers };
	char *text;

	if (call->reply) {
		text = json_text(call->reply);
		a.text = pool_copy(call->pool, text);
		a.type = "application/json";
		mem_free(text);
	} else if (call->reply_text) {
		a.text = call->reply_text;
		a.type = call->reply_type;
	}
	a.length = a.text ? strlen(a.text) : 0;
	return a;
}

static struct answer answer_of_fault(struct visit *v)
{
	const struct fault *f = &v->fault;
	bool body = f->body || f->repeat;
	struct answer a = { .status = f->status,
		.text = f->body,
		.length = f->body ? strlen(f->body) : 0,
		.repeat = f->repeat,
		.repeat_length = f->repeat ? strlen(f->repeat) : 0,
		.times = f->repeat ? f->times : 0,
		.type = body ? f->type : NULL };

	json_each (header, f->headers) {
		call_header(
			&v->call, header->string, "%s", header->valuestring);
	}
	a.headers = v->call.headers;
	return a;
}

/* By the cloud's clock, which may have been put forward. */
static void add_date(struct visit *v)
{
	char *date;

	cloud_lock(v->cloud);
	date = cloud_http_date(cloud_now(v->cloud));
	cloud_unlock(v->cloud);
	call_header(&v->call, "Date", "%s", date);
	mem_free(date);
}

double door_serve(struct visit *v)
{
	bool answered = v->call.status != 0; /* refused at arrival */

	if (v->fault.cut == FAULT_BEFORE)
		return 0;
	add_date(v);
	if (v->fault.status && !answered) {
		if (v->fault.done)
			serve(v);
		v->answer = answer_of_fault(v);
		return v->fault.late;
	}
	if (!answered)
		serve(v);
	v->answer = answer_of(&v->call);
	return v->fault.late;
}

void door_leave(struct visit *v, int status, size_t bytes)
{
	if (!v->number)
		return;
	cloud_lock(v->cloud);
	log_end(v->cloud->log, v->number, status, bytes);
	cloud_unlock(v->cloud);
}

size_t door_answer_length(const struct answer *a)
{
	return a->length + a->repeat_length * a->times;
}
