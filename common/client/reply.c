#include "common/client/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/client/error.h"

const cJSON *reply_member(const struct indsub_reply *self, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(self->tree, name);
}

const char *reply_string(const struct indsub_reply *self, const char *name)
{
    return cJSON_GetStringValue(reply_member(self, name));
}

double reply_number(const struct indsub_reply *self, const char *name, double otherwise)
{
    const cJSON *item = reply_member(self, name);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

/* One bar of the reply; what is none is passed over. */
static indsub_err_t take_update(struct indsub_reply *self, const cJSON *tree, struct span body,
                                indsub_origin_t origin)
{
    enum update_result result = update_read(&self->updates[self->n_updates], tree, body, origin);
    if (result == UPDATE_OK)
        self->n_updates++;
    return result == UPDATE_NO_MEMORY ? INDSUB_ERR_NO_MEMORY : INDSUB_OK;
}

static indsub_err_t take_array(struct indsub_reply *self, const cJSON *array, struct span rest)
{
    struct span body;
    indsub_err_t err = INDSUB_OK;
    for (const cJSON *item = array->child; item && err == INDSUB_OK; item = item->next)
        if (span_next_item(&rest, &body))
            err = take_update(self, item, body, INDSUB_HISTORY);
    return err;
}

/* Where a reply holds bars, the older ones first. */
static indsub_err_t read_updates(struct indsub_reply *self)
{
    static const struct {
        const char *member;
        indsub_origin_t origin;
    } PLACES[] = {{"history", INDSUB_HISTORY},
                  {"updates", INDSUB_HISTORY},
                  {"update", INDSUB_SNAPSHOT},
                  {"snapshot", INDSUB_SNAPSHOT}};
    enum { N_PLACES = sizeof PLACES / sizeof *PLACES };
    const struct span whole = {self->body, self->size};
    size_t n = 0;
    for (size_t i = 0; i < N_PLACES; i++) {
        const cJSON *item = reply_member(self, PLACES[i].member);
        n += cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : cJSON_IsObject(item) ? 1 : 0;
    }
    if (n == 0)
        return INDSUB_OK;
    self->updates = calloc(n, sizeof *self->updates);
    if (!self->updates)
        return INDSUB_ERR_NO_MEMORY;
    indsub_err_t err = INDSUB_OK;
    for (size_t i = 0; i < N_PLACES && err == INDSUB_OK; i++) {
        const cJSON *item = reply_member(self, PLACES[i].member);
        struct span body = span_member(whole, PLACES[i].member);
        if (cJSON_IsArray(item))
            err = take_array(self, item, body);
        else if (cJSON_IsObject(item))
            err = take_update(self, item, body, PLACES[i].origin);
    }
    return err;
}

static void read_error(struct indsub_reply *self)
{
    const char *code = reply_string(self, "code"), *message = reply_string(self, "message");
    self->err = code ? error_from_name(code) : INDSUB_ERR_OTHER;
    snprintf(self->code, sizeof self->code, "%s", code ? code : "OTHER");
    snprintf(self->message, sizeof self->message, "%s", message ? message : self->code);
}

indsub_err_t reply_read(struct indsub_reply *self, const char *body, size_t size)
{
    *self = (struct indsub_reply){.code = "OK"};
    self->body = malloc(size + 1);
    if (!self->body)
        return INDSUB_ERR_NO_MEMORY;
    memcpy(self->body, body, size);
    self->body[size] = '\0';
    self->size = size;
    self->tree = json_parse(self->body, size, NULL);
    self->type = self->tree ? reply_string(self, "type") : NULL;
    indsub_err_t err = self->type ? INDSUB_OK : INDSUB_ERR_PROTOCOL;
    if (err == INDSUB_OK) {
        self->id = (int64_t)reply_number(self, "id", -1);
        if (strcmp(self->type, "error") == 0)
            read_error(self);
        else
            err = read_updates(self);
    }
    if (err != INDSUB_OK)
        reply_clear(self);
    return err;
}

void reply_fail(struct indsub_reply *self, indsub_err_t err, const char *message)
{
    *self = (struct indsub_reply){.err = err, .type = ""};
    snprintf(self->code, sizeof self->code, "%s", indsub_err_name(err));
    snprintf(self->message, sizeof self->message, "%s", message);
}

void reply_clear(struct indsub_reply *self)
{
    for (size_t i = 0; i < self->n_updates; i++)
        update_clear(&self->updates[i]);
    free(self->updates);
    cJSON_Delete(self->tree);
    free(self->body);
    *self = (struct indsub_reply){.type = ""};
}

indsub_err_t indsub_reply_error(const indsub_reply_t *self)
{
    return self->err;
}

const char *indsub_reply_code(const indsub_reply_t *self)
{
    return self->code;
}

const char *indsub_reply_message(const indsub_reply_t *self)
{
    return self->message;
}

const char *indsub_reply_type(const indsub_reply_t *self)
{
    return self->type;
}

const char *indsub_reply_body(const indsub_reply_t *self, size_t *size)
{
    if (size)
        *size = self->size;
    return self->body;
}

size_t indsub_reply_n_updates(const indsub_reply_t *self)
{
    return self->n_updates;
}

const indsub_update_t *indsub_reply_update(const indsub_reply_t *self, size_t i)
{
    return i < self->n_updates ? &self->updates[i] : NULL;
}
