/* text - growing text that notes a failed allocation instead of ending the process.
 *
 * The library lives in other people's programs, so it cannot use common/base/buf. Once an
 * allocation has failed nothing more is put, and text_take gives NULL: one check at the end. */
#ifndef INDSUB_CLIENT_TEXT_H
#define INDSUB_CLIENT_TEXT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with {0}. */
struct text {
    char *data;
    size_t size, capacity;
    bool failed;
};

void text_put(struct text *self, const char *bytes, size_t size);
void text_put_string(struct text *self, const char *string);
void text_put_format(struct text *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string with quotes and escapes. */
void text_put_quoted(struct text *self, const char *string);
/* A quoted RFC 3339 time. */
void text_put_time(struct text *self, int64_t ms);
/* Any JSON value. */
void text_put_json(struct text *self, const cJSON *tree);

/* Gives the NUL-terminated text and empties self; NULL if an allocation had failed. */
char *text_take(struct text *self);
void text_destroy(struct text *self);

#endif
