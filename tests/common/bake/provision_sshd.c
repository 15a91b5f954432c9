/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning through a real sshd, each of whose commands runs in a sandbox
 * that is a server with its own files: what is sealed is never this machine. */
#include "tests/common/bake/sshd.h"

#include "common/bake/provision.h"
#include "common/file.h"

/* Of root, in the tree that the server has for its own. */
#define HOME "tree/root"

Suite *suite(void);

struct scene {
	struct sshd sshd;
	struct remote *remote;
	struct provisioner step;
	struct provisioning p;
	struct str said;
	struct err e;
};

/* Whose child it is, or 0. */
static int parent_of(const char *pid)
{
	char *path = mem_printf("/proc/%s/stat", pid);
	FILE *file = fopen(path, "r");
	char line[500] = "", *at;
	int parent = 0;

	if (file) {
		if (fgets(line, sizeof(line), file)) {
			at = strrchr(line, ')');
			parent = at ? (int)strtol(at + 4, NULL, 10) : 0;
		}
		fclose(file);
	}
	mem_free(path);
	return parent;
}

/* Ends our connection from outside the sandbox: the children of sshd. */
static void cut(const struct scene *s)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(directory))) {
		if (parent_of(entry->d_name) != s->sshd.pid)
			continue;
		kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
		count++;
	}
	closedir(directory);
	ck_assert_int_gt(count, 0);
}

static void hear(
	void *context, const char *label, bool is_error, const char *line)
{
	struct scene *s = context;

	str_addf(&s->said, "[%s]%s %s\n", label, is_error ? "!" : "", line);
	if (streq(line, "cut me"))
		cut(s);
}

static void make(const struct scene *s, const char *path, const char *text)
{
	char *whole = mem_printf("%s/%s", s->sshd.directory, path);

	if (text)
		write_file(whole, text, 0600);
	else
		ck_assert_int_eq(mkdir(whole, 0755), 0);
	mem_free(whole);
}

static char *read_there(const struct scene *s, const char *path)
{
	char *whole = mem_printf("%s/tree/%s", s->sshd.directory, path);
	size_t length;
	struct err e;
	char *text = file_read(whole, 1000000, &length, &e);

	mem_free(whole);
	return text ? text : mem_copy("(none)");
}

static void make_tree(const struct scene *s)
{
	static const char *const folders[] = { "tree", "tree/etc", "tree/root",
		HOME "/.ssh", "tree/var", "tree/tmp" };
	char *keys = mem_printf(
		"ssh-rsa AAAAB3 mine\n%s bake\n", s->sshd.user.public_key);

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		make(s, folders[i], NULL);
	make(s, "tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	make(s, "tree/etc/machine-id", "0123456789abcdef\n");
	make(s, HOME "/.ssh/authorized_keys", keys);
	mem_free(keys);
}

/* A new session is what sshd gives to a command, too, where there is no
 * sandbox. */
static void start(struct scene *s)
{
	const char *d = s->sshd.directory;
	char *more = mem_printf(
		"AuthorizedKeysFile %s/" HOME "/.ssh/authorized_keys\n"
		"ForceCommand exec bwrap --new-session --unshare-user --uid 0 --gid 0 "
		"--ro-bind /usr /usr --symlink usr/bin /bin "
		"--symlink usr/sbin /sbin --symlink usr/lib /lib "
		"--symlink usr/lib64 /lib64 --dev /dev --proc /proc "
		"--bind %s/tree/etc /etc --bind %s/tree/root /root "
		"--bind %s/tree/var /var --bind %s/tree/tmp /tmp "
		"--chdir /root /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"",
		d, d, d, d, d);

	sshd_start(&s->sshd, more);
	mem_free(more);
}

static void scene_open(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	interrupt_catch();
	sshd_prepare(&s->sshd);
	make_tree(s);
	start(s);
	s->sshd.recipe.builder = "web";
	s->remote = sshd_log_in(&s->sshd);
	s->p = (struct provisioning){ .remote = s->remote,
		.recipe = &s->sshd.recipe,
		.pool = pool_new(),
		.line = hear,
		.context = s };
	s->p.facts = pool_keep(s->p.pool, cJSON_CreateObject());
	s->step = (struct provisioner){ .type = PROVISIONER_SHELL,
		.label = "provisioner 1 (shell)",
		.remote_folder = "/tmp" };
	str_init(&s->said, 1000000);
}

static void scene_close(struct scene *s)
{
	remote_free(s->remote);
	str_free(&s->said);
	pool_free(s->p.pool);
	sshd_end(&s->sshd);
}

static int run(struct scene *s, const char *line)
{
	cJSON *lines = pool_keep(s->p.pool, cJSON_CreateArray());

	json_append(lines, json_new_str(line));
	s->step.lines = lines;
	return provision_run(&s->p, &s->step, in_ms(60000), &s->e);
}

static void nothing_is_left(const struct scene *s)
{
	char *path = mem_printf("%s/tree/tmp", s->sshd.directory);

	ck_assert_int_eq(json_size(s->p.uploaded), 0);
	ck_assert_msg(rmdir(path) == 0, "%s is not empty", path);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	mem_free(path);
}

START_TEST(runs_scripts)
{
	struct scene s;
	char *text;

	scene_open(&s);
	s.step.environment = pool_keep(
		s.p.pool, json_literal("['A=it is', 'B=$HOME; `exit`']"));
	s.step.use_env_var_file = _i == 1;
	CK_OK(run(&s, "echo \"$A\" \"$B\" $PACKER_BUILD_NAME >/var/said; "
		      "echo err >&2; ls -l \"$0\""),
		s.e);
	text = read_there(&s, "var/said");
	ck_assert_str_eq(text, "it is $HOME; `exit` web\n");
	mem_free(text);
	ck_assert_ptr_nonnull(strstr(s.said.text, "]! err\n"));
	ck_assert_ptr_null(strstr(s.said.text, "rax_image-0 "));
	nothing_is_left(&s);
	ck_assert_int_eq(run(&s, "echo why; exit 3"), -1);
	CK_SAYS(s.e, "ended with status 3");
	CK_SAYS(s.e, "(last lines: why)");
	nothing_is_left(&s);
	scene_close(&s);
}
END_TEST

/* It is gone there, too, and the connection can be used again. */
START_TEST(a_timeout_ends_it_there)
{
	struct scene s;
	char *before, *after;

	scene_open(&s);
	s.step.timeout = 6000;
	ck_assert_int_eq(
		run(&s, "trap '' TERM; (trap '' TERM; while :; do echo x "
			">>/var/ticks; sleep 0.05; done) & wait; sleep 100"),
		-1);
	CK_SAYS(s.e, "its `timeout' of 6 s is over");
	before = read_there(&s, "var/ticks");
	usleep(400000);
	after = read_there(&s, "var/ticks");
	ck_assert_str_eq(before, after);
	ck_assert_str_ne(before, "(none)");
	mem_free(before);
	mem_free(after);
	nothing_is_left(&s);
	s.step.timeout = 0;
	CK_OK(run(&s, "exit 0"), s.e);
	scene_close(&s);
}
END_TEST

START_TEST(a_connection_that_is_cut)
{
	struct scene s;

	scene_open(&s);
	s.step.expect_disconnect = _i == 1;
	if (_i == 1) {
		CK_OK(run(&s, "echo cut me; sleep 1"), s.e);
		nothing_is_left(&s);
	} else {
		ck_assert_int_eq(run(&s, "echo cut me; sleep 1"), -1);
		CK_SAYS(s.e, "say expect_disconnect: true");
		ck_assert_int_eq(json_size(s.p.uploaded), 1);
		/* The next thing connects again. */
		CK_OK(run(&s, "exit 0"), s.e);
	}
	scene_close(&s);
}
END_TEST

START_TEST(nobody_gets_in_after_the_seal)
{
	cJSON *warnings = cJSON_CreateArray();
	struct scene s;
	char *text;

	scene_open(&s);
	s.p.uploaded = pool_keep(s.p.pool, json_literal("['/tmp/left.sh']"));
	make(&s, "tree/tmp/left.sh", "x");
	CK_OK(provision_seal(&s.p, s.sshd.user.public_key, in_ms(30000),
		      warnings, &s.e),
		s.e);
	text = read_there(&s, "root/.ssh/authorized_keys");
	ck_assert_str_eq(text, "ssh-rsa AAAAB3 mine\n");
	mem_free(text);
	text = read_there(&s, "etc/machine-id");
	ck_assert_str_eq(text, "");
	mem_free(text);
	nothing_is_left(&s);
	ck_assert_int_eq(json_size(warnings), 0);
	ck_assert_int_eq(remote_connect(s.remote, in_ms(20000), &s.e), -1);
	ck_assert_int_eq(s.e.code, ERR_AUTH);
	cJSON_Delete(warnings);
	scene_close(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("provision_sshd");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, runs_scripts, 0, 2);
	tcase_add_test(t, a_timeout_ends_it_there);
	tcase_add_loop_test(t, a_connection_that_is_cut, 0, 2);
	tcase_add_test(t, nobody_gets_in_after_the_seal);
	suite_add_tcase(s, t);
	return s;
}
