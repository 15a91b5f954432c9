/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as data: appending, showing. A step without a method only waits.
 * Applying is in plan_apply.c. */
#include "common/plan.h"

#include "common/str.h"

void plan_init(struct plan *p, struct pool *pool)
{
	*p = (struct plan){ .pool = pool };
}

void plan_free(struct plan *p)
{
	mem_free(p->steps);
	*p = (struct plan){ 0 };
}

struct step *plan_add(struct plan *p, const struct step *step)
{
	struct step *copy = pool_alloc(p->pool, sizeof(*copy));

	*copy = *step;
	copy->err = pool_alloc(p->pool, sizeof(*copy->err));
	if (p->count == p->size) {
		p->size = p->size ? p->size * 2 : 8;
		p->steps = mem_resize(p->steps, p->size, sizeof(*p->steps));
	}
	p->steps[p->count++] = copy;
	return copy;
}

struct step *plan_add_removal(struct plan *p, const struct step_kind *kind,
	const struct cloud *c, const char *collection, const struct step *made)
{
	return plan_add(
		p, &(struct step){ .kind = kind,
			   .service = made->service,
			   .method = "DELETE",
			   .path = pool_printf(p->pool, "%s/%s", collection,
				   cloud_escape(c, made->id)),
			   .doing = pool_printf(p->pool, "removing %s (%s)",
				   made->thing, made->id),
			   .thing = pool_printf(
				   p->pool, "%s (%s)", made->thing, made->id),
			   .object = made->object,
			   .id = made->id,
			   .since = made->since,
			   .together = true,
			   .wait = WAIT_NOT });
}

void plan_again(struct plan *p)
{
	p->first = p->count;
}

bool plan_changes(const struct plan *p, bool check)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i]->took || (check && p->steps[i]->method))
			return true;
	return false;
}

int plan_requests(const struct plan *p, struct cloud *cloud, cJSON **requests,
	struct err *e)
{
	cJSON *list = cJSON_CreateArray();
	const char *path;

	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = p->steps[i];

		if (!s->method)
			continue;
		if (cloud_wire_path(cloud, s->service, s->path, &path, e) < 0) {
			cJSON_Delete(list);
			return -1;
		}
		json_append(list, json_object(JSON_STR("method", s->method),
					  JSON_STR("path", path),
					  JSON_COPY("body", s->body)));
	}
	*requests = list;
	return 0;
}

static cJSON *side(const cJSON *tree)
{
	return tree ? json_copy(tree) : json_new_str("");
}

cJSON *plan_diff(const struct plan *p)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < p->count; i++) {
		const struct step *s = p->steps[i];

		if (!s->method || (p->applied && !s->took))
			continue;
		json_append(
			list, json_object(JSON_STR("before_header", s->thing),
				      JSON_TAKE("before", side(s->was)),
				      JSON_STR("after_header", s->thing),
				      JSON_TAKE("after", side(s->becomes))));
	}
	return list;
}

const char *plan_mark(struct plan *p)
{
	char *text = str_random();
	const char *mark = pool_copy(p->pool, text);

	mem_free(text);
	return mark;
}

static bool is_mark(const cJSON *item)
{
	return streq(item->string, PLAN_MARK_KEY) ||
	       streq(json_str(item, "key"), PLAN_MARK_KEY);
}

void plan_hide_marks(cJSON *tree)
{
	cJSON *next;

	for (cJSON *item = tree ? tree->child : NULL; item; item = next) {
		next = item->next;
		if (is_mark(item))
			cJSON_Delete(cJSON_DetachItemViaPointer(tree, item));
		else
			plan_hide_marks(item);
	}
}
