/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

#define PRINTED_MAX 65536
#define WAIT_MS     5

/* The request to be killed with the parent comes too late when it has ended
 * already, hence the look at who the parent is. */
static void begin(int output, pid_t parent)
{
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	close(STDIN_FILENO);
	if (open("/dev/null", O_RDONLY) != STDIN_FILENO)
		_exit(127);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

pid_t child_fork(int output)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		begin(output, parent);
	return pid;
}

/* See proc_pid_stat(5): "PID (NAME) STATE PARENT ..."; a name may hold anything
 * but is the only one in parentheses. 0: it has ended. */
static pid_t parent_of(const char *pid)
{
	char *path = mem_printf("/proc/%.20s/stat", pid), text[512], *end;
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	mem_free(path);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && strlen(end) > strlen(") S ")
		       ? (pid_t)strtol(end + strlen(") S "), NULL, 10)
		       : 0;
}

static void kill_children(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	while (processes && (entry = readdir(processes)))
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' &&
			parent_of(entry->d_name) == getpid())
			kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
	if (processes)
		closedir(processes);
}

void child_end_all(void)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 || errno == EINTR) {
		if (pid > 0)
			continue;
		kill_children();
		nanosleep(&pause, NULL);
	}
}

const char *child_last_line(struct str *text)
{
	char *line;

	while (text->length > 0 && text->text[text->length - 1] == '\n')
		text->text[--text->length] = '\0';
	line = strrchr(text->text, '\n');
	return line ? line + 1 : text->text;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void exec_or_say_why(const char *const *arguments)
{
	/* execvp() does not write to them. */
	execvp(arguments[0], (char *const *)(const void *)arguments);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(127);
}

static int run(const char *const *arguments, struct str *text, int *status)
{
	char buffer[4096];
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = child_fork(ends[1]);
	if (pid == 0)
		exec_or_say_why(arguments);
	close(ends[1]);
	while ((n = read(ends[0], buffer, sizeof(buffer))) > 0)
		str_add_n(text, buffer, (size_t)n);
	close(ends[0]);
	if (pid > 0)
		*status = wait_for(pid);
	return pid > 0 ? 0 : -1;
}

/* Most programs begin their last words with their name. */
static int say(const char *program, const char *words, struct err *e)
{
	if (str_starts(words, program))
		return err_set(e, ERR_OTHER, "%s", words);
	return err_set(
		e, ERR_OTHER, "%s: %s", program, *words ? words : "it failed");
}

int child_run(const char *const *arguments, struct str *printed, struct err *e)
{
	struct str text;
	int status = 0, result = 0;

	str_init(&text, PRINTED_MAX);
	if (run(arguments, &text, &status) < 0)
		result = err_set(e, ERR_OTHER, "start %s: %s", arguments[0],
			strerror(errno));
	else if (status != 0)
		result = say(arguments[0], child_last_line(&text), e);
	if (result == 0 && printed)
		*printed = text;
	else
		str_free(&text);
	return result;
}
