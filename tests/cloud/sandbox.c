/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/child.h"
#include "tests/cloud/tree_base.h"

#define ARGUMENTS_MAX 160
#define INFO_FD       3
#define WORDS_FD      4 /* boot.sh writes there */

struct command {
	const char *words[ARGUMENTS_MAX + 1];
	size_t n;
	struct pool *pool;
};

/* What a container's root usually may; for an ordinary user they mean nothing
 * outside. */
static const char *const capabilities[] = { "CAP_CHOWN", "CAP_DAC_OVERRIDE",
	"CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
	"CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
	"CAP_SYS_CHROOT", "CAP_AUDIT_WRITE" };

static const char *const fixed[] = { "bwrap", "--unshare-pid", "--unshare-ipc",
	"--unshare-uts", "--die-with-parent", "--new-session", "--clearenv",
	"--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev",
	"--tmpfs", "/tmp", "--tmpfs", "/run", "--chmod", "1777", "/tmp",
	"--chdir", "/" };

static const char *const of_the_root[] = { "bin", "sbin", "lib", "lib32",
	"lib64", "libx32" };

static const struct {
	const char *name, *value;
} environment[] = {
	{ "PATH", "/run/sim/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:"
		  "/usr/bin:/sbin:/bin" },
	{ "HOME", "/root" },
	{ "USER", "root" },
	{ "LOGNAME", "root" },
	{ "SHELL", "/bin/sh" },
	{ "LANG", "C.UTF-8" },
};

#define add(command, ...)                                                      \
	add_all((command), (const char *const[]){ __VA_ARGS__ },               \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void add_all(struct command *c, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n && c->n < ARGUMENTS_MAX; i++)
		c->words[c->n++] = words[i];
	c->words[c->n] = NULL;
}

/* /bin and others are links into /usr, or directories on an older host. */
static void add_root(struct command *c)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < sizeof(of_the_root) / sizeof(*of_the_root);
		i++) {
		char *path = pool_printf(c->pool, "/%s", of_the_root[i]);
		ssize_t length = readlink(path, target, sizeof(target) - 1);

		if (length > 0) {
			target[length] = '\0';
			add(c, "--symlink", pool_copy(c->pool, target), path);
		} else if (access(path, F_OK) == 0) {
			add(c, "--ro-bind", path, path);
		}
	}
}

static void add_tree(struct command *c, const char *tree)
{
	for (const char *const *part = tree_parts; *part; part++)
		add(c, "--bind", pool_printf(c->pool, "%s/%s", tree, *part),
			pool_printf(c->pool, "/%s", *part));
}

static void add_base(struct command *c, const char *tree)
{
	add_all(c, fixed, sizeof(fixed) / sizeof(*fixed));
	add_root(c);
	add_tree(c, tree);
	if (geteuid() == 0) {
		add(c, "--cap-drop", "ALL");
		for (size_t i = 0;
			i < sizeof(capabilities) / sizeof(*capabilities); i++)
			add(c, "--cap-add", capabilities[i]);
	}
	for (size_t i = 0; i < sizeof(environment) / sizeof(*environment); i++)
		add(c, "--setenv", environment[i].name, environment[i].value);
}

static void add_server(struct command *c, const struct sandbox *s)
{
	add(c, "--ro-bind", s->scripts, "/run/sim");
	add(c, "--ro-bind", s->given, "/run/sim/server");
	add(c, "--hostname", s->hostname);
	add(c, "--setenv", "SERVER_ID", s->id);
	add(c, "--setenv", "SERVER_NAME", s->name);
	add(c, "--setenv", "SERVER_ADDRESS",
		*s->address ? s->address : s->private_address);
	add(c, "--setenv", "SERVER_PRIVATE_ADDRESS", s->private_address);
	add(c, "--setenv", "SIM_ADDRESSES",
		pool_printf(c->pool, "%s %s", s->address, s->private_address));
	add(c, "--setenv", "SIM_SSH_PORT",
		pool_printf(c->pool, "%u", (unsigned)s->ssh_port));
	add(c, "--setenv", "SIM_SSHD", s->sshd);
	add(c, "--setenv", "SIM_NEW", s->is_new ? "1" : "");
}

int sandbox_probe(const char *tree, struct err *e)
{
	struct command c = { .pool = pool_new() };
	static const char *const needed[] = { "/usr/sbin/sshd",
		"/usr/bin/ssh-keygen" };
	int result = 0;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (result == 0 && access(needed[i], X_OK) < 0)
			result = err_set(e, ERR_OTHER,
				"%s is missing: install OpenSSH's server",
				needed[i]);
	add_base(&c, tree);
	add(&c, "/bin/sh", "-c", "exit 0");
	if (result == 0 && child_run(c.words, NULL, e) < 0)
		result = err_more(e, "(bubblewrap must be installed, and be "
				     "allowed to make namespaces)");
	pool_free(c.pool);
	return result;
}

void sandbox_become(const struct sandbox *s)
{
	struct command c = { .pool = pool_new() };

	add_base(&c, s->tree);
	add_server(&c, s);
	add(&c, "--info-fd", "3", "/bin/sh", "/run/sim/boot");
	/* Without close-on-exec. */
	if (dup2(STDOUT_FILENO, INFO_FD) == INFO_FD &&
		dup2(STDOUT_FILENO, WORDS_FD) == WORDS_FD)
		execvp(c.words[0], (char *const *)(const void *)c.words);
	dprintf(STDERR_FILENO, "%s: %s\n", c.words[0], strerror(errno));
	_exit(127);
}
