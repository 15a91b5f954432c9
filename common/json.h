/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - JSON trees: reading, writing, looking inside, building.
 *
 * The tree is cJSON's; text goes in and out through a reader and a writer of
 * our own, since what Ansible and servers send is wider than what cJSON takes:
 * a number keeps its source text (in valuestring), so that 1, 1.0 and 10^20
 * stay what they were; NaN and the infinities are accepted, as Python writes
 * them; of a key given twice the last value wins. In memory a string is UTF-8
 * in which U+0000 is the bytes C0 80 and a lone surrogate its three bytes, so
 * that both survive; bytes that are no UTF-8 become U+FFFD. Output is ASCII.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Bounds on what is read: a value takes up to 100 times the memory of its text.
 */
#define JSON_DEPTH_MAX   100
#define JSON_VALUES_MAX  1000000
#define JSON_MEMBERS_MAX 10000 /* of one object */

/* One JSON value in exactly these bytes, white space around it apart; the
 * caller deletes it. NULL with line and column in the error otherwise. */
cJSON *json_parse(const char *text, size_t length, struct err *e);
/* The same of JSON as its standard has it, for what a human wrote: NaN and the
 * infinities are refused, a message says the byte as well, and each key that is
 * there more than once in one object is told in `repeated', a list of texts. */
cJSON *json_parse_strict(
	const char *text, size_t length, cJSON *repeated, struct err *e);
/* A literal of the source code, which may use ' in place of ". A bad one is a
 * bug and aborts. */
cJSON *json_literal(const char *text);
/* The tree as Python's json.dumps writes it; the caller frees it. */
char *json_text(const cJSON *value);
/* Makes cJSON allocate as mem.h does; before any other call. */
void json_init(void);

/* Looking inside. A path is keys and array positions, "links.0.rel"; what is
 * missing or of another type is NULL, the fallback or false. */
cJSON *json_get(const cJSON *value, const char *path);
const char *json_str(const cJSON *value, const char *path);
int64_t json_int(const cJSON *value, const char *path, int64_t fallback);
bool json_bool(const cJSON *value, const char *path);
/* One member by its exact key, for keys that users choose. */
cJSON *json_member(const cJSON *object, const char *key);
/* The first object in the list whose member is this string. */
cJSON *json_find(const cJSON *list, const char *key, const char *value);
/* Whether one of the list's items, or the object's members, is this string. */
bool json_has_text(const cJSON *list, const char *text);
int json_size(const cJSON *value);
/* A number without fraction or exponent that fits, or false. */
bool json_is_int(const cJSON *value, int64_t *number);
/* A string as it is, a number's or boolean's JSON text; NULL for the rest.
 * The API prints one id now as a number, now as a string. The text lives as
 * long as the value. */
const char *json_scalar_text(const cJSON *value);
/* Same type and content; the order of an object's members does not count,
 * numbers compare by their text. */
bool json_equal(const cJSON *a, const cJSON *b);

#define json_each(item, value)                                                 \
	for (cJSON *item = (value) ? (value)->child : NULL; item;              \
		item = item->next)

/* Building. A new value belongs to the caller until it is put somewhere. */
cJSON *json_new_str(const char *text); /* NULL for NULL */
cJSON *json_new_int(int64_t number);
cJSON *json_new_bool(bool truth);
cJSON *json_new_double(double number);
/* A number with this source text, which must be valid JSON (or NaN, ...). */
cJSON *json_new_number(const char *text);
cJSON *json_copy(const cJSON *value);
/* Put into an object, in place of a member of that key, or at a list's end.
 * The container takes the value over; a NULL value, or key, adds nothing. */
void json_set(cJSON *object, const char *key, cJSON *value);
void json_set_str(cJSON *object, const char *key, const char *text);
void json_append(cJSON *list, cJSON *value);
void json_remove(cJSON *object, const char *key);
/* A copy of the list, its objects ordered by the text of one member, those that
 * have the same by that of another; the caller deletes it. */
cJSON *json_sorted(const cJSON *list, const char *key, const char *then);
/* Puts the members of all objects in the tree in the order of their keys. */
void json_sort_members(cJSON *tree);

/* json_object(JSON_STR("name", name), JSON_INT("port", 80), ...): an object of
 * these members; a NULL string or tree leaves its member out. */
struct json_pair {
	const char *key;
	cJSON *value;
};
#define JSON_PAIR(key, value) ((struct json_pair){ (key), (value) })
#define JSON_STR(key, text)   JSON_PAIR((key), json_new_str(text))
#define JSON_INT(key, number) JSON_PAIR((key), json_new_int(number))
#define JSON_BOOL(key, truth) JSON_PAIR((key), json_new_bool(truth))
#define JSON_TAKE(key, tree)  JSON_PAIR((key), (tree))
#define JSON_COPY(key, tree)  JSON_PAIR((key), json_copy(tree))
#define json_object(...)                                                       \
	json_object_of(                                                        \
		(const struct json_pair[]){ __VA_ARGS__, { NULL, NULL } })
cJSON *json_object_of(const struct json_pair *pairs);

#endif
