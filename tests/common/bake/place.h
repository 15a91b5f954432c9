/* SPDX-License-Identifier: Apache-2.0 */
/* A server with a directory, for tests of files that go there and come back. */
#ifndef TESTS_COMMON_BAKE_PLACE_H
#define TESTS_COMMON_BAKE_PLACE_H

#include "tests/common/bake/sshd.h"

struct place {
	struct sshd sshd;
	struct remote *remote;
	char there[300]; /* a directory of the server */
};

static inline void begin(struct place *place, const char *more)
{
	interrupt_catch();
	sshd_prepare(&place->sshd);
	sshd_start(&place->sshd, more);
	place->remote = sshd_log_in(&place->sshd);
	snprintf(place->there, sizeof(place->there), "%s/there",
		place->sshd.directory);
	ck_assert_int_eq(mkdir(place->there, 0700), 0);
}

static inline void finish(struct place *place)
{
	remote_free(place->remote);
	sshd_end(&place->sshd);
}

/* The file has exactly these bytes and this mode. */
static inline void holds(
	const char *path, const char *bytes, size_t length, int mode)
{
	char *have = mem_new(length + 1);
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n;

	if (fd < 0)
		ck_abort_msg("%s: %s", path, strerror(errno));
	while ((n = read(fd, have + got, length + 1 - got)) > 0)
		got += (size_t)n;
	ck_assert_int_eq(fstat(fd, &facts), 0);
	close(fd);
	ck_assert_uint_eq(got, length);
	ck_assert(memcmp(have, bytes, length) == 0);
	if (mode)
		ck_assert_int_eq(facts.st_mode & 07777, mode);
	mem_free(have);
}

#endif
