/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"

extern const struct module module;
Suite *suite(void);

#define IMG     "1a2b3c4d-0000-4000-8000-000000000001"
#define BY_NAME "GET /servers/detail?name=%5Eweb1%24 200 "
#define SERVER(id, name, status, meta)                                         \
	"{'id': '" id "', 'name': '" name "', 'status': '" status              \
	"', 'created': '2031-04-01T10:00:0" id "Z', 'image': {'id': '" IMG     \
	"'}, 'flavor': {'id': '2'}, "                                          \
	"'metadata': " meta ", 'addresses': {'public': [{'addr': "             \
	"'203.0.113." id "', 'version': 4}], 'private': [{'addr': '10.0.0." id \
	"', 'version': 4}]}}"
#define NEW  "'name': 'web1', 'image': '" IMG "', 'flavor': '2'"
#define MADE "{'server': {'id': '5', 'adminPass': 'pw5'}}"

static const struct fake_case cases[] = {
	{ .given = "{}", .fails = "image is required for the \"rax\" module" },
	{ .given = "{'image': 'x', 'flavor': '2'}",
		.fails = "name is required for the \"rax\" module" },
	{ .given = "{'image': 'x', 'name': 'a'}",
		.fails = "flavor is required for the \"rax\" module" },
	{ .given = "{" NEW ", 'exact_count': true}",
		.fails = "\"group\" must be provided when using "
			 "\"exact_count\"" },
	{ .given = "{'state': 'absent'}", .fails = "name is required" },
	{ .given = "{'state': 'absent', 'instance_ids': []}",
		.result = "{'changed': false, 'action': null, 'instances': [],"
			  " 'success': []}" },
	/* A new server, without waiting: looked at once. */
	{ .given = "{" NEW ", 'meta': {'n': 5}}",
		.cloud = "GET /servers/detail?name=%5Eweb1%24 200 "
			 "{'servers': []}\n"
			 "POST /servers 202 " MADE "\n"
			 "GET /servers/detail?name=%5Eweb1 200 {'servers': "
			 "[" SERVER("5", "web1", "BUILD", "{'n': '5'}") "]}",
		.requests = "POST /servers",
		.result = "{'changed': true, 'action': 'create', 'instances': "
			  "[{'id': '5', 'rax_adminpass': 'pw5', 'status': "
			  "'BUILD'}], 'instance_ids': {'success': ['5']}}" },
	/* The same again changes nothing, whatever the cloud has added. */
	{ .given = "{" NEW ", 'meta': {'n': 5}}",
		.cloud = BY_NAME "{'servers': [" SERVER("5", "web1", "ACTIVE",
			"{'n': '5', 'rackconnect_x': 'y'}") "]}",
		.result = "{'changed': false, 'action': null, 'instances': "
			  "[{'id': '5'}], 'success': []}" },
	{ .given = "{" NEW ", 'check': 1}", .fails = "Unsupported parameters" },
	{ .given = "{" NEW "}",
		.check = true,
		.cloud = BY_NAME "{'servers': []}",
		.requests = "POST /servers",
		.result = "{'changed': true, 'action': 'create', 'instances': "
			  "[{'id': '<web1.id>', 'accessIPv4': '<web1.public>',"
			  " 'rax_networks': {'private': ['<web1.private>'], "
			  "'public': ['<web1.public>']}, 'status': 'ACTIVE'}],"
			  " 'requests': [{'method': 'POST', 'path': "
			  "'/compute/servers', 'body': {'server': {'name': "
			  "'web1', 'metadata': {}, 'networks': [{'uuid': "
			  "'00000000-0000-0000-0000-000000000000'}, {'uuid': "
			  "'11111111-1111-1111-1111-111111111111'}]}}}]}" },
	/* Numbers: whole names, upwards from the offset, until enough. */
	{ .given = "{'name': 'web%02d', 'group': 'g', 'count': 2, "
		   "'count_offset': 8, 'image': '" IMG "', 'flavor': '2'}",
		.check = true,
		.cloud = "GET /servers/detail 200 {'servers': [" SERVER("1",
			"web09", "ACTIVE", "{'group': 'g'}") ", " SERVER("2",
			"myweb08x", "ACTIVE", "{}") "]}",
		.requests = "POST /servers\nPOST /servers",
		.result = "{'instances': [{'name': 'web08'}, {'name': "
			  "'web10'}, {'name': 'web09'}]}" },
	/* exact_count: the oldest go. */
	{ .given = "{'name': 'web', 'group': 'g', 'exact_count': true, "
		   "'count': 1, 'image': '" IMG "', 'flavor': '2', "
		   "'wait': true}",
		.cloud = "GET /servers/detail 200 {'servers': [" SERVER("3",
			"web3", "ACTIVE",
			"{'group': 'g'}") ", " SERVER("1", "web1", "ACTIVE",
			"{'group': 'g'}") ", " SERVER("2", "web2", "ACTIVE",
			"{'group': 'g'}") "]}\n"
					  "DELETE /servers/1 204\nDELETE /servers/2 404\n"
					  "GET /servers/detail?name=%5Eweb1 200 {'servers': [" SERVER(
						  "1", "web1", "ACTIVE",
						  "{}") "]}\n"
							"GET /servers/detail?name=%5Eweb1 200 {'servers': []}",
		.requests = "DELETE /servers/1\nDELETE /servers/2",
		.result = "{'changed': true, 'action': 'delete', 'instances': "
			  "[{'id': '3'}], 'instance_ids': {'success': "
			  "['1', '2'], 'error': [], 'timeout': []}}" },
	/* Gone already counts as deleted, and changes nothing. */
	{ .given = "{'state': 'absent', 'instance_ids': ['9']}",
		.cloud = "GET /servers/9 404",
		.result = "{'changed': false, 'instance_ids': {'success': "
			  "['9']}}" },
	{ .given = "{'state': 'absent', 'name': 'web1', 'count': 1}",
		.cloud = BY_NAME
		"{'servers': [" SERVER("2", "web1", "ACTIVE", "{}") ", " SERVER(
			"1", "web1", "ACTIVE", "{}") "]}\n"
						     "DELETE /servers/1 204",
		.requests = "DELETE /servers/1",
		.result = "{'changed': true, 'instance_ids': {'success': "
			  "['1'], 'instances': []}}" },
	/* One of two is refused, the other goes to ERROR: each is told. */
	{ .given = "{'name': 'web%d', 'group': 'g', 'count': 2, 'wait': true,"
		   " 'image': '" IMG "', 'flavor': '2'}",
		.cloud = "GET /servers/detail 200 {'servers': []}\n"
			 "POST /servers 202 " MADE "\n"
			 "POST /servers 403 {'forbidden': {'message': 'Quota "
			 "exceeded for instances'}}\n"
			 "GET /servers/detail?name=%5Eweb1 200 {'servers': ["
			 "{'id': '5', 'name': 'web1', 'status': 'ERROR', "
			 "'fault': {'message': 'No valid host was found.'}}]}",
		.requests = "POST /servers\nPOST /servers",
		.fails = "Failed to build all servers: No valid host was "
			 "found.",
		.result = "{'changed': true, 'error': [{'id': '5', 'rax_fault'"
			  ": {'message': 'No valid host was found.'}}, {'id': "
			  "null, 'name': 'web2'}], 'instances': []}" },
	{ .given = "{" NEW ", 'wait': true, 'wait_timeout': 3}",
		.cloud = BY_NAME
		"{'servers': []}\n"
		"POST /servers 202 " MADE "\n"
		"+GET /servers/detail?name=%5Eweb1 200 "
		"{'servers': [" SERVER("5", "web1", "BUILD", "{}") "]}",
		.requests = "POST /servers",
		.fails = "Timeout waiting for all servers to build",
		.result = "{'changed': true, 'timeout': [{'id': '5'}], "
			  "'instance_ids': {'timeout': ['5']}}" },
	{ .given = "{'name': 'web1', 'image': 'Big Image', 'flavor': '2'}",
		.cloud = "GET /images/detail?name=Big%20Image 200 {'images': "
			 "[]}\nGET /images/detail 200 {'images': []}",
		.fails = "No matching image found (Big Image)" },
	{ .given = "{'name': 'web%d%d', 'group': 'g', 'image': '" IMG
		   "', 'flavor': '2'}",
		.cloud = "GET /servers/detail 200 {'servers': []}",
		.fails = "cannot be numbered" },
};

START_TEST(runs)
{
	fake_check(&module, &cases[_i]);
}
END_TEST

/* The mark of the create is random: the lost reply's server is found by
 * whatever mark was sent, so the script is made by the first request. */
START_TEST(a_lost_create_is_looked_for_before_it_is_repeated)
{
	cJSON *log, *result;

	result = fake_run(&module, "{" NEW ", 'wait': true}",
		BY_NAME
		"{'servers': []}\n"
		"POST /servers cut\n"
		"+GET /servers/detail?name=%5Eweb1 200 {'servers': "
		"[" SERVER("5", "web1", "ACTIVE",
			"{}") "]}\n"
			      "POST /servers 202 {'server': {'id': '5'}}",
		false, &log);
	ck_assert(!json_bool(result, "failed"));
	ck_assert_int_ge(fake_elapsed(), 5000);
	ck_assert_int_eq(json_size(json_get(result, "success")), 1);
	ck_assert_str_ne(
		json_str(log, "1.body.server.metadata.ansible-run"), "");
	cJSON_Delete(log);
	cJSON_Delete(result);
}
END_TEST

START_TEST(a_signal_undoes_what_was_made)
{
	cJSON *log;
	cJSON *result = fake_run(&module,
		"{'name': 'web%d', 'group': 'g', 'count': 2, 'image': '" IMG
		"', 'flavor': '2', 'wait': true}",
		"GET /servers/detail 200 {'servers': []}\n"
		"POST /servers 202 " MADE "\n"
		"POST /servers 202 {'server': {'id': '6'}}\n"
		"GET /servers/detail?name=%5Eweb signal\n"
		"DELETE /servers/5 204\nDELETE /servers/6 204",
		false, &log);

	ck_assert(json_bool(result, "failed"));
	ck_assert_ptr_nonnull(strstr(json_str(result, "msg"), "Interrupted"));
	ck_assert_int_eq(json_size(json_get(result, "removed")), 2);
	ck_assert_int_eq(json_size(json_get(result, "left")), 0);
	cJSON_Delete(log);
	cJSON_Delete(result);
}
END_TEST

/* A new server that is waited for, its progress in this file. */
static cJSON *watched(const char *path, const char *cloud, bool check)
{
	char *given =
		mem_printf("{" NEW ", 'wait': true, 'progress': '%s'}", path);
	cJSON *result = fake_run(&module, given, cloud, check, NULL);

	mem_free(given);
	return result;
}

/* A directory of the test's own, and a file in it that is not there yet. */
static char *new_path(void)
{
	const char *base = getenv("TMPDIR");
	char *directory =
		mem_printf("%s/progress-XXXXXX", base ? base : "/tmp");
	char *path;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = mem_printf("%s/log", directory);
	mem_free(directory);
	return path;
}

static void remove_path(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(path), 0);
	mem_free(path);
}

START_TEST(tells_its_progress)
{
	static const char *const wanted[] = { " creating server web1\n",
		" server web1: BUILD\n", " server web1 is ACTIVE after ",
		" rax has ended after ", " s: changed\n" };
	char *path = new_path(), *text, *at;
	struct err e;
	size_t length;
	cJSON *result = watched(path,
		BY_NAME "{'servers': []}\nPOST /servers 202 " MADE
			"\nGET /servers/detail?name=%5Eweb1 200 {'servers': "
			"[" SERVER("5", "web1", "ACTIVE", "{}") "]}",
		false);

	ck_assert(json_bool(result, "changed"));
	at = text = file_read(path, 65536, &length, &e);
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		at = strstr(at, wanted[i]);
		ck_assert_msg(at, "no %s in: %s", wanted[i], text);
	}
	ck_assert_ptr_null(strstr(text, "pw5"));
	mem_free(text);
	cJSON_Delete(result);
	remove_path(path);
}
END_TEST

START_TEST(tells_why_it_has_failed)
{
	char *path = new_path(), *text;
	struct err e;
	size_t length;
	cJSON *result = watched(path,
		BY_NAME "{'servers': []}\nPOST /servers 403 {'forbidden': "
			"{'message': 'no more than ten'}}",
		false);

	text = file_read(path, 65536, &length, &e);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, " s: failed: Failed to build all "
					   "servers: no more than ten"));
	mem_free(text);
	cJSON_Delete(result);
	remove_path(path);
}
END_TEST

START_TEST(check_mode_tells_nothing)
{
	char *path = new_path();
	cJSON *result = watched(path, BY_NAME "{'servers': []}", true);

	ck_assert(json_bool(result, "changed"));
	ck_assert_int_eq(access(path, F_OK), -1);
	cJSON_Delete(result);
	remove_path(path);
}
END_TEST

/* Before anything is asked. */
START_TEST(progress_that_cannot_be_written_is_an_error)
{
	cJSON *result = watched("/nonexistent/log", "", false);

	ck_assert(json_bool(result, "failed"));
	ck_assert_ptr_nonnull(strstr(json_str(result, "msg"),
		"Cannot write the progress to /nonexistent/log"));
	cJSON_Delete(result);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rax");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, runs, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, a_lost_create_is_looked_for_before_it_is_repeated);
	tcase_add_test(t, a_signal_undoes_what_was_made);
	tcase_add_test(t, tells_its_progress);
	tcase_add_test(t, tells_why_it_has_failed);
	tcase_add_test(t, check_mode_tells_nothing);
	tcase_add_test(t, progress_that_cannot_be_written_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
