/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of those who started us, taken for a SIGHUP.
 *
 * A signal that ends ansible-playbook does not reach its modules: one is a
 * child of a shell, of a worker that lives on as an orphan. So a thread watches
 * each process from our parent up to the Ansible program. What started that one
 * may go away. A module of a task with `async' has no such chain, since
 * async_wrapper stands between: there it is the parent alone.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

#define ANCESTORS_MAX 16
#define COMMAND_MAX   1024
/* How often, in milliseconds, /proc is looked at where there are no pidfds. */
#define LOOK_AGAIN 500

/* Who stands between Ansible and a module: shells, and who becomes another
 * user. */
static const char *const between[] = { "sh", "ash", "bash", "dash", "fish",
	"ksh", "mksh", "zsh", "su", "sudo", "doas", "dzdo", "ksu", "pbrun",
	"pfexec", "runuser" };

struct ancestor {
	pid_t pid, parent;
	unsigned long long start; /* the same pid may become another's */
	bool dead;
	int fd; /* or -1 */
};

struct watch {
	struct ancestor ancestors[ANCESTORS_MAX];
	size_t count;
	pthread_t thread;
	int stop; /* readable when it shall end */
};

/* As there is one flag for all. */
static struct watch *watching;

/* What is read of /proc/PID/FILE, terminated; 0 when it cannot be. */
static size_t read_proc(pid_t pid, const char *file, char *text, size_t size)
{
	char path[40];
	ssize_t length = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, size - 1);
		close(fd);
	}
	length = length < 0 ? 0 : length;
	text[length] = '\0';
	return (size_t)length;
}

/* The n-th field (from 3) of /proc/PID/stat; the second, a name in brackets,
 * may have blanks and brackets. */
static const char *field(const char *stat, int n)
{
	const char *at = strrchr(stat, ')');

	for (; at && n > 2; n--) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at;
}

static bool read_ancestor(pid_t pid, struct ancestor *a)
{
	char stat[COMMAND_MAX];
	const char *state, *parent, *start;

	if (!read_proc(pid, "stat", stat, sizeof(stat)))
		return false;
	state = field(stat, 3);
	parent = field(stat, 4);
	start = field(stat, 22);
	if (!state || !parent || !start)
		return false;
	a->pid = pid;
	a->dead = strchr("ZX", *state) != NULL;
	a->parent = (pid_t)strtol(parent, NULL, 10);
	a->start = strtoull(start, NULL, 10);
	return true;
}

/* Of a parent that /proc does not show, only that it is still ours is known. */
static bool is_gone(const struct ancestor *a)
{
	struct ancestor now;

	if (!a->start)
		return getppid() != a->pid;
	return !read_ancestor(a->pid, &now) || now.dead ||
	       now.start != a->start;
}

static const char *base_name(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

/* The program's name; of a script in Python, the script's. "" when unknown. A
 * login shell's begins with "-". */
static void program_name(pid_t pid, char *name, size_t size)
{
	char command[COMMAND_MAX];
	size_t length = read_proc(pid, "cmdline", command, sizeof(command));
	const char *word = command, *end = command + length;

	if (str_starts(base_name(word), "python"))
		do {
			word += strlen(word) + 1;
		} while (word < end && *word == '-');
	if (word >= end)
		word = "";
	word = base_name(word);
	snprintf(name, size, "%.*s", (int)size - 1,
		*word == '-' ? word + 1 : word);
}

static bool is_ansible(const char *name)
{
	return streq(name, "ansible") || str_starts(name, "ansible-");
}

static bool stands_between(const char *name)
{
	for (size_t i = 0; i < sizeof(between) / sizeof(*between); i++)
		if (streq(name, between[i]))
			return true;
	return false;
}

/* The parent, and where Ansible is found above it, all up to that. */
static void find_ancestors(struct watch *w)
{
	char name[64];
	size_t ansible = 0;
	pid_t pid = getppid();

	w->ancestors[0].pid = pid;
	w->count = pid > 0;
	for (size_t i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
		if (!read_ancestor(pid, &w->ancestors[i]))
			break;
		program_name(pid, name, sizeof(name));
		if (is_ansible(name))
			ansible = i + 1;
		else if (ansible || !stands_between(name))
			break;
		pid = w->ancestors[i].parent;
	}
	w->count = ansible ? ansible : w->count;
}

static int open_process(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* Whoever reads our output. Nobody reads what is no pipe and no socket. */
static int reader(void)
{
	struct stat what;

	if (fstat(STDOUT_FILENO, &what) < 0 ||
		!(S_ISFIFO(what.st_mode) || S_ISSOCK(what.st_mode)))
		return -1;
	return STDOUT_FILENO;
}

static bool any_gone(const struct watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (is_gone(&w->ancestors[i]))
			return true;
	return false;
}

static void *watch(void *data)
{
	struct watch *w = data;
	struct pollfd entries[ANCESTORS_MAX + 2];
	struct pollfd *stop = &entries[w->count], *output = stop + 1;
	int pause = -1;

	for (size_t i = 0; i < w->count; i++) {
		entries[i] = (struct pollfd){ open_process(w->ancestors[i].pid),
			POLLIN, 0 };
		if (entries[i].fd < 0)
			pause = LOOK_AGAIN;
	}
	*stop = (struct pollfd){ w->stop, POLLIN, 0 };
	/* Without events, an end of the other side is told. */
	*output = (struct pollfd){ reader(), 0, 0 };
	while (!any_gone(w) && poll(entries, w->count + 2, pause) <= 0)
		;
	for (size_t i = 0; i < w->count; i++)
		if (entries[i].fd >= 0)
			close(entries[i].fd);
	if (!stop->revents)
		interrupt_raise(SIGHUP);
	return NULL;
}

static void free_watch(struct watch *w)
{
	close(w->stop);
	mem_free(w);
}

void interrupt_watch_parents(void)
{
	struct watch *w = mem_new(sizeof(*w));
	sigset_t all, before;
	bool started;

	find_ancestors(w);
	w->stop = eventfd(0, EFD_CLOEXEC);
	/* Signals are for the others. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started =
		w->stop >= 0 && pthread_create(&w->thread, NULL, watch, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		watching = w;
	else
		free_watch(w);
}

void interrupt_unwatch_parents(void)
{
	struct watch *w = watching;

	if (!w || eventfd_write(w->stop, 1) < 0)
		return;
	watching = NULL;
	pthread_join(w->thread, NULL);
	free_watch(w);
}
