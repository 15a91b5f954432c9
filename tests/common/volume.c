/* SPDX-License-Identifier: Apache-2.0 */
#include "common/volume.h"

#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define UUID         "1a2b3c4d-0000-4000-8000-000000000001"
#define LIST         "GET /volume/volumes/detail?limit=1000&offset=0 "
#define NOTHING      "No matching volume found (data"

static const struct {
	const char *given, *script, *id, *words;
} finds[] = {
	{ UUID, "", UUID, NULL },
	{ "data",
		LIST "200 {'volumes': [{'id': 'v1', 'display_name': 'data1'}, "
		     "{'id': 'v2', 'display_name': 'data'}, {'x': 1}]}",
		"v2", NULL },
	/* Later versions of the service. */
	{ "data", LIST "200 {'volumes': [{'id': 'v2', 'name': 'data'}]}", "v2",
		NULL },
	{ "data",
		LIST "200 {'volumes': [{'id': 'v1', 'display_name': 'x', "
		     "'name': 'data'}]}",
		NULL, NOTHING },
	{ "data", LIST "200 {'volumes': []}", NULL, NOTHING },
	{ "data",
		LIST "200 {'volumes': [{'id': 'v1', 'name': 'data'}, {'id': "
		     "'v2', 'display_name': 'data'}]}",
		NULL, NOTHING "|2|DFW" },
	{ "data", LIST "403 no", NULL, "no (listing volumes" },
	{ "data", LIST "200 {'volumes': [{'display_name': 'data'}]}", NULL,
		NOTHING },
};

START_TEST(finds_what_is_meant)
{
	const char *id = NULL;
	struct errand x;
	int rc;

	errand_open(&x, finds[_i].script);
	rc = volume_find(&x.task, finds[_i].given, &id, x.e);
	if (finds[_i].id) {
		ck_assert_msg(rc == 0, "%s", rc ? x.e->text : "");
		ck_assert_str_eq(id, finds[_i].id);
	} else {
		ck_assert_int_eq(rc, -1);
		account_check_words(x.e->text, finds[_i].words);
	}
	errand_close(&x);
}
END_TEST

#define ATTACHED(items)                                                        \
	"GET /compute/servers/s1/os-volume_attachments 200 "                   \
	"{'volumeAttachments': [" items "]}\n"
#define V(id, bootable)                                                        \
	"GET /volume/volumes/" id " 200 {'volume': {'id': '" id                \
	"', 'bootable': " bootable "}}\n"

static const struct {
	const char *script, *id; /* NULL: none */
	bool fails;
} boots[] = {
	{ ATTACHED(""), NULL, false },
	{ ATTACHED("{'volumeId': 'v1'}") V("v1", "'true'"), "v1", false },
	{ ATTACHED("{'volumeId': 'v1'}") V("v1", "true"), "v1", false },
	{ ATTACHED("{'volumeId': 'v1'}") V("v1", "'TRUE'"), "v1", false },
	{ ATTACHED("{'volumeId': 'v1'}") V("v1", "'false'"), NULL, false },
	{ ATTACHED("{'volumeId': 'v1'}") V("v1", "null"), NULL, false },
	{ ATTACHED("{'volumeId': 'v1'}, {'volumeId': 'v2'}, {}")
			V("v1", "'false'") V("v2", "'true'"),
		"v2", false },
	{ "GET /compute/servers/s1/os-volume_attachments 404", NULL, false },
	{ "GET /compute/servers/s1/os-volume_attachments 403 no", NULL, true },
	{ ATTACHED("{'volumeId': 'v1'}") "GET /volume/volumes/v1 403 no", NULL,
		true },
	{ ATTACHED("{'volumeId': '../x'}") "GET /volume/volumes/..%2Fx 200 {}",
		NULL, false },
};

START_TEST(a_server_without_an_id_has_none)
{
	const cJSON *volume;
	struct errand x;

	errand_open(&x, "");
	ck_assert_int_eq(volume_of_server(&x.task, errand_json(&x, "{'id': 5}"),
				 &volume, x.e),
		0);
	ck_assert_ptr_null(volume);
	errand_close(&x);
}
END_TEST

START_TEST(finds_what_a_server_booted_from)
{
	const cJSON *volume = NULL;
	struct errand x;
	int rc;

	errand_open(&x, boots[_i].script);
	rc = volume_of_server(
		&x.task, errand_json(&x, "{'id': 's1'}"), &volume, x.e);
	ck_assert_int_eq(rc, boots[_i].fails ? -1 : 0);
	ck_assert_pstr_eq(json_str(volume, "id"), boots[_i].id);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("volume");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, finds_what_is_meant, 0, COUNT(finds));
	tcase_add_loop_test(
		t, finds_what_a_server_booted_from, 0, COUNT(boots));
	tcase_add_test(t, a_server_without_an_id_has_none);
	suite_add_tcase(s, t);
	return s;
}
