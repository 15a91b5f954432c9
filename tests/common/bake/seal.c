/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/seal.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define OURS                                                                   \
	"AAAAC3NzaC1lZDI1NTE5AAAAIJ1uWqFm0pbT5HNn8x0kVwXx7XkQ0F2y3yYbVb6cD1eM"
#define OTHER                                                                  \
	"AAAAC3NzaC1lZDI1NTE5AAAAIJ1uWqFm0pbT5HNn8x0kVwXx7XkQ0F2y3yYbVb6cD1eN"
#define KEY "ssh-ed25519 " OURS

#define SAME "(as before)"

/* A file before and after; NULL: not there; a text that begins with -> is where
 * a symbolic link leads. */
struct item {
	const char *path, *before, *after;
	int mode;
};

static const struct item server[] = {
	{ "etc/passwd",
		"root:x:0:0:root:/root:/bin/bash\n"
		"app:x:1000:1000:A,,,:/home/app:/bin/sh\n"
		"odd::1001:1001:::\n"
		"last:x:1002:1002::/srv/its home",
		SAME, 0644 },
	{ "root/.ssh/authorized_keys",
		"# whose\n" KEY " bake\nssh-ed25519 " OTHER " mine\n",
		"# whose\nssh-ed25519 " OTHER " mine\n", 0600 },
	{ "root/.ssh/authorized_keys2", KEY, "", 0640 },
	/* As cloud-init writes it for root. */
	{ "home/app/.ssh/authorized_keys",
		"no-port-forwarding,command=\"echo 'no root'; sleep 10\" " KEY
		"\n\n  \nssh-rsa AAAAB3Nza x\n",
		"\n  \nssh-rsa AAAAB3Nza x\n", 0644 },
	{ "srv/its home/.ssh/authorized_keys",
		"ssh-ed25519 " OTHER "\xff\n" KEY " again\n" KEY "\n",
		"ssh-ed25519 " OTHER "\xff\n", 0600 },
	{ "srv/its home/.ssh/other", KEY "\n", SAME, 0600 },
	{ "home/gone/.ssh/authorized_keys", "ssh-ed25519 " OTHER "\n", SAME,
		0600 },
	{ "etc/machine-id", "0123456789abcdef0123456789abcdef\n", "", 0644 },
	{ "var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n", NULL,
		0644 },
	{ "var/lib/systemd/random-seed", "x", NULL, 0600 },
	{ "var/lib/urandom/random-seed", "x", NULL, 0600 },
	{ "var/lib/systemd/timers/stamp", "x", SAME, 0600 },
	{ "var/lib/cloud/instances/i-1/user-data.txt", "secret", NULL, 0600 },
	{ "var/lib/cloud/instance", "->instances/i-1", NULL, 0 },
	{ "var/lib/cloud/data/previous-instance-id", "i-1", NULL, 0600 },
	{ "var/lib/cloud/sem/config_once.once", "x", NULL, 0600 },
	{ "var/lib/cloud/scripts/per-boot/mine.sh", "x", SAME, 0755 },
	{ "var/lib/cloud/seed/nocloud/meta-data", "x", SAME, 0644 },
	{ "var/log/cloud-init.log", "x", NULL, 0644 },
	{ "var/log/cloud-init-output.log", "x", NULL, 0644 },
	{ "var/log/cloud-init.log.1.gz", "x", NULL, 0644 },
	{ "var/log/syslog", "x", SAME, 0644 },
	{ "root/.bash_history", "x", SAME, 0600 },
	{ "tmp/rax_image-1.sh", "x", NULL, 0700 },
	{ "tmp/it's left.sh", "x", NULL, 0700 },
	{ "tmp/kept.sh", "x", SAME, 0700 },
	{ "etc/ssh/sshd_config", "x", SAME, 0644 },
};

/* Nothing is there but what every system has. */
static const struct item bare[] = {
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\n", SAME, 0644 },
};

/* machine-id that is a link to the other one. */
static const struct item linked[] = {
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\n", SAME, 0644 },
	{ "etc/machine-id", "0123\n", "", 0644 },
	{ "var/lib/dbus/machine-id", "->../../../etc/machine-id", SAME, 0 },
};

static const struct item linked_back[] = {
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\n", SAME, 0644 },
	{ "var/lib/dbus/machine-id", "0123\n", "", 0644 },
	{ "etc/machine-id", "->../var/lib/dbus/machine-id", SAME, 0 },
};

static const struct {
	const struct item *items;
	size_t count;
} trees[] = {
	{ server, COUNT(server) },
	{ bare, COUNT(bare) },
	{ linked, COUNT(linked) },
	{ linked_back, COUNT(linked_back) },
};

static char *below(const struct scene *s, const char *path)
{
	return mem_printf("%s/%s", s->server->seal_root, path);
}

static void make(const struct scene *s, const struct item *item)
{
	char *path = below(s, item->path);
	FILE *file;

	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	if (str_starts(item->before, "->")) {
		ck_assert_int_eq(symlink(item->before + 2, path), 0);
	} else {
		file = fopen(path, "w");
		ck_assert_ptr_nonnull(file);
		fputs(item->before, file);
		ck_assert_int_eq(fclose(file), 0);
		ck_assert_int_eq(chmod(path, (mode_t)item->mode), 0);
	}
	mem_free(path);
}

static void is_as_it_should(const struct scene *s, const struct item *item)
{
	const char *after =
		streq(item->after, SAME) ? item->before : item->after;
	char *path = below(s, item->path), *text;
	struct stat facts;
	size_t length;
	struct err e;

	if (!after) {
		ck_assert_msg(lstat(path, &facts) < 0, "%s stays", item->path);
		mem_free(path);
		return;
	}
	ck_assert_msg(lstat(path, &facts) == 0, "%s is gone", item->path);
	if (str_starts(after, "->")) {
		ck_assert(S_ISLNK(facts.st_mode));
	} else {
		text = file_read(path, 10000, &length, &e);
		ck_assert_msg(text, "%s", e.text);
		ck_assert_str_eq(text, after);
		ck_assert_int_eq((int)(facts.st_mode & 07777), item->mode);
		mem_free(text);
	}
	mem_free(path);
}

static void open_tree(struct scene *s, const struct item *items, size_t count)
{
	scene_open(s, 1);
	s->server->seal_root =
		pool_printf(s->p.pool, "%s/root", s->server->home);
	mkdir(s->server->seal_root, 0755);
	/* Whoever runs the tests, there he is root. */
	server_program(s->server, "id", "echo 0");
	for (size_t i = 0; i < count; i++)
		make(s, &items[i]);
}

static int seal(struct scene *s, const char *key, cJSON *warnings)
{
	return provision_seal(
		&s->p, key, remote_now() + (int64_t)60000, warnings, &s->e);
}

/* All files with what changes when somebody writes; nftw() has no context. */
static struct str listing;

static int list_one(
	const char *path, const struct stat *facts, int type, struct FTW *walk)
{
	(void)type;
	(void)walk;
	if (!S_ISDIR(facts->st_mode))
		str_addf(&listing, "%s %o %u %lld %lld.%ld\n", path,
			facts->st_mode, facts->st_uid,
			(long long)facts->st_size,
			(long long)facts->st_mtim.tv_sec,
			facts->st_mtim.tv_nsec);
	return 0;
}

static char *list_all(const struct scene *s)
{
	str_init(&listing, 1000000);
	nftw(s->server->seal_root, list_one, 16, FTW_PHYS);
	return str_take(&listing);
}

START_TEST(takes_away_what_is_its_own)
{
	const struct item *items = trees[_i].items;
	size_t count = trees[_i].count;
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;
	char *once, *twice, *synced;

	open_tree(&s, items, count);
	s.p.uploaded = json_literal("['/tmp/rax_image-1.sh', '/tmp/gone.sh']");
	json_append(s.p.uploaded, json_new_str("/tmp/it's left.sh"));
	s.p.kept = json_literal("['/tmp/kept.sh']");
	pool_keep(s.p.pool, s.p.uploaded);
	pool_keep(s.p.pool, s.p.kept);
	server_program(
		s.server, "sync", "find \"${0%/*}/../root\" -size +0 >synced");
	ck_assert_msg(seal(&s, KEY "\n", warnings) == 0, "%s", s.e.text);
	synced = scene_read(&s, "synced");
	/* After all else. */
	ck_assert_ptr_nonnull(strstr(synced, "etc/passwd"));
	ck_assert_ptr_null(strstr(synced, "rax_image-1"));
	ck_assert_ptr_null(strstr(synced, "authorized_keys2"));
	mem_free(synced);
	for (size_t i = 0; i < count; i++)
		is_as_it_should(&s, &items[i]);
	ck_assert_int_eq(json_size(s.p.uploaded), 0);
	ck_assert_int_eq(json_size(warnings), 1);
	ck_assert_str_eq(json_str(warnings, "0"),
		"/tmp/kept.sh stays in the image, as skip_clean says");
	once = list_all(&s);
	ck_assert_msg(seal(&s, KEY, warnings) == 0, "%s", s.e.text);
	twice = list_all(&s);
	ck_assert_str_eq(once, twice);
	ck_assert_str_eq(s.said.text, "");
	mem_free(once);
	mem_free(twice);
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

#define CLOUD_INIT                                                             \
	{                                                                      \
		"usr/bin/cloud-init", "#!/bin/sh\n", SAME, 0755                \
	}
#define CLOUD_CFG(text)                                                        \
	{                                                                      \
		"etc/cloud/cloud.cfg", text, SAME, 0644                        \
	}
#define MODULES "cloud_init_modules:\n - ca-certs\n - ssh\n"
#define PLAIN   "[Service]\nExecStart=/usr/sbin/sshd -D\n"

/* Whether the image makes new host keys when it boots. */
static const struct {
	struct item items[4];
	bool makes;
} boots[] = {
	{ { { 0 } }, false },
	{ { CLOUD_INIT, CLOUD_CFG(MODULES) }, true },
	{ { CLOUD_INIT, CLOUD_CFG("cloud_init_modules:\n  - [ssh, always]\n") },
		true },
	{ { CLOUD_INIT, CLOUD_CFG("cloud_init_modules:\n- 'ssh'  # keys\n") },
		true },
	/* Without that module it makes none. */
	{ { CLOUD_INIT }, false },
	{ { CLOUD_INIT, CLOUD_CFG("cloud_init_modules:\n - ssh-import-id\n"
				  "system_info:\n  ssh_svcname: ssh\n") },
		false },
	{ { CLOUD_INIT, CLOUD_CFG("cloud_init_modules:\n# - ssh\n") }, false },
	{ { { "usr/bin/cloud-init", "", SAME, 0644 }, CLOUD_CFG(MODULES) },
		false },
	{ { CLOUD_CFG(MODULES) }, false },
	{ { CLOUD_INIT, CLOUD_CFG(MODULES),
		  { "etc/cloud/cloud-init.disabled", "", SAME, 0644 } },
		false },
	{ { CLOUD_INIT, CLOUD_CFG("ssh_deletekeys: false\n" MODULES) }, false },
	{ { CLOUD_INIT, CLOUD_CFG("ssh_deletekeys:   0\n" MODULES) }, false },
	{ { CLOUD_INIT, CLOUD_CFG("ssh_deletekeys: true\n" MODULES) }, true },
	{ { CLOUD_INIT, CLOUD_CFG("ssh_genkeytypes: []\n" MODULES) }, false },
	{ { CLOUD_INIT, CLOUD_CFG("ssh_genkeytypes:\n  - rsa\n" MODULES) },
		true },
	{ { CLOUD_INIT, CLOUD_CFG("#ssh_deletekeys: false\n" MODULES) }, true },
	{ { CLOUD_INIT, CLOUD_CFG(MODULES),
		  { "etc/cloud/cloud.cfg.d/99-mine.cfg",
			  "ssh_deletekeys: False # mine\n", SAME, 0644 } },
		false },
	{ { { "etc/rc.local", "#!/bin/sh\nssh-keygen -A\n", SAME, 0755 } },
		true },
	{ { { "etc/rc.local", "#!/bin/sh\nssh-keygen -A\n", SAME, 0644 } },
		false },
	{ { { "etc/rc.local", "#!/bin/sh\n# ssh-keygen -A\n", SAME, 0755 } },
		false },
	{ { { "etc/init.d/sshd", "start() {\n\tssh-keygen  -A\n}\n", SAME,
		  0755 } },
		true },
	{ { { "etc/init.d/ssh", "start() {\n\tsshd\n}\n", SAME, 0755 } },
		false },
	/* As Fedora and its kin have it. */
	{ { { "usr/lib/systemd/system/sshd.service",
		  "[Unit]\nAfter=sshd-keygen.target\n"
		  "Wants=sshd-keygen.target\n",
		  SAME, 0644 } },
		true },
	{ { { "usr/lib/systemd/system/sshd.service",
		  "[Unit]\nAfter=sshd-keygen.target\n" PLAIN, SAME, 0644 } },
		false },
	{ { { "lib/systemd/system/ssh.service", PLAIN, SAME, 0644 } }, false },
	{ { { "lib/systemd/system/ssh.service", PLAIN, SAME, 0644 },
		  { "etc/systemd/system/ssh.service.d/keys.conf",
			  "[Service]\nExecStartPre=ssh-keygen -A\n", SAME,
			  0644 } },
		true },
	/* A unit that nobody starts makes nothing. */
	{ { { "lib/systemd/system/regenerate_ssh_host_keys.service",
		  "[Service]\nExecStart=/usr/bin/ssh-keygen -A -v\n", SAME,
		  0644 } },
		false },
	{ { { "lib/systemd/system/regenerate_ssh_host_keys.service",
		    "[Service]\nExecStart=/usr/bin/ssh-keygen -A -v\n", SAME,
		    0644 },
		  { "etc/systemd/system/multi-user.target.wants/"
		    "regenerate_ssh_host_keys.service",
			  "->/lib/systemd/system/"
			  "regenerate_ssh_host_keys.service",
			  SAME, 0 } },
		true },
	{ { { "etc/systemd/system/keys@.service",
		    "[Service]\nExecStart=ssh-keygen -A\n", SAME, 0644 },
		  { "etc/systemd/system/sysinit.target.wants/keys@all.service",
			  "->../keys@.service", SAME, 0 } },
		true },
};

static const struct item host_keys[] = {
	{ "etc/ssh/ssh_host_ed25519_key", "x", NULL, 0600 },
	{ "etc/ssh/ssh_host_ed25519_key.pub", "x", NULL, 0644 },
	{ "etc/ssh/ssh_host_rsa_key", "x", NULL, 0600 },
	{ "etc/ssh/ssh_host_rsa_key-cert.pub", "x", NULL, 0644 },
	{ "etc/ssh/moduli", "x", SAME, 0644 },
};

START_TEST(host_keys_go_only_where_new_ones_come)
{
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;

	open_tree(&s, bare, COUNT(bare));
	for (size_t i = 0; i < COUNT(host_keys); i++)
		make(&s, &host_keys[i]);
	for (size_t i = 0; i < 4 && boots[_i].items[i].path; i++)
		make(&s, &boots[_i].items[i]);
	ck_assert_msg(seal(&s, KEY, warnings) == 0, "%s", s.e.text);
	for (size_t i = 0; i < 4 && boots[_i].items[i].path; i++)
		is_as_it_should(&s, &boots[_i].items[i]);
	for (size_t i = 0; i < COUNT(host_keys); i++) {
		struct item item = host_keys[i];

		if (!boots[_i].makes)
			item.after = SAME;
		is_as_it_should(&s, &item);
	}
	ck_assert_int_eq(json_size(warnings), boots[_i].makes ? 0 : 1);
	if (!boots[_i].makes)
		ck_assert(str_starts(json_str(warnings, "0"),
			"the SSH host keys stay in the image, since "));
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

/* What is no key would take other lines away, or be a command. */
static const struct {
	const char *key;
	bool good;
} keys[] = {
	{ NULL, true },
	{ KEY, true },
	{ KEY " comment", true },
	{ "", false },
	{ "ssh-ed25519", false },
	{ "ssh-ed25519 ", false },
	{ "ssh-ed25519 A", false },
	{ "ssh-ed25519  " OURS, false },
	{ "ssh-ed25519 " OURS "'; touch /x; '", false },
};

START_TEST(odd_keys)
{
	static const struct item file = { "root/.ssh/authorized_keys",
		"ssh-ed25519 " OTHER "\nA B\n", SAME, 0600 };
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;

	open_tree(&s, bare, COUNT(bare));
	make(&s, &file);
	ck_assert_int_eq(
		seal(&s, keys[_i].key, warnings), keys[_i].good ? 0 : -1);
	is_as_it_should(&s, &file);
	if (!keys[_i].good)
		ck_assert_str_eq(s.e.text, "cleaning the server: the public "
					   "key is not of the form TYPE "
					   "BASE64");
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

/* What keeps it from being done, and what is said then. */
static const struct {
	struct server_fault fault;
	const char *sudo; /* as it is for a user */
	const char *error;
	int runs;
} failures[] = {
	{ { "exec sh", SERVER_LOSES_BEFORE, 0, 2 }, NULL, NULL, 3 },
	/* It may be half done, and we may not be let in again. */
	{ { "exec sh", SERVER_LOSES_AFTER, 0, 1 }, NULL,
		"the connection broke, and nobody knows how much was done; "
		"bake again",
		1 },
	{ { "exec sh", SERVER_KILLS, 0, 1 }, NULL, "killed by signal TERM", 1 },
	{ { 0 }, "shift; exec \"$@\"", NULL, 1 },
	{ { 0 }, "echo 'sudo: a password is required' >&2; exit 1",
		"cleaning the server: ended with status 1; it takes root, or a "
		"user who may run sudo without a password and without a "
		"terminal (last lines: sudo: a password is required)",
		1 },
	/* A shell that does nothing has done nothing. */
	{ { 0 }, "exit 0", "ended with status 0; it takes root", 1 },
	{ { 0 }, "echo rax_image-begins; yes rax_image-warn x | head -n 300",
		"ended with status 0", 1 },
};

START_TEST(what_keeps_it_from_being_done)
{
	struct server_fault faults[] = { failures[_i].fault, { 0 } };
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;

	open_tree(&s, bare, COUNT(bare));
	s.server->faults = faults;
	if (failures[_i].sudo) {
		server_program(s.server, "id", "echo 1000");
		server_program(s.server, "sudo", failures[_i].sudo);
	}
	/* Between tries on a lost connection two seconds pass. */
	ck_assert_int_eq(seal(&s, KEY, warnings), failures[_i].error ? -1 : 0);
	if (failures[_i].error)
		ck_assert_msg(
			strstr(s.e.text, failures[_i].error), "%s", s.e.text);
	ck_assert_int_le(json_size(warnings), 100);
	ck_assert_int_eq(server_count(s.server, "exec sh"), failures[_i].runs);
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

/* A key that cannot be taken away is an image that must not be. */
START_TEST(a_key_that_stays_is_a_failure)
{
	static const struct item file = { "root/.ssh/authorized_keys", KEY "\n",
		SAME, 0600 };
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;

	open_tree(&s, bare, COUNT(bare));
	make(&s, &file);
	/* What cannot be read whole is not written. */
	server_program(s.server, "grep",
		"case $1 in -avF) exit 2;; esac; exec /bin/grep \"$@\"");
	ck_assert_int_eq(seal(&s, KEY, warnings), -1);
	is_as_it_should(&s, &file);
	ck_assert_msg(strstr(s.e.text, "ended with status 1; cannot remove "
				       "our key from "),
		"%s", s.e.text);
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("seal");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, takes_away_what_is_its_own, 0, COUNT(trees));
	tcase_add_loop_test(
		t, host_keys_go_only_where_new_ones_come, 0, COUNT(boots));
	tcase_add_loop_test(t, odd_keys, 0, COUNT(keys));
	tcase_add_loop_test(
		t, what_keeps_it_from_being_done, 0, COUNT(failures));
	tcase_add_test(t, a_key_that_stays_is_a_failure);
	suite_add_tcase(s, t);
	return s;
}
