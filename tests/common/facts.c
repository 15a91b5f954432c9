/* SPDX-License-Identifier: Apache-2.0 */
#include "common/facts.h"

#include <check.h>
#include <string.h>

#include "common/mem.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Members that are the same in a server and in its facts. */
#define ADDRESSES                                                              \
	"{'private': [{'addr': '10.180.206.60', 'version': 4}], 'public': "    \
	"[{'addr': '198.101.241.186', 'version': 4}, {'addr': "                \
	"'2001:4800:780e:0510:d87b:9cbc:ff04:513a', 'version': 6}]}"
#define FLAVOR                                                                 \
	"{'id': '2', 'links': [{'href': 'http://cloud.invalid/flavors/2', "    \
	"'rel': 'bookmark'}]}"
#define IMAGE                                                                  \
	"{'id': '2e2564dc-8a16-4025-9840-3ab4c7ae5de6', 'links': [{'href': "   \
	"'http://cloud.invalid/images/2', 'rel': 'bookmark'}]}"
#define LINKS "[{'href': 'http://cloud.invalid/servers/1', 'rel': 'self'}]"
#define NAME  "W\\u00e9b Server_1.example.org"

/* A server as the provider's mock has it, and what the Python modules made of
 * it: every member that they showed, and no other. */
static const char server[] =
	"{'OS-DCF:diskConfig': 'AUTO', 'OS-EXT-STS:power_state': 1, "
	"'OS-EXT-STS:task_state': null, 'OS-EXT-STS:vm_state': 'ACTIVE', "
	"'accessIPv4': '198.101.241.238', 'accessIPv6': "
	"'2001:4800:780e:0510:d87b:9cbc:ff04:513a', 'addresses': " ADDRESSES
	", 'created': '2026-11-23T14:14:10.055062Z', 'flavor': " FLAVOR
	", 'hostId': '33ccb6c8', 'id': 'test-server-id-1', 'image': " IMAGE
	", 'key_name': null, 'links': " LINKS ", 'metadata': {'env': 'prod'}, "
	"'name': '" NAME "', 'progress': 100, 'status': 'ACTIVE', "
	"'tenant_id': '916218651672576', 'updated': "
	"'2026-11-23T14:14:10.055062Z', 'user_id': '170454'}";

static const char facts[] =
	"{'rax_human_id': 'web-server_1exampleorg', 'rax_name_attr': 'name', "
	"'rax_os-dcf_diskconfig': 'AUTO', 'rax_os-ext-sts_power_state': 1, "
	"'rax_os-ext-sts_task_state': null, 'rax_os-ext-sts_vm_state': "
	"'ACTIVE', 'rax_accessipv4': '198.101.241.238', 'rax_accessipv6': "
	"'2001:4800:780e:0510:d87b:9cbc:ff04:513a', 'rax_addresses': " ADDRESSES
	", 'rax_created': '2026-11-23T14:14:10.055062Z', 'rax_flavor': " FLAVOR
	", 'rax_hostid': '33ccb6c8', 'rax_id': 'test-server-id-1', "
	"'rax_boot_source': 'local', 'rax_image': " IMAGE
	", 'rax_key_name': null, 'rax_links': " LINKS
	", 'rax_metadata': {'env': 'prod'}, 'rax_name': '" NAME
	"', 'rax_networks': {'private': ['10.180.206.60'], 'public': "
	"['198.101.241.186', '2001:4800:780e:0510:d87b:9cbc:ff04:513a']}, "
	"'rax_progress': 100, 'rax_status': 'ACTIVE', 'rax_tenant_id': "
	"'916218651672576', 'rax_updated': '2026-11-23T14:14:10.055062Z', "
	"'rax_user_id': '170454', 'id': 'test-server-id-1', 'accessIPv4': "
	"'198.101.241.238', 'name': '" NAME "', 'status': 'ACTIVE'}";

START_TEST(shows_what_the_python_modules_did)
{
	cJSON *given = json_literal(server), *expected = json_literal(facts);
	cJSON *made = facts_of_server(given);
	char *have = json_text(made);

	json_each (member, expected) {
		const cJSON *found = json_member(made, member->string);

		ck_assert_msg(json_equal(found, member), "%s in: %s",
			member->string, have);
	}
	json_each (member, made) {
		ck_assert_msg(json_member(expected, member->string),
			"%s is new in: %s", member->string, have);
	}
	mem_free(have);
	cJSON_Delete(given);
	cJSON_Delete(expected);
	cJSON_Delete(made);
}
END_TEST

/* One member of a server, and the members that come of it; what is expected to
 * be null may also be missing. */
static const struct {
	const char *given, *expected;
} rows[] = {
	{ "{'image': ''}", "{'rax_boot_source': 'volume', 'rax_image': ''}" },
	{ "{'image': null}", "{'rax_boot_source': 'volume'}" },
	{ "{'image': {}}", "{'rax_boot_source': 'volume'}" },
	{ "{'image': {'id': 'i'}}", "{'rax_boot_source': 'local'}" },
	{ "{'addresses': {}}", "{'rax_networks': {}, 'rax_addresses': {}}" },
	{ "{'addresses': {'back net': [{'version': 4, 'addr': '10.1.2.3'}], "
	  "'empty': []}}",
		"{'rax_networks': {'back net': ['10.1.2.3'], 'empty': []}}" },
	/* Slugs: word characters and - stay, all else becomes _. */
	{ "{'RAX-PUBLIC-IP-ZONE-ID:publicIPZoneId': 'z'}",
		"{'rax_rax-public-ip-zone-id_publicipzoneid': 'z'}" },
	{ "{'a.b c/d': 1}", "{'rax_a_b_c_d': 1}" },
	{ "{':x': 1}", "{'rax_x': 1}" },
	{ "{'a__b_': 1}", "{'rax_a__b_': 1}" },
	/* Types: all but floats. */
	{ "{'f': 1.5, 'e': 1e3}", "{'rax_f': null, 'rax_e': null}" },
	{ "{'b': true, 'l': [1.5], 'd': {'x': 1.5}, 'n': null}",
		"{'rax_b': true, 'rax_l': [1.5], 'rax_d': {'x': 1.5}, 'rax_n': "
		"null}" },
	{ "{'i': 123456789012345678901234567890}",
		"{'rax_i': 123456789012345678901234567890}" },
	{ "{'adminPass': 'S0me'}", "{'rax_adminpass': 'S0me'}" },
	{ "{'fault': {'message': 'No valid host'}}",
		"{'rax_fault': {'message': 'No valid host'}}" },
	{ "{}", "{'id': null, 'name': null, 'status': null, 'accessIPv4': "
		"null, 'rax_name_attr': 'name'}" },
	{ "{'accessIPv4': ''}", "{'accessIPv4': '', 'rax_accessipv4': ''}" },
};

START_TEST(shows)
{
	cJSON *given = json_literal(rows[_i].given);
	cJSON *expected = json_literal(rows[_i].expected);
	cJSON *made = facts_of_server(given);
	char *have = json_text(made);

	json_each (member, expected) {
		const cJSON *found = json_member(made, member->string);

		ck_assert_msg((!found && cJSON_IsNull(member)) ||
				      json_equal(found, member),
			"%s in: %s", member->string, have);
	}
	mem_free(have);
	cJSON_Delete(given);
	cJSON_Delete(expected);
	cJSON_Delete(made);
}
END_TEST

START_TEST(null_and_missing_are_not_floats)
{
	cJSON *given = json_literal("{'id': '1', 'f': 1.5, 'n': null}");
	cJSON *made = facts_of_server(given);

	ck_assert_ptr_null(json_member(made, "rax_f"));
	ck_assert(cJSON_IsNull(json_member(made, "rax_n")));
	cJSON_Delete(given);
	cJSON_Delete(made);
}
END_TEST

/* What a server must not be: nothing breaks. */
static const char *const odd[] = {
	"null",
	"[]",
	"'text'",
	"{'addresses': 5}",
	"{'addresses': {'a': 5, 'b': [5, {}, {'addr': 7}]}}",
	"{'addresses': [{'addr': 'x'}]}",
	"{'name': 5}",
	"{'name': null, 'id': 7, 'image': 7}",
	"{'': 1, '_': 2, '___': 3}",
};

START_TEST(survives)
{
	cJSON *given = json_literal(odd[_i]);
	cJSON *made = facts_of_server(given);

	ck_assert(cJSON_IsObject(made));
	cJSON_Delete(given);
	cJSON_Delete(made);
}
END_TEST

static const struct {
	const char *name, *human_id;
} names[] = {
	{ "py3fixed-web1", "py3fixed-web1" },
	{ "W\xc3\xa9"
	  "b Server_1.example.org",
		"web-server_1exampleorg" },
	{ "Big Image", "big-image" },
	{ "a - b", "a-b" },
	{ "a--b", "a-b" },
	{ "a \t\n b", "a-b" },
	{ "  a  ", "a" },
	{ "-a-", "-a-" },
	{ " - a -", "-a-" },
	{ "--", "-" },
	{ "a\x1c"
	  "b\xe2\x80\xa9"
	  "c\xe2\x80\x83"
	  "d",
		"a-bc-d" },
	{ "a.b,c!d", "abcd" },
	{ "Ubuntu 22.04 LTS (Jammy)", "ubuntu-2204-lts-jammy" },
	{ "\xc3\x85ngstr\xc3\xb6m \xc3\xb1", "angstrom-n" },
	{ "\xc5\xbd\xc4\x8d\xc5\xa1", "zcs" },
	{ "\xe2\x82\xac"
	  "5",
		"5" },
	{ "\xe6\x9c\xba", "" },
	{ "", "" },
	{ "\xff\xfe"
	  "a",
		"a" },
};

START_TEST(makes_human_ids)
{
	char *id = facts_human_id(names[_i].name);

	ck_assert_str_eq(id, names[_i].human_id);
	mem_free(id);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("facts");
	TCase *t = tcase_create("all");

	tcase_add_test(t, shows_what_the_python_modules_did);
	tcase_add_loop_test(t, shows, 0, COUNT(rows));
	tcase_add_test(t, null_and_missing_are_not_floats);
	tcase_add_loop_test(t, survives, 0, COUNT(odd));
	tcase_add_loop_test(t, makes_human_ids, 0, COUNT(names));
	suite_add_tcase(s, t);
	return s;
}
