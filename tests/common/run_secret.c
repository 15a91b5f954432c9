/* SPDX-License-Identifier: Apache-2.0 */
/* What a run must not print, whoever says it: keys, passwords, tokens, what is
 * in files, marks; as they are, and as they go over the wire. */
#include <stdio.h>
#include <unistd.h>

#include "common/module.h"
#include "common/run.h"
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

struct params {
	const char *act;
	const char *pin;
};

static const struct opt opts[] = {
	OPT_STR(act, .fallback = "show"),
	OPT_STR(pin, .secret = true),
	OPT_END,
};

/* A run makes its transport by a function without arguments. */
static struct canned canned;
static char mark[64];
static bool echoes_login;

static int make_plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	const cJSON *reply;
	struct step *step;

	if (streq(p->act, "fail"))
		return err_set(e, ERR_OTHER, "with %s!", p->pin);
	if (streq(p->act, "warn"))
		task_warn(t, "with %s!", p->pin);
	if (streq(p->act, "read"))
		return cloud_get(
			t->cloud, CLOUD_COMPUTE, "/x", "reading", &reply, e);
	if (!streq(p->act, "make"))
		return 0;
	step = thing_make(t->plan, "1", false, WAIT_NOT);
	step->mark = plan_mark(t->plan);
	snprintf(mark, sizeof(mark), "%s", step->mark);
	step->body = pool_keep(t->pool,
		json_object(JSON_TAKE("metadata",
			json_object(JSON_STR(PLAN_MARK_KEY, step->mark)))));
	step->becomes = step->body;
	return 0;
}

static void make_report(struct task *t)
{
	const struct params *p = t->params;
	char *nested, *base64;
	cJSON *object;

	if (!streq(p->act, "show") || !p->pin)
		return;
	object = json_object(JSON_STR("k", p->pin));
	nested = json_text(object);
	base64 = str_base64(p->pin, strlen(p->pin));
	task_result(t, "same", json_new_str(p->pin));
	task_result(t, "part",
		json_new_str(pool_printf(t->pool, "a%sb%sc", p->pin, p->pin)));
	task_result(t, "nested", json_new_str(nested));
	task_result(t, "base64", json_new_str(base64));
	task_result(t, "deep", json_object(JSON_TAKE("object", object)));
	mem_free(nested);
	mem_free(base64);
}

static const struct module module = {
	.name = "probe",
	MODULE_OPTS(opts),
	.plan = make_plan,
	.report = make_report,
};

/* A server that shows what it was sent, as some proxies do. */
static void echo(struct http_request *r)
{
	char *body = json_text(r->body);

	r->fate = HTTP_ANSWERED;
	r->status = 400;
	r->text = mem_printf("<pre>X-Auth-Token: %s\n%s</pre>",
		r->token ? r->token : "", body);
	mem_free(body);
}

static int send_or_echo(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	bool login = strstr(requests[0]->url, "/tokens") != NULL;

	ck_assert_uint_eq(count, 1);
	if (!(login ? echoes_login : streq(requests[0]->method, "POST")))
		return canned_send(transport, requests, count, deadline);
	echo(requests[0]);
	return 0;
}

static struct transport *connect_canned(bool verify)
{
	(void)verify;
	canned.transport.send = send_or_echo;
	return &canned.transport;
}

static char *run(cJSON *arguments, const char *script)
{
	char *text, *output;

	json_set_str(arguments, "region", "DFW");
	json_set_str(arguments, "auth_endpoint", "http://cloud/v2.0");
	json_set(arguments, "_ansible_diff", json_new_bool(true));
	text = json_text(arguments);
	setenv("HOME", "/nonexistent", 1);
	canned_open(&canned, script);
	run_module(&module, text, strlen(text), connect_canned, &output);
	canned_close(&canned);
	cJSON_Delete(arguments);
	mem_free(text);
	return output;
}

/* Secrets with everything that an encoding treats in its own way. */
static const char *const secrets[] = {
	"s3cr3t-key",
	"with \"quotes\" and \\",
	"p\xc3\xa4ssw\xc3\xb6rd",
	"100%s%n",
	"line\nbreak",
	"1234567",
	"tab\tand \x1b[31m",
	"a/b?c&d=e f",
};

/* Its text in JSON, without the quotes round it. */
static char *in_json(const char *text)
{
	cJSON *value = json_new_str(text);
	char *quoted = json_text(value);
	char *inside = mem_copy_n(quoted + 1, strlen(quoted) - 2);

	mem_free(quoted);
	cJSON_Delete(value);
	return inside;
}

/* Neither the secret nor its JSON text, nor that within a JSON text again, nor
 * its base64 is in the output. */
static void check_hidden(const char *output, const char *secret)
{
	char *once = in_json(secret), *twice = in_json(once);
	char *base64 = str_base64(secret, strlen(secret));

	ck_assert_msg(!strstr(output, secret), "%s", output);
	ck_assert_msg(!strstr(output, once), "%s", output);
	ck_assert_msg(!strstr(output, twice), "%s", output);
	ck_assert_msg(!strstr(output, base64), "%s", output);
	mem_free(once);
	mem_free(twice);
	mem_free(base64);
}

static const char *const acts[] = { "show", "fail", "warn" };

START_TEST(an_option_is_not_shown)
{
	const char *secret = secrets[(size_t)_i / COUNT(acts)];
	char *output = run(
		json_object(JSON_STR("username", "me"),
			JSON_STR("api_key", "key9"), JSON_STR("pin", secret),
			JSON_STR("act", acts[(size_t)_i % COUNT(acts)])),
		"");

	check_hidden(output, secret);
	ck_assert_ptr_nonnull(strstr(output, "********"));
	mem_free(output);
}
END_TEST

/* The login's secret, wherever it came from. */
enum source { KEY, PASSWORD, ENVIRONMENT, FILE_KEY, FILE_PASSWORD, SOURCES };

static char *write_file(FILE **file, const char *option, const char *secret)
{
	*file = tmpfile();
	ck_assert_ptr_nonnull(*file);
	fprintf(*file, "[rackspace_cloud]\nusername = me\n%s = %s\n", option,
		secret);
	rewind(*file);
	return mem_printf("/dev/fd/%d", fileno(*file));
}

static cJSON *arguments_from(
	enum source source, const char *secret, FILE **file)
{
	cJSON *arguments = cJSON_CreateObject();
	char *path = NULL;

	*file = NULL;
	if (source == KEY || source == PASSWORD) {
		json_set_str(arguments, "username", "me");
		json_set_str(arguments, source == KEY ? "api_key" : "password",
			secret);
	} else if (source == ENVIRONMENT) {
		setenv("RAX_USERNAME", "me", 1);
		setenv("RAX_API_KEY", secret, 1);
	} else {
		path = write_file(file,
			source == FILE_KEY ? "api_key" : "password", secret);
		json_set_str(arguments, "credentials", path);
	}
	mem_free(path);
	json_set_str(arguments, "act", "read");
	return arguments;
}

START_TEST(a_login_is_not_shown)
{
	const char *secret = secrets[_i / SOURCES];
	enum source source = (enum source)(_i % SOURCES);
	FILE *file;
	char *output;

	/* A file has a line for it. */
	if (strchr(secret, '\n') && source >= FILE_KEY)
		secret = "s3cr3t-key";
	unsetenv("RAX_USERNAME");
	unsetenv("RAX_API_KEY");
	echoes_login = true;
	output = run(arguments_from(source, secret, &file), "");
	check_hidden(output, secret);
	ck_assert_ptr_nonnull(strstr(output, "400"));
	if (file)
		fclose(file);
	mem_free(output);
}
END_TEST

static cJSON *plain(const char *act)
{
	return json_object(JSON_STR("username", "me"),
		JSON_STR("api_key", "key9"), JSON_STR("act", act));
}

START_TEST(a_token_is_not_shown)
{
	char *output = run(plain("make"), LOGGED_IN);

	ck_assert_ptr_null(strstr(output, "tok-1"));
	ck_assert_ptr_nonnull(strstr(output, "X-Auth-Token: ********"));
	mem_free(output);
}
END_TEST

/* Not in the diff, nor where a server says it. */
START_TEST(a_mark_is_not_shown)
{
	char *output = run(plain("make"), LOGGED_IN);

	ck_assert_uint_eq(strlen(mark), 32);
	ck_assert_msg(!strstr(output, mark), "%s", output);
	mem_free(output);
}
END_TEST

START_TEST(a_predicted_mark_is_not_shown)
{
	cJSON *arguments = plain("make");
	char *output;

	json_set(arguments, "_ansible_check_mode", json_new_bool(true));
	output = run(arguments, LOGGED_IN);
	ck_assert_ptr_nonnull(strstr(output, "requests"));
	ck_assert_msg(!strstr(output, "ansible-run"), "%s", output);
	mem_free(output);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("run_secret");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, an_option_is_not_shown, 0, COUNT(secrets) * COUNT(acts));
	tcase_add_loop_test(
		t, a_login_is_not_shown, 0, COUNT(secrets) * SOURCES);
	tcase_add_test(t, a_token_is_not_shown);
	tcase_add_test(t, a_mark_is_not_shown);
	tcase_add_test(t, a_predicted_mark_is_not_shown);
	suite_add_tcase(s, t);
	return s;
}
