/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/server_machine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/keeper.h"
#include "tests/cloud/machine.h"
#include "tests/cloud/record.h"
#include "tests/cloud/sandbox.h"

#define HOSTNAME_SIZE 64
/* A machine that restarts by itself that often without getting so old does
 * nothing else. */
#define RESTARTS_MAX 5
#define YOUNG        10.0

enum machine_state {
	MACHINE_OFF,
	MACHINE_STARTING,
	MACHINE_UP,
	MACHINE_ENDING,
	MACHINE_BAD,
};

static const char *const state_names[] = { "off", "starting", "up", "ending",
	"bad" };

struct machine {
	enum machine_state state;
	int64_t run;
	bool boots;
	cJSON *given; /* when it was made */
	char *why;    /* it is bad */
	double since; /* it was started */
	int restarts; /* in a row, of a young machine */
};

/* Letters, digits, dots and dashes of the server's name. */
static void hostname_of(const char *name, char hostname[HOSTNAME_SIZE])
{
	size_t n = 0;

	for (; *name && n + 1 < HOSTNAME_SIZE; name++) {
		if (isalnum((unsigned char)*name) || (*name == '.' && n > 0))
			hostname[n++] = *name;
		else if (n > 0)
			hostname[n++] = '-';
	}
	while (n > 0 && !isalnum((unsigned char)hostname[n - 1]))
		n--;
	hostname[n] = '\0';
	if (n == 0)
		snprintf(hostname, HOSTNAME_SIZE, "server");
}

static cJSON *meta_data(const struct server *s, const char *hostname)
{
	const cJSON *given = s->machine->given;
	cJSON *keys = cJSON_CreateObject();

	json_set_str(keys, json_str(given, "key_name"), json_str(given, "key"));
	/* The stand-in for cloud-init looks for the uuid at the beginning. */
	return json_object(JSON_STR("uuid", s->id), JSON_STR("name", s->name),
		JSON_STR("hostname", hostname), JSON_TAKE("public_keys", keys),
		JSON_COPY("meta", s->metadata));
}

static void order_prepare(
	struct cloud *cloud, struct server *s, const struct image *image)
{
	cJSON *given = json_copy(s->machine->given);
	char hostname[HOSTNAME_SIZE];

	hostname_of(s->name, hostname);
	json_set_str(given, "hostname", hostname);
	json_set(given, "meta_data", meta_data(s, hostname));
	machines_order(cloud->machines,
		json_object(JSON_STR("do", "prepare"),
			JSON_STR("machine", s->id),
			JSON_STR("image", image->id),
			JSON_BOOL("plain", image_is_plain(image)),
			JSON_TAKE("given", given)));
}

static bool can_be(const struct cloud *cloud, const struct image *image)
{
	return machines_there(cloud->machines) && image &&
	       !streq(json_str(image->metadata, "os_type"), "windows");
}

void server_machine_make(struct cloud *cloud, struct server *s,
	const struct image *image, cJSON *given)
{
	if (!can_be(cloud, image)) {
		cJSON_Delete(given);
		return;
	}
	s->machine = mem_new(sizeof(*s->machine));
	s->machine->given = given;
	s->was_machine = true;
	order_prepare(cloud, s, image);
}

void server_machine_rebuild(struct cloud *cloud, struct server *s,
	const struct image *image, const cJSON *files, const char *password)
{
	if (!can_be(cloud, image)) {
		server_machine_remove(cloud, s);
		return;
	}
	if (!s->machine) {
		server_machine_make(cloud, s, image, cJSON_CreateObject());
		return;
	}
	json_remove(s->machine->given, "files");
	json_set(s->machine->given, "files", json_copy(files));
	if (password)
		json_set_str(s->machine->given, "password", password);
	order_prepare(cloud, s, image);
}

static void order(struct cloud *cloud, const struct server *s, const char *what)
{
	machines_order(cloud->machines,
		json_object(JSON_STR("do", what), JSON_STR("machine", s->id)));
}

void server_machine_stop(struct cloud *cloud, struct server *s)
{
	struct machine *m = s->machine;

	if (m && m->state == MACHINE_BAD)
		m->state = MACHINE_OFF; /* it may be tried again */
	if (!m || m->state == MACHINE_OFF || m->state == MACHINE_ENDING)
		return;
	m->state = MACHINE_ENDING;
	order(cloud, s, "stop");
}

static void start(struct cloud *cloud, struct server *s)
{
	struct machine *m = s->machine;
	char hostname[HOSTNAME_SIZE];

	hostname_of(s->name, hostname);
	m->state = MACHINE_STARTING;
	m->since = cloud_now(cloud);
	m->run++;
	machines_order(cloud->machines,
		json_object(JSON_STR("do", "run"), JSON_STR("machine", s->id),
			JSON_INT("run", m->run), JSON_STR("name", s->name),
			JSON_STR("hostname", hostname),
			JSON_STR("address", s->address),
			JSON_STR("private", s->private_address),
			JSON_STR("sshd", s->sshd)));
}

bool server_machine_waits(struct cloud *cloud, struct server *s, bool runs)
{
	struct machine *m = s->machine;

	/* Without an address of the two usual networks nobody reaches it. */
	if (!m || (runs && !s->address && !s->private_address))
		return false;
	if (!runs)
		return m->state == MACHINE_ENDING;
	if (m->state == MACHINE_OFF)
		start(cloud, s);
	if (m->state == MACHINE_BAD)
		server_fail(cloud, s, m->why);
	return m->state != MACHINE_UP;
}

bool server_machine_boots(const struct server *s)
{
	return s->machine && s->machine->state == MACHINE_UP &&
	       s->machine->boots;
}

static void forget(struct server *s)
{
	cJSON_Delete(s->machine->given);
	mem_free(s->machine->why);
	mem_free(s->machine);
	s->machine = NULL;
}

void server_machine_remove(struct cloud *cloud, struct server *s)
{
	if (!s->machine)
		return;
	order(cloud, s, "remove");
	forget(s);
}

void server_machine_copy(
	struct cloud *cloud, const struct server *s, struct image *image)
{
	if (!s->machine)
		return;
	image->copying = image->has_files = true;
	machines_order(cloud->machines,
		json_object(JSON_STR("do", "copy"), JSON_STR("machine", s->id),
			JSON_STR("image", image->id)));
}

static void is_up(struct cloud *cloud, struct server *s, bool boots)
{
	struct machine *m = s->machine;

	if (m->state != MACHINE_STARTING)
		return;
	m->state = MACHINE_UP;
	m->boots = boots;
	/* It has restarted by itself. */
	if (streq(s->status, "ACTIVE") && !boots && !s->no_app)
		s->app_due = cloud_now(cloud) + cloud->settings.app_delay;
}

static void is_bad(struct cloud *cloud, struct server *s, const char *why)
{
	record_set_text(&s->machine->why, why && *why ? why : "it ended");
	fprintf(stderr, "simcloud: the machine of server %s: %s\n", s->name,
		s->machine->why);
	s->machine->state = MACHINE_BAD;
	if (streq(s->status, "ACTIVE"))
		server_fail(cloud, s, s->machine->why);
}

/* By itself. */
static void has_ended(
	struct cloud *cloud, struct server *s, int64_t status, const char *why)
{
	struct machine *m = s->machine;
	bool young = cloud_now(cloud) - m->since < YOUNG;

	server_stop_app(s);
	m->restarts = young ? m->restarts + 1 : 0;
	if (m->state == MACHINE_STARTING) {
		is_bad(cloud, s, why);
	} else if (m->restarts > RESTARTS_MAX) {
		is_bad(cloud, s, "it restarts again and again");
	} else if (status == SANDBOX_OFF) {
		m->state = MACHINE_OFF;
		if (streq(s->status, "ACTIVE"))
			record_set_text(&s->status, "SHUTOFF");
	} else {
		start(cloud, s);
	}
}

static void is_down(
	struct cloud *cloud, struct server *s, int64_t status, const char *why)
{
	struct machine *m = s->machine;

	if (m->state == MACHINE_ENDING)
		m->state = MACHINE_OFF;
	else if (m->state == MACHINE_STARTING || m->state == MACHINE_UP)
		has_ended(cloud, s, status, why);
}

static void report_machine(
	struct cloud *cloud, struct server *s, const cJSON *report)
{
	const char *is = json_str(report, "is"), *why = json_str(report, "why");

	if (streq(is, "bad"))
		is_bad(cloud, s, why);
	else if (json_int(report, "run", 0) != s->machine->run)
		return; /* of one that was followed by another */
	else if (streq(is, "up"))
		is_up(cloud, s, json_bool(report, "boots"));
	else if (streq(is, "down"))
		is_down(cloud, s, json_int(report, "status", 0), why);
}

static void report_image(struct image *image, const cJSON *report)
{
	image->copying = false;
	if (streq(json_str(report, "is"), "bad"))
		record_set_text(&image->doom, json_str(report, "why"));
}

void server_machine_report(void *context, const cJSON *report)
{
	struct cloud *cloud = context;
	const char *machine = json_str(report, "machine");
	const char *image = json_str(report, "image");

	cloud_lock(cloud);
	for (struct server *s = cloud->servers->first; machine && s;
		s = s->next)
		if (s->machine && streq(s->id, machine))
			report_machine(cloud, s, report);
	for (struct image *i = cloud->images->first; image && i; i = i->next)
		if (i->copying && streq(i->id, image))
			report_image(i, report);
	cloud_changed(cloud);
	cloud_unlock(cloud);
}

cJSON *server_machine_show(const struct cloud *cloud, const struct server *s)
{
	if (!s->machine)
		return NULL;
	return json_object(JSON_STR("is", state_names[s->machine->state]),
		JSON_INT("ssh_port", machines_ssh_port(cloud->machines)),
		JSON_BOOL("boots", s->machine->boots),
		JSON_STR("why", s->machine->why));
}

cJSON *server_machine_show_all(const struct cloud *cloud)
{
	int64_t machines = 0, sandboxes = 0;

	for (const struct server *s = cloud->servers->first; s; s = s->next) {
		const struct machine *m = s->machine;

		machines += m != NULL;
		sandboxes +=
			m && m->state != MACHINE_OFF && m->state != MACHINE_BAD;
	}
	return json_object(JSON_INT("servers", machines),
		JSON_INT("sandboxes", sandboxes));
}
