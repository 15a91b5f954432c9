/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network.h"

#include "tests/common/errand.h"

Suite *suite(void);

#define UUID "1a2b3c4d-0000-4000-8000-000000000001"
#define LIST                                                                   \
	"GET /compute/os-networksv2 200 {'networks': [{'id': 'n1', 'label': "  \
	"'back'}, {'id': 'n2', 'label': 'twice'}, {'id': 'n3', 'label': "      \
	"'twice'}, {'id': 'n4', 'label': 'Back'}, {'x': 1}]}"
#define PUBLIC                                                                 \
	"{'uuid': '00000000-0000-0000-0000-000000000000', 'label': 'public'}"
#define PRIVATE                                                                \
	"{'uuid': '11111111-1111-1111-1111-111111111111', 'label': 'private'}"

static const struct {
	const char *given, *script, *networks, *words;
} rows[] = {
	{ "[]", "", "[]", NULL },
	{ "['public', 'private']", "", "[" PUBLIC ", " PRIVATE "]", NULL },
	{ "['00000000-0000-0000-0000-000000000000']", "", "[" PUBLIC "]",
		NULL },
	{ "['back']", LIST, "[{'uuid': 'n1', 'label': 'back'}]", NULL },
	/* One list is enough for all of them. */
	{ "['back', 'private', 'Back']", LIST,
		"[{'uuid': 'n1', 'label': 'back'}, " PRIVATE
		", {'uuid': 'n4', 'label': 'Back'}]",
		NULL },
	/* A label may look like a number; an entry without an id is none. */
	{ "[7]",
		"GET /compute/os-networksv2 200 {'networks': [{'label': '7'}, "
		"{'id': 5, 'label': '7'}, {'id': 'n7', 'label': '7'}]}",
		"[{'uuid': 'n7', 'label': '7'}]", NULL },
	/* An id that is not shown is taken as it is. */
	{ "['" UUID "']",
		"GET /compute/os-networksv2/" UUID
		" 200 {'network': {'label': 'back'}}",
		"[{'uuid': '" UUID "', 'label': 'back'}]", NULL },
	{ "['" UUID "']", "GET /compute/os-networksv2/" UUID " 404 no",
		"[{'uuid': '" UUID "', 'label': '" UUID "'}]", NULL },
	{ "['" UUID "']", "GET /compute/os-networksv2/" UUID " 200 {}",
		"[{'uuid': '" UUID "', 'label': '" UUID "'}]", NULL },
	{ "['" UUID "']", "GET /compute/os-networksv2/" UUID " 403 no", NULL,
		"no (reading network " UUID },
	{ "[null]", "", NULL, "networks" },
	{ "['public', {'uuid': 'x'}]", "", NULL, "networks" },
	{ "['none']", LIST, NULL, "No matching network found (none" },
	{ "['']", LIST, NULL, "No matching network found (" },
	{ "['twice']", LIST, NULL, "No matching network found (twice|2|DFW" },
	{ "['back']", "GET /compute/os-networksv2 403 no", NULL,
		"no (listing networks" },
};

START_TEST(finds_networks)
{
	const cJSON *networks = NULL;
	struct errand x;
	int rc;

	errand_open(&x, rows[_i].script);
	rc = network_find_all(
		&x.task, errand_json(&x, rows[_i].given), &networks, x.e);
	if (rows[_i].networks) {
		ck_assert_msg(rc == 0, "%s", rc ? x.e->text : "");
		errand_check_json(networks, rows[_i].networks);
	} else {
		ck_assert_int_eq(rc, -1);
		account_check_words(x.e->text, rows[_i].words);
	}
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("network");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, finds_networks, 0, sizeof(rows) / sizeof(*rows));
	suite_add_tcase(s, t);
	return s;
}
