/* SPDX-License-Identifier: Apache-2.0 */
/* The last thing that is done on a server before its image is taken. */
#include "common/bake/seal.h"

#include <string.h>

#include "common/bake/provision_parts.h"
#include "common/str.h"

#define INPUT_MAX ((size_t)1024 * 1024)
#define WORDS_MAX 100 /* of each kind; the script has fewer */
#define KEY_LEAST 40  /* less would be a part of other keys */

/* Standard input is the script, so that it is in no file and no list of
 * processes. */
static const char command[] = "if [ \"$(id -u)\" = 0 ]; then exec sh -s; "
			      "else exec sudo -n sh -s; fi";

struct sealing {
	struct attempt attempt;
	const char *input;
	cJSON *warnings, *failures;
	bool begun, sealed;
};

static void note(cJSON *words, const char *text)
{
	if (json_size(words) < WORDS_MAX)
		json_append(words, json_new_str(text));
}

static void hear(void *context, bool is_error, const char *line)
{
	struct sealing *s = context;
	const char *word = line + strlen(SEAL_MARK);

	if (!str_starts(line, SEAL_MARK)) {
		attempt_line(&s->attempt, is_error, line);
		return;
	}
	if (str_starts(word, "begins"))
		s->begun = true;
	else if (str_starts(word, "sealed"))
		s->sealed = true;
	else if (str_starts(word, "warn "))
		note(s->warnings, word + strlen("warn "));
	else if (str_starts(word, "fail "))
		note(s->failures, word + strlen("fail "));
}

/* The base64 of a public key's line; "" for no key. */
static int key_of(
	const char *line, struct pool *pool, const char **key, struct err *e)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/=";
	const char *at = line ? strchr(line, ' ') : NULL;
	size_t length = at ? strspn(at + 1, digits) : 0;
	char *copy;

	*key = "";
	if (!line)
		return 0;
	if (length < KEY_LEAST || !strchr(" \r\n", at[1 + length]))
		return err_set(e, ERR_OTHER,
			"the public key is not of the form TYPE BASE64");
	copy = mem_copy_n(at + 1, length);
	*key = pool_copy(pool, copy);
	mem_free(copy);
	return 0;
}

static void add_word(struct str *s, const char *before, const char *text)
{
	char *word = remote_quote(text);

	str_add(s, before);
	str_add(s, word);
	mem_free(word);
}

static int write_input(struct sealing *s, const char *key, struct err *e)
{
	struct provisioning *p = s->attempt.p;
	struct str text;
	bool full;

	str_init(&text, INPUT_MAX);
	str_add(&text, "ROOT=''");
	add_word(&text, "\nKEY=", key);
	str_add(&text, "\nset --");
	json_each (path, p->uploaded)
		add_word(&text, " ", path->valuestring);
	str_add(&text, "\n");
	str_add(&text, seal_script);
	s->input = pool_copy(p->pool, text.text);
	full = text.full;
	str_free(&text);
	if (full)
		return err_set(
			e, ERR_OTHER, "too many files were left on the server");
	return 0;
}

static int say_failures(const struct sealing *s, int status, struct err *e)
{
	struct str text;

	str_init(&text, ERR_TEXT_MAX);
	str_addf(&text, "ended with status %d", status);
	if (!s->begun)
		str_add(&text,
			"; it takes root, or a user who may run sudo without a "
			"password and without a terminal");
	json_each (failure, s->failures)
		str_addf(&text, "; %s", failure->valuestring);
	err_set(e, ERR_OTHER, "%s", text.text);
	str_free(&text);
	return attempt_add_tail(&s->attempt, e);
}

/* Once begun it is not done again: nobody may be let in any more. On a terminal
 * the shell would prompt for its script, and show it. */
static int seal(struct attempt *a, void *context, struct err *e)
{
	struct sealing *s = context;
	const struct remote_command run = { .text = command,
		.input = s->input,
		.input_length = strlen(s->input),
		.no_terminal = true,
		.line = hear,
		.context = s };
	struct remote_end end = { 0 };
	int rc = remote_run(a->p->remote, &run, a->deadline, &end, e);

	if (rc < 0 && (e->code != ERR_LOST || !s->begun))
		return -1;
	if ((rc < 0 || end.disconnected) && s->begun)
		return err_set(e, ERR_OTHER,
			"the connection broke, and nobody knows how much was "
			"done; bake again");
	if (end.disconnected)
		return err_set(e, ERR_LOST,
			"the connection broke before it could begin");
	if (end.signal)
		return err_set(e, ERR_OTHER, "killed by signal %s", end.signal);
	if (end.status != 0 || !s->sealed)
		return say_failures(s, end.status, e);
	return 0;
}

static void warn_of_kept(struct provisioning *p, cJSON *warnings)
{
	json_each (path, p->kept) {
		char *text = mem_printf("%s stays in the image, as skip_clean "
					"says",
			path->valuestring);

		json_append(warnings, json_new_str(text));
		mem_free(text);
	}
}

int provision_seal(struct provisioning *p, const char *public_key,
	int64_t deadline, cJSON *warnings, struct err *e)
{
	const struct provisioner step = { .label = "cleaning the server" };
	struct sealing s = { .attempt = { .p = p,
				     .step = &step,
				     .deadline = deadline,
				     .whole = deadline },
		.warnings = warnings,
		.failures = cJSON_CreateArray() };
	const char *key;
	int rc = key_of(public_key, p->pool, &key, e);

	if (rc == 0)
		rc = write_input(&s, key, e);
	if (rc == 0)
		rc = attempt_persist(&s.attempt, seal, &s, e);
	if (rc == 0) {
		warn_of_kept(p, warnings);
		p->uploaded = pool_keep(p->pool, cJSON_CreateArray());
	}
	cJSON_Delete(s.failures);
	output_forget(&s.attempt.tail);
	return rc < 0 ? attempt_failed(&s.attempt, e) : 0;
}
