/* SPDX-License-Identifier: Apache-2.0 */
/* Files to the server and from it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bake/provision_parts.h"
#include "common/bake/template.h"
#include "common/str.h"

/* One transfer; paths are completed. */
struct transfer {
	const char *source, *destination;
};

static int upload(struct attempt *a, void *context, struct err *e)
{
	const struct transfer *t = context;

	if (remote_upload(a->p->remote, t->source, t->destination, a->deadline,
		    e) < 0)
		return err_add(
			e, "uploading %s to %s", t->source, t->destination);
	return 0;
}

static int download(struct attempt *a, void *context, struct err *e)
{
	const struct transfer *t = context;

	if (remote_download(a->p->remote, t->source, t->destination,
		    a->deadline, e) < 0)
		return err_add(
			e, "downloading %s to %s", t->source, t->destination);
	return 0;
}

/* The folders above a local path, where they are not there yet. */
static int make_folders(const char *path, struct err *e)
{
	char *folder = mem_copy(path);
	int rc = 0;

	for (char *at = folder + 1; *folder && rc == 0 && *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(folder, 0777) < 0 && errno != EEXIST)
			rc = err_set(e, ERR_OTHER,
				"cannot make the folder %s: %s", folder,
				strerror(errno));
		*at = '/';
	}
	mem_free(folder);
	return rc;
}

/* In a local folder a file keeps its name; so does a folder, unless its
 * contents are meant. */
static const char *local_path(
	struct pool *pool, const char *source, const char *destination)
{
	const char *slash = strrchr(source, '/');

	if (!*destination || destination[strlen(destination) - 1] != '/' ||
		(slash && !slash[1]))
		return destination;
	return pool_printf(
		pool, "%s%s", destination, slash ? slash + 1 : source);
}

static int move(struct attempt *a, const char *source, const char *destination,
	struct err *e)
{
	struct transfer t = { source, destination };

	if (!a->step->download) {
		attempt_say(a, "uploading %s to %s", source, destination);
		return attempt_persist(a, upload, &t, e);
	}
	t.destination = local_path(a->p->pool, source, destination);
	attempt_say(a, "downloading %s to %s", source, t.destination);
	if (make_folders(t.destination, e) < 0)
		return err_add(
			e, "downloading %s to %s", source, t.destination);
	return attempt_persist(a, download, &t, e);
}

int file_attempt(struct attempt *a, struct err *e)
{
	const struct provisioner *step = a->step;
	struct provisioning *p = a->p;
	const char *destination =
		late_render(step->destination, p->facts, p->pool, e);

	if (!destination)
		return err_add(e, "destination");
	json_each (item, step->sources) {
		const char *source =
			late_render(item->valuestring, p->facts, p->pool, e);

		if (!source)
			return err_add(e, "sources");
		if (move(a, source, destination, e) < 0)
			return -1;
	}
	return 0;
}
