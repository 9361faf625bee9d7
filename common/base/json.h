/* json - RFC 8259: read strictly, written so that every number reads back to the same double. */
#ifndef INDSUB_BASE_JSON_H
#define INDSUB_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

enum { JSON_DEPTH_MAX = 32, JSON_NUMBER_SIZE = 48 };

/* Parses exactly one JSON value. cJSON alone takes more than RFC 8259 allows, so the text is
 * checked first: grammar, UTF-8, depth at most JSON_DEPTH_MAX, no member twice in an object, no NUL
 * in a string, no number beyond a double. Gives a tree for cJSON_Delete, or NULL with *err filled
 * (BAD_REQUEST, with the byte where it went wrong). */
cJSON *json_parse(const char *text, size_t size, struct err *err);
/* The same, of at most that many values (TOO_LARGE): a tree takes much longer to make than its text
 * to check. */
cJSON *json_parse_few(const char *text, size_t size, size_t n_values, struct err *err);

/* A member's value as it stands in the text that json_parse has read the object from: borrowed. */
const char *json_text_of(const cJSON *object, const cJSON *member, const char *text, size_t size,
                         size_t *member_size);
/* A member of the object that the text is, as it stands there: for what is not worth a tree.
 * Borrowed from the text; NULL if that is no JSON object, or has no such member. */
const char *json_find_member(const char *text, size_t size, const char *name, size_t *value_size);

/* The shortest decimal that reads back to value; integers without a fraction; "null" when value is
 * not finite. Returns the length written, without the NUL. */
size_t json_format_number(double value, char text[JSON_NUMBER_SIZE]);

void json_put_number(struct buf *out, double value);
void json_put_integer(struct buf *out, int64_t value);
/* Quoted and escaped. text must be UTF-8. */
void json_put_string(struct buf *out, const char *text);
/* Quoted RFC 3339 of a feed time. */
void json_put_time(struct buf *out, int64_t feed_ms);
/* Any cJSON tree, with our numbers. */
void json_put_tree(struct buf *out, const cJSON *tree);

#endif
