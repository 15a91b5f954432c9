/* SPDX-License-Identifier: Apache-2.0 */
/* What is put on the server for a script, and taken away again. */
#include <string.h>

#include "common/bake/provision_shell.h"
#include "common/str.h"

static void list(cJSON *paths, const char *path)
{
	if (!json_has_text(paths, path))
		json_append(paths, json_new_str(path));
}

static void forget(cJSON *paths, const char *path)
{
	json_each (item, paths) {
		if (!streq(item->valuestring, path))
			continue;
		cJSON_Delete(cJSON_DetachItemViaPointer(paths, item));
		return;
	}
}

int shell_put(struct attempt *a, const struct script *s, struct err *e)
{
	struct provisioning *p = a->p;

	list(a->step->skip_clean ? p->kept : p->uploaded, s->path);
	if (remote_put(p->remote, s->path, s->bytes, s->length, s->mode,
		    a->deadline, e) < 0)
		return err_add(e, "uploading it as %s", s->path);
	if (!s->variables_path)
		return 0;
	list(p->uploaded, s->variables_path);
	if (remote_put(p->remote, s->variables_path, s->variables,
		    strlen(s->variables), 0600, a->deadline, e) < 0)
		return err_add(
			e, "uploading its variables as %s", s->variables_path);
	return 0;
}

/* A file that cannot be removed stays in the list, and provision_seal() tries
 * it as root. */
static int take_away(struct attempt *a, void *context, struct err *e)
{
	const char *path = context;
	char *word = remote_quote(path);
	char *text = mem_printf("rm -f -- %s", word);
	const struct remote_command command = { .text = text };
	struct remote_end end = { 0 };
	int rc = remote_run(a->p->remote, &command, a->deadline, &end, e);

	mem_free(text);
	mem_free(word);
	if (rc < 0)
		return err_add(e, "removing %s", path);
	if (end.disconnected)
		return err_set(e, ERR_LOST,
			"the connection broke while %s was removed", path);
	if (end.status == 0 && !end.signal)
		forget(a->p->uploaded, path);
	return 0;
}

int shell_clean(struct attempt *a, const struct script *s, struct err *e)
{
	const char *paths[] = { a->step->skip_clean ? NULL : s->path,
		s->variables_path };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		char *path;
		int rc;

		if (!paths[i] || !json_has_text(a->p->uploaded, paths[i]))
			continue;
		path = mem_copy(paths[i]);
		rc = attempt_persist(a, take_away, path, e);
		mem_free(path);
		if (rc < 0)
			return -1;
	}
	return 0;
}
