#include "common/client/update.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/json.h"

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static double number_of(const cJSON *item)
{
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static bool read_time(const cJSON *item, int64_t *ms)
{
    return cJSON_IsString(item) && feedtime_parse(item->valuestring, ms);
}

static size_t count_values(const cJSON *indicators)
{
    size_t n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, indicators) n +=
        cJSON_IsObject(item) ? (size_t)cJSON_GetArraySize(item) : 1;
    return n;
}

static void read_values(struct indsub_update *self, const cJSON *indicators)
{
    const cJSON *item, *output;
    cJSON_ArrayForEach(item, indicators)
    {
        if (!cJSON_IsObject(item)) {
            self->values[self->n_values++] = (indsub_value_t){item->string, NULL, number_of(item)};
            continue;
        }
        cJSON_ArrayForEach(output, item) self->values[self->n_values++] =
            (indsub_value_t){item->string, output->string, number_of(output)};
    }
}

enum update_result update_read(struct indsub_update *self, const cJSON *tree, struct span body,
                               indsub_origin_t origin)
{
    const cJSON *symbol = member(tree, "symbol"), *timeframe = member(tree, "timeframe");
    const cJSON *ohlcv = member(tree, "ohlcv"), *indicators = member(tree, "indicators");
    const cJSON *type = member(tree, "type");
    *self = (struct indsub_update){.origin = origin, .tree = tree, .body = body};
    if (!cJSON_IsString(type) || strcmp(type->valuestring, "market_update") != 0 ||
        !cJSON_IsString(symbol) || !cJSON_IsString(timeframe) || !cJSON_IsObject(ohlcv) ||
        !read_time(member(tree, "timestamp"), &self->time_ms) ||
        !read_time(member(tree, "bar"), &self->bar.start_ms))
        return UPDATE_NOT_ONE;
    self->symbol = symbol->valuestring;
    self->timeframe = timeframe->valuestring;
    self->bar.closed = cJSON_IsTrue(member(tree, "closed"));
    self->bar.open = number_of(member(ohlcv, "open"));
    self->bar.high = number_of(member(ohlcv, "high"));
    self->bar.low = number_of(member(ohlcv, "low"));
    self->bar.close = number_of(member(ohlcv, "close"));
    self->bar.volume = number_of(member(ohlcv, "volume"));
    size_t n = count_values(indicators);
    if (n == 0)
        return UPDATE_OK;
    self->values = calloc(n, sizeof *self->values);
    if (!self->values)
        return UPDATE_NO_MEMORY;
    read_values(self, indicators);
    return UPDATE_OK;
}

void update_clear(struct indsub_update *self)
{
    free(self->values);
    cJSON_Delete(self->own_tree);
    free(self->own_body);
    *self = (struct indsub_update){0};
}

indsub_update_t *indsub_update_parse(const char *body, size_t size)
{
    indsub_update_t *self = calloc(1, sizeof *self);
    char *own_body = malloc(size + 1);
    cJSON *tree = NULL;
    if (self && own_body) {
        memcpy(own_body, body, size);
        own_body[size] = '\0';
        tree = json_parse(own_body, size, NULL);
    }
    if (tree && update_read(self, tree, (struct span){own_body, size}, INDSUB_LIVE) == UPDATE_OK) {
        self->own_tree = tree;
        self->own_body = own_body;
        return self;
    }
    cJSON_Delete(tree);
    free(own_body);
    free(self);
    return NULL;
}

void indsub_update_destroy(indsub_update_t **self)
{
    if (*self)
        update_clear(*self);
    free(*self);
    *self = NULL;
}

const char *indsub_update_symbol(const indsub_update_t *self)
{
    return self->symbol;
}

const char *indsub_update_timeframe(const indsub_update_t *self)
{
    return self->timeframe;
}

int64_t indsub_update_time_ms(const indsub_update_t *self)
{
    return self->time_ms;
}

const indsub_bar_t *indsub_update_bar(const indsub_update_t *self)
{
    return &self->bar;
}

indsub_origin_t indsub_update_origin(const indsub_update_t *self)
{
    return self->origin;
}

double indsub_update_value(const indsub_update_t *self, const char *id, const char *output)
{
    for (size_t i = 0; i < self->n_values; i++) {
        const indsub_value_t *one = &self->values[i];
        if (strcmp(one->id, id) == 0 &&
            (!output || (one->output && strcmp(one->output, output) == 0)))
            return one->value;
    }
    return NAN;
}

size_t indsub_update_n_values(const indsub_update_t *self)
{
    return self->n_values;
}

const indsub_value_t *indsub_update_value_at(const indsub_update_t *self, size_t i)
{
    return i < self->n_values ? &self->values[i] : NULL;
}

/* The member named by the first `size` bytes of path. */
static const cJSON *member_of_size(const cJSON *object, const char *path, size_t size)
{
    const cJSON *item;
    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (strlen(item->string) == size && memcmp(item->string, path, size) == 0)
            return item;
    }
    return NULL;
}

double indsub_update_number(const indsub_update_t *self, const char *path)
{
    const cJSON *item = self->tree;
    while (item) {
        size_t size = strcspn(path, ".");
        item = member_of_size(item, path, size);
        if (path[size] == '\0')
            return number_of(item);
        path += size + 1;
    }
    return NAN;
}

const char *indsub_update_body(const indsub_update_t *self, size_t *size)
{
    *size = self->body.size;
    return self->body.at;
}
