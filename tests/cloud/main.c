/* SPDX-License-Identifier: Apache-2.0 */
/* simcloud: options, start, the wait for a signal, the end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/cloud.h"
#include "tests/cloud/http.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/jsonfile.h"
#include "tests/cloud/keeper.h"
#include "tests/cloud/machine.h"
#include "tests/cloud/server_machine.h"
#include "tests/cloud/sim.h"

#define EXIT_USAGE 2

struct options {
	struct settings settings;
	const char *ready_file, *state;
	bool help, no_machines;
};

static int read_machines(struct options *o, const char *value, struct err *e)
{
	o->no_machines = streq(value, "no");
	if (o->no_machines || streq(value, "yes"))
		return 0;
	return err_set(e, ERR_OTHER, "--machines is neither yes nor no");
}

static int read_option(
	struct options *o, const char *name, const char *value, struct err *e)
{
	if (!value)
		return err_set(e, ERR_OTHER, "--%.50s wants a value", name);
	if (streq(name, "ready-file"))
		o->ready_file = value;
	else if (streq(name, "state"))
		o->state = value;
	else if (streq(name, "machines"))
		return read_machines(o, value, e);
	else if (settings_set(&o->settings, name, value, e) < 0)
		return err_add(e, "--%.50s", name);
	return 0;
}

/* --name VALUE or --name=VALUE. */
static int read_options(struct options *o, char **arguments, struct err *e)
{
	for (char **a = arguments; *a; a++) {
		char *name = *a + 2, *value;

		if (!str_starts(*a, "--") || !*name)
			return err_set(
				e, ERR_OTHER, "'%.50s' is no option", *a);
		if (streq(name, "help")) {
			o->help = true;
			return 0;
		}
		value = strchr(name, '=');
		if (value)
			*value++ = '\0';
		else if (a[1])
			value = *++a;
		if (read_option(o, name, value, e) < 0)
			return -1;
	}
	return 0;
}

static void help(void)
{
	printf("simcloud - a small cloud on loopback, to try playbooks on\n\n"
	       "Options (in brackets what holds without them; S: seconds):\n"
	       "  --ready-file F       written when it serves: JSON with port,\n"
	       "                       network, endpoint, user, key, ...\n"
	       "  --state DIR          keeps its state in DIR/state.json; the\n"
	       "                       files of machines are not kept\n"
	       "  --machines no        servers without a sandbox, sshd and\n"
	       "                       files: a stand-in application (yes)\n");
	settings_help();
	printf("\nGET /_sim/log and GET /_sim/state show, POST /_sim/config "
	       "steers. Its members\nare those of the options above that have "
	       "a number (build_time, ...; not port)\nand:\n");
	sim_help();
}

/* Thousands of connections and listening sockets may be open. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static cJSON *ready_of(const struct cloud *cloud, const struct http *http)
{
	const struct account *a = identity_main_account;
	char *endpoint = mem_printf("%s/v2.0/", cloud->url);
	cJSON *ready = json_object(JSON_INT("port", http_port(http)),
		JSON_STR("network", address_network(cloud->addresses)),
		JSON_STR("endpoint", endpoint), JSON_STR("user", a->user),
		JSON_STR("key", a->key), JSON_STR("password", a->password),
		JSON_STR("tenant", a->tenant), JSON_INT("pid", getpid()),
		JSON_BOOL("machines", machines_there(cloud->machines)),
		JSON_STR("machines_why", machines_why(cloud->machines)));

	if (machines_there(cloud->machines))
		json_set(ready, "ssh_port",
			json_new_int(machines_ssh_port(cloud->machines)));

	mem_free(endpoint);
	return ready;
}

static int announce(const struct options *o, const struct cloud *cloud,
	const struct http *http, struct err *e)
{
	cJSON *ready = ready_of(cloud, http);
	int result = 0;

	if (o->ready_file)
		result = jsonfile_write(o->ready_file, ready, e);
	if (result == 0) {
		printf("simcloud serves %s/v2.0/, user %s, key %s, network "
		       "%s\n",
			cloud->url, json_str(ready, "user"),
			json_str(ready, "key"), json_str(ready, "network"));
		fflush(stdout);
	}
	cJSON_Delete(ready);
	return result;
}

static int save(const struct options *o, struct cloud *cloud, struct err *e)
{
	char *path = mem_printf("%s/state.json", o->state);
	cJSON *state;
	int result;

	cloud_lock(cloud);
	state = cloud_save(cloud);
	cloud_unlock(cloud);
	result = jsonfile_write(path, state, e);
	cJSON_Delete(state);
	mem_free(path);
	return result;
}

/* Two of one directory would each undo what the other saves. The lock ends with
 * the process. */
static int lock_state(const struct options *o, struct err *e)
{
	char *path = mem_printf("%s/lock", o->state);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		err_set(e, ERR_OTHER, "%s: %s", path, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		err_set(e, ERR_OTHER,
			"%s: another simcloud keeps its state "
			"here",
			o->state);
	mem_free(path);
	return e->code == ERR_NONE ? 0 : -1;
}

/* NULL without a state that was saved; then only an error if e says so. */
static cJSON *load(const struct options *o, struct err *e)
{
	char *path;
	cJSON *saved;

	if (!o->state)
		return NULL;
	mkdir(o->state, 0700);
	if (lock_state(o, e) < 0)
		return NULL;
	path = mem_printf("%s/state.json", o->state);
	saved = jsonfile_read(path, e);
	if (e->code == ERR_ABSENT)
		e->code = ERR_NONE;
	else if (saved && !cJSON_IsObject(saved))
		err_set(e, ERR_OTHER, "%s is no state of a simcloud", path);
	mem_free(path);
	return saved;
}

/* A disk that is full does not end the cloud: it is said once, and tried again.
 */
static bool try_save(const struct options *o, struct cloud *cloud, bool failed)
{
	struct err e;

	if (save(o, cloud, &e) == 0)
		return true;
	if (!failed)
		fprintf(stderr, "simcloud: %s; it will be tried again\n",
			e.text);
	return false;
}

/* Waits for a signal to end; what has changed is saved once a second. */
static void serve(
	const struct options *o, struct cloud *cloud, const sigset_t *ends)
{
	const struct timespec second = { .tv_sec = 1 };
	unsigned long saved = 0, changes;
	bool failed = false;
	int caught;

	if (!o->state) {
		sigwait(ends, &caught);
		return;
	}
	do {
		cloud_lock(cloud);
		changes = cloud_changes(cloud);
		cloud_unlock(cloud);
		failed = changes != saved && !try_save(o, cloud, failed);
		saved = failed ? saved : changes;
		caught = sigtimedwait(ends, NULL, &second);
	} while (caught < 0);
}

static int serve_until_the_end(const struct options *o, struct cloud *cloud,
	const sigset_t *ends, struct err *e)
{
	struct http *http = http_start(cloud, (uint16_t)o->settings.port, e);
	int result = http ? announce(o, cloud, http, e) : -1;

	if (result == 0) {
		serve(o, cloud, ends);
		if (o->ready_file)
			unlink(o->ready_file);
	}
	http_stop(http);
	if (result == 0 && o->state)
		result = save(o, cloud, e);
	return result;
}

static int run(const struct options *o, struct machines *machines,
	const sigset_t *ends, struct err *e)
{
	cJSON *saved = load(o, e);
	struct cloud *cloud = NULL;
	int result = -1;

	if (e->code == ERR_NONE)
		cloud = cloud_new(&o->settings, saved, machines, e);
	cJSON_Delete(saved);
	if (cloud &&
		machines_listen(machines, server_machine_report, cloud, e) == 0)
		result = serve_until_the_end(o, cloud, ends, e);
	machines_stop(machines);
	cloud_free(cloud);
	return machines_end(machines, e) < 0 ? -1 : result;
}

/* NULL with an error when they cannot even be found to be impossible. */
static struct machines *start_machines(const struct options *o, struct err *e)
{
	struct machines *machines;

	if (o->no_machines)
		return machines_none("--machines no");
	machines = machines_start((uint16_t)o->settings.ssh_port, e);
	if (machines && !machines_there(machines))
		fprintf(stderr,
			"simcloud: servers are no machines, a stand-in "
			"application answers for them: %s\n",
			machines_why(machines));
	return machines;
}

static int run_with_machines(
	const struct options *o, const sigset_t *ends, struct err *e)
{
	struct machines *machines = start_machines(o, e);
	int result = -1;

	pthread_sigmask(SIG_BLOCK, ends, NULL);
	if (machines)
		result = run(o, machines, ends, e);
	machines_free(machines);
	return result;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct err e = { 0 };
	sigset_t ends;

	json_init();
	if (argc == 3 && streq(argv[1], KEEPER_OPTION))
		return keeper_main((uint16_t)strtoul(argv[2], NULL, 10));
	settings_init(&options.settings);
	if (read_options(&options, argv + 1, &e) < 0) {
		fprintf(stderr, "simcloud: %s\n", e.text);
		return EXIT_USAGE;
	}
	if (options.help) {
		help();
		return EXIT_SUCCESS;
	}
	raise_file_limit();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	if (run_with_machines(&options, &ends, &e) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "simcloud: %s\n", e.text);
	return EXIT_FAILURE;
}
