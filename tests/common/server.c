/* SPDX-License-Identifier: Apache-2.0 */
/* Finding servers and reading what they are given. What modules/rax.c and
 * modules/rax_facts.c do with them is tested there. */
#include "common/server.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A name, and the regular expression that means it alone, escaped. */
static const struct {
	const char *name, *query;
} queries[] = {
	{ "web1", "name=%5Eweb1%24" },
	{ "web.1", "name=%5Eweb%5C.1%24" },
	{ "a*b+c?", "name=%5Ea%5C%2Ab%5C%2Bc%5C%3F%24" },
	{ "(x)|[y]", "name=%5E%5C%28x%5C%29%5C%7C%5C%5By%5C%5D%24" },
	{ "{3}", "name=%5E%5C%7B3%5C%7D%24" },
	{ "^$\\", "name=%5E%5C%5E%5C%24%5C%5C%24" },
	{ "web-1_x y&z=1", "name=%5Eweb-1_x%20y%26z%3D1%24" },
	{ "h\xc3\xa9", "name=%5Eh%C3%A9%24" },
	{ "", "name=%5E%24" },
};

START_TEST(asks_for_one_name)
{
	struct errand x;

	errand_open(&x, "");
	ck_assert_str_eq(server_name_query(&x.task, queries[_i].name),
		queries[_i].query);
	errand_close(&x);
}
END_TEST

START_TEST(lists_what_is_not_deleted)
{
	const cJSON *servers;
	struct errand x;

	errand_open(&x,
		"GET /compute/servers/detail?a=b 200 {'servers': [{'id': '2', "
		"'status': 'ACTIVE'}, {'id': '3', 'status': 'DELETED'}, "
		"{'id': '1', 'status': 'ERROR'}, {'id': '4'}]}");
	ck_assert_int_eq(server_list(&x.task, "a=b", &servers, x.e), 0);
	errand_check_json(servers,
		"[{'id': '2', 'status': 'ACTIVE'}, {'id': '1', 'status': "
		"'ERROR'}, {'id': '4'}]");
	errand_close(&x);
}
END_TEST

/* One server by its id: path, outcome, code of the failure. */
static const struct {
	const char *id, *script;
	enum err_code code;
	const char *words;
} reads[] = {
	{ "s1", "GET /compute/servers/s1 200 {'server': {'id': 's1'}}",
		ERR_NONE, NULL },
	{ "a/b?c", "GET /compute/servers/a%2Fb%3Fc 200 {'server': {}}",
		ERR_NONE, NULL },
	{ "s1", "GET /compute/servers/s1 404", ERR_ABSENT, "server s1" },
	{ "s1",
		"GET /compute/servers/s1 200 {'server': {'status': "
		"'DELETED'}}",
		ERR_ABSENT, "s1" },
	{ "s1", "GET /compute/servers/s1 403 no", ERR_OTHER, "no (reading" },
	{ "s1", "GET /compute/servers/s1 200 {}", ERR_OTHER, "server s1" },
	{ "s1", "GET /compute/servers/s1 200 {'server': []}", ERR_OTHER,
		"server s1" },
};

START_TEST(reads_one)
{
	const cJSON *server = NULL;
	struct errand x;
	int rc;

	errand_open(&x, reads[_i].script);
	rc = server_get(&x.task, reads[_i].id, &server, x.e);
	ck_assert_int_eq(rc, reads[_i].words ? -1 : 0);
	if (rc) {
		ck_assert_int_eq(x.e->code, reads[_i].code);
		account_check_words(x.e->text, reads[_i].words);
	} else {
		ck_assert(cJSON_IsObject(server));
	}
	errand_close(&x);
}
END_TEST

START_TEST(reads_flavors_and_limits)
{
	const cJSON *flavor, *limits;
	struct errand x;

	errand_open(&x,
		"GET /compute/flavors/general1-2 200 {'flavor': {'ram': 2}}\n"
		"GET /compute/flavors/x%2Fy 404\nGET /compute/flavors/z 200 {}\n"
		"GET /compute/flavors/no 403 no\n"
		"GET /compute/limits 200 {'limits': {'absolute': {'a': 1}}}\n"
		"GET /compute/limits 200 {'limits': []}");
	ck_assert_int_eq(server_flavor(&x.task, "general1-2", &flavor, x.e), 0);
	errand_check_json(flavor, "{'ram': 2}");
	ck_assert_int_eq(server_flavor(&x.task, "x/y", &flavor, x.e), 0);
	errand_check_json(flavor, "{}");
	ck_assert_int_eq(server_flavor(&x.task, "z", &flavor, x.e), 0);
	errand_check_json(flavor, "{}");
	ck_assert_int_eq(server_flavor(&x.task, "no", &flavor, x.e), -1);
	ck_assert_int_eq(server_limits(&x.task, &limits, x.e), 0);
	errand_check_json(limits, "{'a': 1}");
	ck_assert_int_eq(server_limits(&x.task, &limits, x.e), -1);
	errand_close(&x);
}
END_TEST

/* Metadata as the Python modules sent them (golden: rax-files-userdata). */
static const struct {
	const char *given, *texts;
} metadata[] = {
	{ "{'l': [1, 2], 'n': 5, 'd': {'a': 1}}",
		"{'l': '1,2', 'n': '5', 'd': '{\\u0022a\\u0022: 1}'}" },
	{ "{}", "{}" },
	{ "{'s': '', 't': 'x y'}", "{'s': '', 't': 'x y'}" },
	{ "{'b': true, 'c': false, 'z': null}",
		"{'b': 'True', 'c': 'False', 'z': 'None'}" },
	{ "{'f': 1.5, 'g': 1e20, 'h': 123456789012345678901234567890}",
		"{'f': '1.5', 'g': '1e+20', 'h': "
		"'123456789012345678901234567890'}" },
	{ "{'l': []}", "{'l': ''}" },
	{ "{'l': ['a', true, null, 'b,c']}", "{'l': 'a,True,None,b,c'}" },
	{ "{'d': {'k': ['\\u00e9', true]}}",
		"{'d': '{\\u0022k\\u0022: [\\u0022\\u005cu00e9\\u0022, "
		"true]}'}" },
};

START_TEST(writes_metadata_as_texts)
{
	struct errand x;

	errand_open(&x, "");
	errand_check_json(server_metadata_texts(
				  &x.task, errand_json(&x, metadata[_i].given)),
		metadata[_i].texts);
	errand_close(&x);
}
END_TEST

static const struct {
	const char *server, *wanted;
	bool has;
} pairs[] = {
	{ "{'metadata': {'a': '1', 'b': '2'}}", "{'a': '1'}", true },
	{ "{'metadata': {'a': '1', 'b': '2'}}", "{}", true },
	{ "{'metadata': {'a': '1'}}", "{'a': '2'}", false },
	{ "{'metadata': {'a': '1'}}", "{'A': '1'}", false },
	{ "{'metadata': {'a': '1'}}", "{'a': '1', 'b': '2'}", false },
	{ "{}", "{}", true },
	{ "{}", "{'a': '1'}", false },
	{ "{'metadata': 'x'}", "{'a': '1'}", false },
	{ "{'metadata': ['a']}", "{'a': '1'}", false },
};

START_TEST(compares_metadata)
{
	cJSON *server = json_literal(pairs[_i].server);
	cJSON *wanted = json_literal(pairs[_i].wanted);

	ck_assert(server_has_metadata(server, wanted) == pairs[_i].has);
	cJSON_Delete(server);
	cJSON_Delete(wanted);
}
END_TEST

#define IPS                                                                    \
	"{'addresses': {'public': [{'addr': '203.0.113.9'}, {'addr': "         \
	"'2001:db8::9'}], 'none': [], 'back': [{'addr': '10.0.0.9'}]}}"

static const struct {
	const char *server, *address;
	bool has;
} addresses[] = {
	{ IPS, "203.0.113.9", true },
	{ IPS, "10.0.0.9", true },
	{ IPS, "2001:0DB8:0:0:0:0:0:9", true },
	{ IPS, "10.0.0.90", false },
	{ IPS, "", false },
	{ "{}", "10.0.0.9", false },
	{ "{'addresses': {'x': [{}, {'addr': null}, {'addr': 7}, 'y']}}",
		"10.0.0.9", false },
	{ "{'addresses': 'x'}", "10.0.0.9", false },
};

START_TEST(knows_addresses)
{
	cJSON *server = json_literal(addresses[_i].server);

	ck_assert(server_has_address(server, addresses[_i].address) ==
		  addresses[_i].has);
	cJSON_Delete(server);
}
END_TEST

START_TEST(orders_by_age)
{
	struct errand x;

	errand_open(&x, "");
	errand_check_json(
		server_by_age(&x.task,
			errand_json(&x,
				"[{'id': 'c', 'created': '2031-02-01'}, {'id': "
				"'b', 'created': '2031-01-01'}, {'id': 'a', "
				"'created': '2031-02-01'}]")),
		"[{'id': 'b', 'created': '2031-01-01'}, {'id': 'a', 'created': "
		"'2031-02-01'}, {'id': 'c', 'created': '2031-02-01'}]");
	errand_close(&x);
}
END_TEST

#define ATTACHED(id)                                                           \
	"GET /compute/servers/s1/os-volume_attachments 200 "                   \
	"{'volumeAttachments': [{'volumeId': '" id "'}]}\n"
#define VOLUME(id, more)                                                       \
	"GET /volume/volumes/" id " 200 {'volume': {'id': '" id "'" more "}}\n"
#define BOOTED                                                                 \
	ATTACHED("v1")                                                         \
	VOLUME("v1", ", 'bootable': 'true', 'display_name': 'data', "          \
		     "'volume_image_metadata': {'image_id': 'i1'}")

static const struct {
	const char *server, *image, *volume, *script;
	bool does;
} boots[] = {
	{ "{'id': 's1', 'image': {'id': 'i1'}}", "i1", NULL, "", true },
	{ "{'id': 's1', 'image': {'id': 'i1'}}", "i2", NULL, "", false },
	{ "{'id': 's1', 'image': {'id': 'i1'}}", NULL, NULL, "", true },
	{ "{'id': 's1', 'image': {'id': 'i1'}}", NULL, "v1", "", false },
	{ "{'id': 's1', 'image': ''}", "i1", NULL, BOOTED, true },
	{ "{'id': 's1', 'image': ''}", "i2", NULL, BOOTED, false },
	{ "{'id': 's1', 'image': ''}", NULL, "v1", BOOTED, true },
	{ "{'id': 's1', 'image': ''}", NULL, "data", BOOTED, true },
	{ "{'id': 's1', 'image': ''}", NULL, "v2", BOOTED, false },
	/* Later versions of the service say name (other-services.md 1). */
	{ "{'id': 's1', 'image': ''}", NULL, "data",
		ATTACHED("v1")
			VOLUME("v1", ", 'bootable': 'true', 'name': 'data'"),
		true },
	/* A volume that it has, but has not booted from. */
	{ "{'id': 's1', 'image': ''}", NULL, "v1",
		ATTACHED("v1") VOLUME("v1", ", 'bootable': 'false'"), false },
	{ "{'id': 's1', 'image': ''}", NULL, "v1",
		"GET /compute/servers/s1/os-volume_attachments 200 {}\n",
		false },
};

START_TEST(knows_what_it_boots_from)
{
	bool does = !boots[_i].does;
	struct errand x;

	errand_open(&x, boots[_i].script);
	ck_assert_int_eq(
		server_boots_from(&x.task, errand_json(&x, boots[_i].server),
			boots[_i].image, boots[_i].volume, &does, x.e),
		0);
	ck_assert(does == boots[_i].does);
	errand_close(&x);
}
END_TEST

/* A file without a name, so that nothing can be left behind. */
static char *anonymous(FILE **file, const char *text)
{
	*file = tmpfile();
	ck_assert_ptr_nonnull(*file);
	fputs(text, *file);
	rewind(*file);
	return mem_printf("/dev/fd/%d", fileno(*file));
}

static bool is_secret(const struct errand *x, const char *text)
{
	json_each (secret, x->account.cloud.secrets) {
		if (streq(secret->valuestring, text))
			return true;
	}
	return false;
}

START_TEST(reads_files)
{
	const cJSON *contents;
	struct errand x;
	cJSON *files;
	FILE *file;
	char *path = anonymous(&file, "a private thing\n");

	errand_open(&x, "");
	files = errand_json(&x, "{}");
	json_set_str(files, "/etc/x", path);
	json_set_str(files, "/etc/none", "/dev/null");
	ck_assert_int_eq(server_read_files(&x.task, files, &contents, x.e), 0);
	errand_check_json(contents, "{'/etc/x': 'YSBwcml2YXRlIHRoaW5nCg==', "
				    "'/etc/none': ''}");
	ck_assert(is_secret(&x, "YSBwcml2YXRlIHRoaW5nCg=="));
	fclose(file);
	mem_free(path);
	errand_close(&x);
}
END_TEST

/* What a file holds is secret, not only how it is sent; but not a word that may
 * stand anywhere. */
static const struct {
	const char *held;
	bool as_file, secret;
} held[] = {
	{ "a private thing", false, true },
	{ "production\n", true, false },
	{ "two lines\nof it\n", true, true },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
		true, true },
};

START_TEST(what_files_hold_is_secret)
{
	const cJSON *contents;
	const char *encoded;
	struct errand x;
	cJSON *files;
	FILE *file;
	char *path = anonymous(&file, held[_i].held);

	errand_open(&x, "");
	files = errand_json(&x, "{}");
	json_set_str(files, "/etc/x", path);
	if (!held[_i].as_file)
		ck_assert_int_eq(
			server_read_user_data(&x.task, path, &encoded, x.e), 0);
	else
		ck_assert_int_eq(
			server_read_files(&x.task, files, &contents, x.e), 0);
	ck_assert(is_secret(&x, held[_i].held) == held[_i].secret);
	fclose(file);
	mem_free(path);
	errand_close(&x);
}
END_TEST

static const struct {
	const char *files, *words;
} unreadable[] = {
	{ "{'/x': '/nonexistent/f'}", "Failed to load /nonexistent/f" },
	{ "{'/x': '/'}", "Failed to load /" },
	{ "{'/x': ['a']}", "/x" },
	{ "{'/x': null}", "/x" },
	{ "{'/x': {}}", "/x" },
};

START_TEST(says_which_file)
{
	const cJSON *contents = NULL;
	struct errand x;

	errand_open(&x, "");
	ck_assert_int_eq(
		server_read_files(&x.task,
			errand_json(&x, unreadable[_i].files), &contents, x.e),
		-1);
	account_check_words(x.e->text, unreadable[_i].words);
	ck_assert_ptr_null(contents);
	errand_close(&x);
}
END_TEST

START_TEST(user_data_is_a_text_or_a_file)
{
	const char *encoded;
	struct errand x;
	FILE *file;
	char *path = anonymous(&file, "#cloud-config\n");

	errand_open(&x, "");
	ck_assert_int_eq(
		server_read_user_data(&x.task, "#cloud-config", &encoded, x.e),
		0);
	ck_assert_str_eq(encoded, "I2Nsb3VkLWNvbmZpZw==");
	ck_assert(is_secret(&x, encoded));
	ck_assert_int_eq(
		server_read_user_data(&x.task, path, &encoded, x.e), 0);
	ck_assert_str_eq(encoded, "I2Nsb3VkLWNvbmZpZwo=");
	ck_assert(is_secret(&x, encoded));
	/* A directory or a name without a file is a text. */
	ck_assert_int_eq(server_read_user_data(&x.task, "/", &encoded, x.e), 0);
	ck_assert_str_eq(encoded, "Lw==");
	fclose(file);
	mem_free(path);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("server");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, asks_for_one_name, 0, COUNT(queries));
	tcase_add_test(t, lists_what_is_not_deleted);
	tcase_add_loop_test(t, reads_one, 0, COUNT(reads));
	tcase_add_test(t, reads_flavors_and_limits);
	tcase_add_loop_test(t, writes_metadata_as_texts, 0, COUNT(metadata));
	tcase_add_loop_test(t, compares_metadata, 0, COUNT(pairs));
	tcase_add_loop_test(t, knows_addresses, 0, COUNT(addresses));
	tcase_add_test(t, orders_by_age);
	tcase_add_loop_test(t, knows_what_it_boots_from, 0, COUNT(boots));
	tcase_add_test(t, reads_files);
	tcase_add_loop_test(
		t, what_files_hold_is_secret, 0, sizeof(held) / sizeof(*held));
	tcase_add_loop_test(t, says_which_file, 0, COUNT(unreadable));
	tcase_add_test(t, user_data_is_a_text_or_a_file);
	suite_add_tcase(s, t);
	return s;
}
