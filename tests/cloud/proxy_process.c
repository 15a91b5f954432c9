/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/proxy_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/proxy_config.h"

#define CONFIG_MAX     (4 * 1024 * 1024)
#define ANSWER_MAX     (64 * 1024 * 1024)
#define ANSWER_SECONDS 60

/* What the child needs; all of it is made before the fork. */
struct start {
	const char *program;
	char file[32]; /* of the configuration, as an argument */
	int config, listener, control, output;
	pid_t parent;
};

/* A socket of the runtime API under a name that the kernel chooses. */
static int open_control(struct proxy_process *p)
{
	struct sockaddr_un *name = &p->control;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	name->sun_family = AF_UNIX;
	p->control_length = sizeof(*name);
	if (bind(fd, (struct sockaddr *)name, sizeof(sa_family_t)) == 0 &&
		getsockname(fd, (struct sockaddr *)name, &p->control_length) ==
			0 &&
		listen(fd, 16) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A file without a name that holds the configuration. */
static int open_config(const struct proxy_process *p,
	const struct proxy_plan *plan, int listener, int control)
{
	struct str text;
	int fd = memfd_create("haproxy", MFD_CLOEXEC);

	str_init(&text, CONFIG_MAX);
	proxy_config(&text, plan, p->servers, listener, control, p->nowhere);
	if (fd >= 0 &&
		(write(fd, text.text, text.length) != (ssize_t)text.length ||
			lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		fd = -1;
	}
	str_free(&text);
	return fd;
}

/* Between fork and exec, where only async-signal-safe calls are allowed. The
 * request to be killed with the parent comes too late when it has ended
 * already, hence the look at who the parent is. */
static void __attribute__((noreturn)) become_haproxy(const struct start *s)
{
	const int inherited[] = { s->config, s->listener, s->control };
	char name[] = "haproxy", foreground[] = "-db", option[] = "-f";
	char *arguments[] = { name, foreground, option, NULL, NULL };
	char file[sizeof(s->file)];
	sigset_t none;

	memcpy(file, s->file, sizeof(file));
	arguments[3] = file;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	dup2(s->output, STDOUT_FILENO);
	dup2(s->output, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < sizeof(inherited) / sizeof(*inherited); i++)
		fcntl(inherited[i], F_SETFD, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == s->parent)
		execv(s->program, arguments);
	_exit(127);
}

static int fork_haproxy(struct proxy_process *p, struct start *s)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	s->output = ends[1];
	s->parent = getpid();
	p->pid = fork();
	if (p->pid == 0)
		become_haproxy(s);
	close(ends[1]);
	p->output = ends[0];
	return p->pid < 0 ? -1 : 0;
}

static int spawn(struct proxy_process *p, const char *program,
	const struct proxy_plan *plan, int listener)
{
	struct start s = { .program = program, .listener = listener };
	int result = -1, error;

	s.control = open_control(p);
	s.config = open_config(p, plan, listener, s.control);
	if (s.control >= 0 && s.config >= 0) {
		snprintf(s.file, sizeof(s.file), "/proc/self/fd/%d", s.config);
		result = fork_haproxy(p, &s);
	}
	error = errno;
	if (s.control >= 0)
		close(s.control);
	if (s.config >= 0)
		close(s.config);
	errno = error;
	return result;
}

/* The nodes that are static at first; the others are brought to their states
 * by the runtime API. */
static void take_nodes(struct proxy_process *p, const struct proxy_plan *plan)
{
	struct proxy_server **last = &p->servers;

	for (size_t i = 0; i < plan->n; i++) {
		struct proxy_server *s = mem_new(sizeof(*s));

		s->is = plan->nodes[i];
		proxy_config_name(s, ++p->serial);
		*last = s;
		last = &s->next;
	}
}

static int bring_to_states(struct proxy_process *p, struct err *e)
{
	struct str text, answer;
	int result = 0;

	for (struct proxy_server *s = p->servers; s && result == 0;
		s = s->next) {
		if (s->is.state != PROXY_DRAIN)
			continue;
		str_init(&text, CONFIG_MAX);
		proxy_config_state(&text, s);
		result = proxy_process_command(p, text.text, &answer, e);
		if (result == 0)
			str_free(&answer);
		str_free(&text);
	}
	return result;
}

struct proxy_process *proxy_process_start(const char *program,
	const struct proxy_plan *plan, int listener, uint16_t nowhere,
	struct err *e)
{
	struct proxy_process *p = mem_new(sizeof(*p));
	struct str answer;

	p->output = -1;
	p->pid = -1;
	p->nowhere = nowhere;
	p->cookie = plan->cookie && plan->mode == PROXY_HTTP;
	take_nodes(p, plan);
	if (spawn(p, program, plan, listener) < 0) {
		err_set(e, ERR_OTHER, "start %s: %s", program, strerror(errno));
	} else if (proxy_process_command(p, "show info", &answer, e) < 0) {
		proxy_process_listen(p);
		if (p->last_words[0])
			err_set(e, ERR_OTHER, "%s: %s", program, p->last_words);
		else
			err_add(e, "%s", program);
	} else {
		str_free(&answer);
		if (bring_to_states(p, e) == 0)
			return p;
	}
	proxy_process_end(p);
	return NULL;
}

/* Each answer ends with an empty line; without one HAProxy has ended. */
static int read_answer(int fd, struct str *answer)
{
	char buffer[16384];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		str_add_n(answer, buffer, (size_t)n);
	if (n == 0 && !answer->length)
		errno = EPIPE;
	return n < 0 || !answer->length ? -1 : 0;
}

int proxy_process_command(struct proxy_process *p, const char *line,
	struct str *answer, struct err *e)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = -1;
	struct str text;

	str_init(&text, CONFIG_MAX);
	str_addf(&text, "%s\n", line);
	str_init(answer, ANSWER_MAX);
	if (fd >= 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			sizeof(limit)) == 0 &&
		connect(fd, (struct sockaddr *)&p->control,
			p->control_length) == 0 &&
		send(fd, text.text, text.length, MSG_NOSIGNAL) ==
			(ssize_t)text.length)
		result = read_answer(fd, answer);
	if (result < 0) {
		err_set(e, ERR_OTHER, "'%s' was not answered: %s", line,
			strerror(errno));
		str_free(answer);
	}
	str_free(&text);
	if (fd >= 0)
		close(fd);
	return result;
}

/* The first alert says what was wrong with the start. */
static void keep_words(struct proxy_process *p, char *text)
{
	char *alert = strstr(text, "[ALERT]");

	if (!alert || p->last_words[0])
		return;
	alert[strcspn(alert, "\n")] = '\0';
	snprintf(p->last_words, sizeof(p->last_words), "%s", alert);
}

bool proxy_process_listen(struct proxy_process *p)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(p->output, buffer, sizeof(buffer) - 1)) > 0) {
		buffer[n] = '\0';
		keep_words(p, buffer);
	}
	return n < 0 && errno == EAGAIN;
}

void proxy_process_end(struct proxy_process *p)
{
	if (!p)
		return;
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	if (p->output >= 0)
		close(p->output);
	while (p->servers) {
		struct proxy_server *s = p->servers;

		p->servers = s->next;
		mem_free(s);
	}
	mem_free(p);
}
