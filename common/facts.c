/* SPDX-License-Identifier: Apache-2.0 */
#include "common/facts.h"

#include <ctype.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* What is left of a letter when its accents are taken off: Unicode's
 * compatibility decomposition of U+00C0 to U+017F, a dot where nothing ASCII
 * remains. */
static const char bare_latin[] = "AAAAAA.CEEEEIIII"
				 ".NOOOOO..UUUUY.."
				 "aaaaaa.ceeeeiiii"
				 ".nooooo..uuuuy.y"
				 "AaAaAaCcCcCcCcDd"
				 "..EeEeEeEeEeGgGg"
				 "GgGgHh..IiIiIiIi"
				 "I...JjKk.LlLlLl."
				 "...NnNnNnn..OoOo"
				 "Oo..RrRrRrSsSsSs"
				 "SsTtTt..UuUuUuUu"
				 "UuUuWwYyYZzZzZzs";

/* Spaces that have no decomposition, and vanish. */
static bool is_odd_space(unsigned code)
{
	return code == 0x85 || code == 0x1680 || code == 0x2028 ||
	       code == 0x2029;
}

/* A character as bare ASCII, or 0. */
static char bare(unsigned code)
{
	if (code < 0x80)
		return (char)code;
	if (opt_unicode_is_space(code))
		return is_odd_space(code) ? 0 : ' ';
	if (code >= 0xff01 && code <= 0xff5e)
		return (char)(code - 0xff01 + '!');
	if (code >= 0xc0 && code <= 0x17f && bare_latin[code - 0xc0] != '.')
		return bare_latin[code - 0xc0];
	return 0;
}

/* The characters that a human id is made of, in lower case. */
static char *only_words(const char *name)
{
	struct str s;

	str_init(&s, strlen(name));
	while (*name) {
		const char *from = name;
		unsigned code = opt_unicode_next(&name);
		/* Bytes that are no text are no letters either. */
		char c = name - from == 1 && code >= 0x80 ? 0 : bare(code);

		if (isalnum((unsigned char)c) || c == '_' || c == '-')
			c = (char)tolower((unsigned char)c);
		else if (opt_unicode_is_space((unsigned char)c))
			c = ' ';
		else
			continue;
		str_add_n(&s, &c, 1);
	}
	return str_take(&s);
}

char *facts_human_id(const char *name)
{
	char *words = only_words(name);
	char *id = opt_unicode_strip(words);
	char *to = id;

	for (const char *from = id; *from;) {
		size_t gap = strspn(from, " -");

		*to++ = gap ? '-' : *from;
		from += gap ? gap : 1;
	}
	*to = '\0';
	mem_free(words);
	return id;
}

/* "OS-EXT-STS:task_state" becomes "rax_os-ext-sts_task_state". */
static char *slug_of_key(const char *key)
{
	char *slug = mem_printf("rax_%s", key);
	char *to = slug + 4;

	for (const char *from = to; *from; from++) {
		unsigned char c = (unsigned char)*from;
		bool word = isalnum(c) || c == '-' || c >= 0x80;

		if (word || to > slug + 4)
			*to++ = (char)(word ? tolower(c) : '_');
	}
	*to = '\0';
	return slug;
}

static void add_attribute(cJSON *facts, const char *key, cJSON *value)
{
	char *slug = slug_of_key(key);

	json_set(facts, slug, value);
	mem_free(slug);
}

/* label -> list of addresses */
static cJSON *networks_of(const cJSON *server)
{
	cJSON *networks = cJSON_CreateObject();

	json_each (network, json_member(server, "addresses")) {
		cJSON *list = cJSON_CreateArray();

		json_each (entry, network) {
			json_append(
				list, json_new_str(json_str(entry, "addr")));
		}
		json_set(networks, network->string, list);
	}
	return networks;
}

static bool is_float(const cJSON *value)
{
	return cJSON_IsNumber(value) && strpbrk(value->valuestring, ".eENI");
}

static void add_bare(cJSON *facts, const cJSON *server, const char *key)
{
	const cJSON *value = json_member(server, key);

	json_set(facts, key, value ? json_copy(value) : cJSON_CreateNull());
}

cJSON *facts_of_server(const cJSON *server)
{
	static const char *const bare[] = { "id", "accessIPv4", "name",
		"status" };
	const char *name = json_str(server, "name");
	const cJSON *image = json_member(server, "image");
	cJSON *facts = cJSON_CreateObject();
	char *human_id = name ? facts_human_id(name) : NULL;

	json_set_str(facts, "rax_human_id", human_id);
	json_set_str(facts, "rax_name_attr", "name");
	json_each (attribute, server) {
		if (!is_float(attribute))
			add_attribute(
				facts, attribute->string, json_copy(attribute));
	}
	json_set(facts, "rax_networks", networks_of(server));
	if (image)
		json_set_str(facts, "rax_boot_source",
			cJSON_IsObject(image) && image->child ? "local"
							      : "volume");
	for (size_t i = 0; i < sizeof(bare) / sizeof(*bare); i++)
		add_bare(facts, server, bare[i]);
	mem_free(human_id);
	return facts;
}
