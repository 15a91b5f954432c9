/* SPDX-License-Identifier: Apache-2.0 */
/* What a bake begins with, and the digest of what goes into it. */
#include "common/bake/source.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define UUID         "1a2b3c4d-0000-4000-8000-000000000001"
#define NETWORK      "2a2b3c4d-0000-4000-8000-000000000002"
#define IMAGE(id)    "GET /compute/images/" id " "
#define IS(id, status)                                                         \
	"200 {'image': {'id': '" id "', 'name': 'Debian', 'status': '" status  \
	"'}}\n"
#define ACTIVE(id)    IMAGE(id) IS(id, "ACTIVE")
#define NAMED         "GET /compute/images/detail?name=Debian%2012 "
#define IMAGES(items) "200 {'images': [" items "]}\n"
#define I(id)         "{'id': '" id "', 'name': 'Debian 12', 'status': 'ACTIVE'}"
#define FLAVOR        "GET /compute/flavors/2 200 {'flavor': {'id': '2'}}\n"
#define SORTED                                                                 \
	"GET /glance/v2/images?status=active&member_status=accepted&"          \
	"sort_key=created_at&sort_dir=desc"

static struct recipe recipe_of(struct errand *x, const char *id,
	const char *name, const char *filter, bool most_recent)
{
	return (struct recipe){ .builder = "openstack",
		.image_name = "app",
		.source_image = id,
		.source_image_name = name,
		.source_filter = filter ? errand_json(x, filter) : NULL,
		.most_recent = most_recent,
		.flavor = "2",
		.ingredients = errand_json(x, "{'provisioners': []}") };
}

/* The image that is meant, or words of the failure. */
static const struct {
	const char *id, *name, *filter;
	bool most_recent;
	const char *script, *found, *words;
} images[] = {
	{ UUID, NULL, NULL, false, ACTIVE(UUID) FLAVOR, UUID, NULL },
	{ "Debian 12", NULL, NULL, false,
		NAMED IMAGES(I("7")) ACTIVE("7") FLAVOR, "7", NULL },
	{ NULL, "Debian 12", NULL, false,
		NAMED IMAGES(I("7")) ACTIVE("7") FLAVOR, "7", NULL },
	{ UUID, NULL, NULL, false, IMAGE(UUID) "404 gone", NULL,
		"source image|gone|" UUID },
	{ UUID, NULL, NULL, false, IMAGE(UUID) IS(UUID, "SAVING"), NULL,
		"source image|SAVING|" UUID },
	{ UUID, NULL, NULL, false, IMAGE(UUID) IS(UUID, "DELETED"), NULL,
		"source image|deleted|" UUID },
	{ UUID, NULL, NULL, false, IMAGE(UUID) "200 {'image': {}}", NULL,
		"source image|" UUID "|!(null)" },
	{ UUID, NULL, NULL, false, IMAGE(UUID) "200 []", NULL,
		"source image|" UUID },
	{ NULL, "Debian 12", NULL, false, NAMED IMAGES(""), NULL,
		"source image|Debian 12|DFW" },
	{ NULL, "Debian 12", NULL, false, NAMED IMAGES(I("7") ", " I("8")),
		NULL, "source image|2 images|Debian 12|DFW" },
	/* By name only: an id of the same text is none. */
	{ NULL, "Debian 12", NULL, false,
		NAMED IMAGES("{'id': '9', 'name': 'Debian 12 LTS'}"), NULL,
		"0 images" },
	{ NULL, NULL, "{}", true,
		SORTED " " IMAGES("{'id': '7'}, {'id': '8'}") ACTIVE("7")
			FLAVOR,
		"7", NULL },
	{ NULL, NULL, "{}", false,
		SORTED " " IMAGES("{'id': '7'}, {'id': '8'}"), NULL,
		"source image|2 images|most_recent" },
	{ NULL, NULL, "{'name': 'x'}", true, SORTED "&name=x " IMAGES(""), NULL,
		"source image|No image|\"name\": \"x\"|DFW" },
	/* The newest is what it says itself, not what comes first. */
	{ NULL, NULL, "{}", true,
		SORTED
		" " IMAGES("{'id': '7', 'created_at': '2031-04-01T10:00:00Z'}, "
			   "{'id': '8', 'created_at': '2031-04-03T10:00:00Z'}, "
			   "{'id': '9', 'created_at': '2031-04-02T10:00:00Z'}")
			ACTIVE("8") FLAVOR,
		"8", NULL },
	/* What the service does not filter we do. */
	{ NULL, NULL, "{'name': 'x', 'owner': 'me'}", true,
		SORTED "&name=x&owner=me " IMAGES(
			"{'id': '6', 'name': 'x2', 'owner': 'me'}, "
			"{'id': '7', 'name': 'x', 'owner': 'evil'}, "
			"{'id': '8', 'name': 'x', 'owner': 'me'}") ACTIVE("8")
			FLAVOR,
		"8", NULL },
	{ NULL, NULL, "{'tags': ['a', 'b']}", false,
		SORTED " " IMAGES("{'id': '6'}, {'id': '7', 'tags': ['a']}, "
				  "{'id': '8', 'tags': ['b', 'c', 'a']}, "
				  "{'id': '9', 'tags': 'ab'}") ACTIVE("8")
			FLAVOR,
		"8", NULL },
	{ NULL, NULL, "{'properties': {'os': 'debian', 'n': 12}}", false,
		SORTED " " IMAGES("{'id': '6', 'os': 'debian'}, {'id': '7', "
				  "'os': 'debian', 'n': '12'}, {'id': '8', "
				  "'os': 'Debian', 'n': '12'}, {'id': '9', "
				  "'properties': {'os': 'debian', 'n': '12'}}")
			ACTIVE("7") FLAVOR,
		"7", NULL },
	/* What a bake is still making, or has left, is none yet. */
	{ NULL, NULL, "{'properties': {'os': 'debian'}}", true,
		SORTED " " IMAGES(
			"{'id': '9', 'os': 'debian', 'ansible-lease': '995', "
			"'ansible-baked': 'no'}, {'id': '8', 'os': 'debian', "
			"'ansible-lease': '995'}, {'id': '7', 'os': 'debian', "
			"'ansible-lease': '995', 'ansible-baked': "
			"'2031-04-01T10:10:00Z'}, {'id': '6', 'os': 'debian'}")
			ACTIVE("7") FLAVOR,
		"7", NULL },
	{ NULL, NULL, "{}", true,
		SORTED " " IMAGES("{'id': '9', 'ansible-lease': '995', "
				  "'ansible-baked': 'no'}"),
		NULL, "No image" },
	{ NULL, NULL, "{'visibility': 'public', 'name': 'a&b=c'}", false,
		SORTED "&name=a%26b%3Dc&visibility=public " IMAGES(
			"{'id': '7', 'name': 'a&b=c'}") ACTIVE("7") FLAVOR,
		"7", NULL },
	/* Answers that lie. */
	{ NULL, NULL, "{}", true,
		SORTED " " IMAGES("{}, {'id': null}, {'id': 7}, {'id': '8'}")
			ACTIVE("8") FLAVOR,
		"8", NULL },
	{ NULL, NULL, "{}", true, SORTED " 403 no", NULL,
		"source image|no (looking for the source image" },
};

START_TEST(finds_the_image_that_is_meant)
{
	struct errand x;
	struct recipe r;
	struct bake_wish wish = { .recipe = &r };
	int rc;

	errand_open(&x, images[_i].script);
	r = recipe_of(&x, images[_i].id, images[_i].name, images[_i].filter,
		images[_i].most_recent);
	rc = source_find(&x.task, &wish, x.e);
	ck_assert_msg(rc == (images[_i].words ? -1 : 0), "%s",
		rc ? x.e->text : "no failure");
	if (rc == 0)
		ck_assert_str_eq(wish.source, images[_i].found);
	else
		account_check_words(x.e->text, images[_i].words);
	errand_close(&x);
}
END_TEST

static const struct {
	const char *flavor, *script, *found, *words;
} flavors[] = {
	{ "2", FLAVOR, "2", NULL },
	{ "1 GB",
		"GET /compute/flavors/1%20GB 404\n"
		"GET /compute/flavors/detail 200 {'flavors': [{'id': '3', "
		"'name': '1 GB General'}, {'id': '4', 'name': '1 GB'}]}\n",
		"4", NULL },
	{ "../2",
		"GET /compute/flavors/..%2F2 404\n"
		"GET /compute/flavors/detail 200 {'flavors': []}\n",
		NULL, "no flavor ../2|DFW" },
	{ "x",
		"GET /compute/flavors/x 404\n"
		"GET /compute/flavors/detail 200 {'flavors': [{'name': 'x'}]}\n",
		NULL, "no flavor x" },
	{ "x", "GET /compute/flavors/x 403 no", NULL, "no (reading flavor x" },
};

START_TEST(finds_the_flavor_that_is_meant)
{
	struct errand x;
	struct recipe r;
	struct bake_wish wish = { .recipe = &r };
	char *script = mem_printf("%s%s", ACTIVE(UUID), flavors[_i].script);
	int rc;

	errand_open(&x, script);
	r = recipe_of(&x, UUID, NULL, NULL, false);
	r.flavor = flavors[_i].flavor;
	rc = source_find(&x.task, &wish, x.e);
	ck_assert_int_eq(rc, flavors[_i].words ? -1 : 0);
	if (rc == 0)
		ck_assert_str_eq(wish.flavor, flavors[_i].found);
	else
		account_check_words(x.e->text, flavors[_i].words);
	mem_free(script);
	errand_close(&x);
}
END_TEST

START_TEST(finds_the_networks)
{
	struct errand x;
	struct recipe r;
	struct bake_wish wish = { .recipe = &r };

	errand_open(&x, ACTIVE(UUID) FLAVOR
		"GET /compute/os-networksv2/" NETWORK " 404\n");
	r = recipe_of(&x, UUID, NULL, NULL, false);
	r.networks = errand_json(&x, "['public', '" NETWORK "']");
	ck_assert_int_eq(source_find(&x.task, &wish, x.e), 0);
	ck_assert_str_eq(json_str(wish.networks, "0.label"), "public");
	ck_assert_str_eq(json_str(wish.networks, "1.uuid"), NETWORK);
	errand_close(&x);
}
END_TEST

/* One thing is different: is it another image? */
static const struct {
	const char *source, *flavor, *ingredients, *name, *instance;
	bool seal, differs;
} changes[] = {
	{ UUID, "2", "{'provisioners': ['a', 'b']}", "app", NULL, true, false },
	/* It is called something else, and made of the same. */
	{ UUID, "2", "{'provisioners': ['a', 'b']}", "app2", "x", true, false },
	{ NETWORK, "2", "{'provisioners': ['a', 'b']}", "app", NULL, true,
		true },
	{ UUID, "3", "{'provisioners': ['a', 'b']}", "app", NULL, true, true },
	{ UUID, "2", "{'provisioners': ['a', 'b']}", "app", NULL, false, true },
	{ UUID, "2", "{'provisioners': ['b', 'a']}", "app", NULL, true, true },
	{ UUID, "2", "{'provisioners': ['a']}", "app", NULL, true, true },
	{ UUID, "2", "{'provisioners': ['a,b']}", "app", NULL, true, true },
	{ UUID, "2", "{}", "app", NULL, true, true },
};

static const char *digest_of(struct errand *x, int i)
{
	struct recipe r = recipe_of(x, changes[i].source, NULL, NULL, false);
	struct bake_wish wish = { .recipe = &r, .seal = changes[i].seal };

	r.flavor = changes[i].flavor;
	r.image_name = changes[i].name;
	r.instance_name = changes[i].instance;
	r.ingredients = errand_json(x, changes[i].ingredients);
	ck_assert_int_eq(source_find(&x->task, &wish, x->e), 0);
	ck_assert_uint_eq(strlen(wish.digest), 64);
	ck_assert_uint_eq(strspn(wish.digest, "0123456789abcdef"), 64);
	return wish.digest;
}

START_TEST(the_digest_is_of_what_goes_into_the_image)
{
	struct errand x;
	char *script = mem_printf(
		"%sGET /compute/images/%s 200 {'image': {'id': 'i', 'status': "
		"'ACTIVE'}}\nGET /compute/flavors/%s 200 {'flavor': {'id': "
		"'%s'}}\n",
		ACTIVE(UUID) FLAVOR, changes[_i].source, changes[_i].flavor,
		changes[_i].flavor);
	const char *first, *second;

	errand_open(&x, script);
	first = digest_of(&x, 0);
	second = digest_of(&x, _i);
	ck_assert(streq(first, second) != changes[_i].differs);
	mem_free(script);
	errand_close(&x);
}
END_TEST

#define LIMITS(most)                                                           \
	"GET /compute/limits 200 {'limits': {'absolute': {'maxServerMeta': "   \
	"40, 'maxImageMeta': " most "}}}\n"

/* So many items a server and an image are to have. */
static const struct {
	int server, image;
	const char *script, *words;
} rooms[] = {
	{ 0, 0, "", NULL },
	{ 35, 34, "", NULL },
	{ 36, 0, LIMITS("40"), "instance_metadata|41|40" },
	{ 0, 35, LIMITS("40"), "image|41|40|!instance_metadata" },
	{ 0, 122, LIMITS("128"), NULL },
	{ 0, 123, LIMITS("128"), "image|129|128" },
	{ 0, 35, "GET /compute/limits 200 {'limits': {'absolute': {}}}",
		"image|41|40" },
	{ 0, 35, "GET /compute/limits 403 no", "no|limits" },
};

static cJSON *items(struct errand *x, int count)
{
	cJSON *metadata = errand_json(x, "{}");

	for (int i = 0; i < count; i++)
		json_set_str(
			metadata, pool_printf(x->task.pool, "k%d", i), "v");
	return metadata;
}

START_TEST(what_does_not_fit_is_known_before)
{
	struct errand x;
	struct recipe r;
	int rc;

	errand_open(&x, rooms[_i].script);
	r = (struct recipe){ .instance_metadata = items(&x, rooms[_i].server),
		.image_metadata = items(&x, rooms[_i].image) };
	rc = source_check(&x.task, &r, x.e);
	ck_assert_int_eq(rc, rooms[_i].words ? -1 : 0);
	if (rc < 0)
		account_check_words(x.e->text, rooms[_i].words);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, finds_the_image_that_is_meant, 0, COUNT(images));
	tcase_add_loop_test(
		t, finds_the_flavor_that_is_meant, 0, COUNT(flavors));
	tcase_add_test(t, finds_the_networks);
	tcase_add_loop_test(t, the_digest_is_of_what_goes_into_the_image, 0,
		COUNT(changes));
	tcase_add_loop_test(
		t, what_does_not_fit_is_known_before, 0, COUNT(rooms));
	suite_add_tcase(s, t);
	return s;
}
