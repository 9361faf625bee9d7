#include "common/client/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"

/* Room for `more` bytes and a NUL behind them. */
static bool reserve(struct text *self, size_t more)
{
    size_t needed = self->size + more + 1;
    if (self->failed)
        return false;
    if (needed <= self->capacity)
        return true;
    size_t capacity = self->capacity ? self->capacity : 128;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(self->data, capacity);
    if (!data) {
        self->failed = true;
        return false;
    }
    self->data = data;
    self->capacity = capacity;
    return true;
}

void text_put(struct text *self, const char *bytes, size_t size)
{
    if (!reserve(self, size))
        return;
    memcpy(self->data + self->size, bytes, size);
    self->size += size;
    self->data[self->size] = '\0';
}

void text_put_string(struct text *self, const char *string)
{
    text_put(self, string, strlen(string));
}

void text_put_format(struct text *self, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !reserve(self, (size_t)n))
        return;
    va_start(args, fmt);
    vsnprintf(self->data + self->size, (size_t)n + 1, fmt, args);
    va_end(args);
    self->size += (size_t)n;
}

void text_put_quoted(struct text *self, const char *string)
{
    text_put(self, "\"", 1);
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;
        if (c == '"' || c == '\\')
            text_put_format(self, "\\%c", c);
        else if (c < 0x20)
            text_put_format(self, "\\u%04x", c);
        else
            text_put(self, string, 1);
    }
    text_put(self, "\"", 1);
}

void text_put_time(struct text *self, int64_t ms)
{
    char time[FEEDTIME_TEXT_SIZE];
    feedtime_format(ms, time);
    text_put_quoted(self, time);
}

static void put_items(struct text *self, const cJSON *tree)
{
    for (const cJSON *item = tree->child; item; item = item->next) {
        if (item != tree->child)
            text_put(self, ",", 1);
        if (cJSON_IsObject(tree)) {
            text_put_quoted(self, item->string);
            text_put(self, ":", 1);
        }
        text_put_json(self, item);
    }
}

void text_put_json(struct text *self, const cJSON *tree)
{
    char number[JSON_NUMBER_SIZE];
    if (cJSON_IsNumber(tree)) {
        text_put(self, number, json_format_number(tree->valuedouble, number));
    } else if (cJSON_IsString(tree)) {
        text_put_quoted(self, tree->valuestring);
    } else if (cJSON_IsObject(tree) || cJSON_IsArray(tree)) {
        text_put(self, cJSON_IsObject(tree) ? "{" : "[", 1);
        put_items(self, tree);
        text_put(self, cJSON_IsObject(tree) ? "}" : "]", 1);
    } else {
        text_put_string(self, cJSON_IsTrue(tree) ? "true" : cJSON_IsFalse(tree) ? "false" : "null");
    }
}

char *text_take(struct text *self)
{
    if (!self->data)
        reserve(self, 0);
    if (self->failed) {
        text_destroy(self);
        return NULL;
    }
    self->data[self->size] = '\0';
    char *data = self->data;
    *self = (struct text){0};
    return data;
}

void text_destroy(struct text *self)
{
    free(self->data);
    *self = (struct text){0};
}
