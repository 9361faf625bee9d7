#include "cli/feedlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/client/link.h"

enum { BUDGET = 1000 };

struct feedlink {
    struct link link;
    char *endpoint;
    struct curve_keys keys;
    struct buf opening; /* the `feed_open` request */
    feedlink_reject_fn *on_reject;
    void *context;
    bool is_open;
    uint64_t next, acked;
    struct buf refused_code, refused_message;
};

static bool connect_anew(struct feedlink *self)
{
    if (!link_new(&self->link))
        return false;
    self->link.curve = self->keys;
    return link_connect(&self->link, self->endpoint, false);
}

struct feedlink *feedlink_new(const struct feedlink_place *place, feedlink_reject_fn *on_reject,
                              void *context, struct err *err)
{
    struct feedlink *self = mem_alloc_zero(1, sizeof *self);
    self->endpoint = mem_strdup(place->endpoint);
    self->keys = *place->keys;
    self->on_reject = on_reject;
    self->context = context;
    buf_put_text(&self->opening, "{\"type\":\"feed_open\",\"token\":");
    json_put_string(&self->opening, place->token);
    buf_put_text(&self->opening, ",\"source\":");
    json_put_string(&self->opening, place->source);
    buf_put_char(&self->opening, '}');
    if (connect_anew(self))
        return self;
    err_set(err, ERR_INTERNAL, "%s to %s: %s", self->link.failed, place->endpoint,
            zmq_strerror(errno));
    feedlink_destroy(&self);
    return NULL;
}

void feedlink_destroy(struct feedlink **self)
{
    if (!*self)
        return;
    link_destroy(&(*self)->link);
    free((*self)->endpoint);
    curve_keys_wipe(&(*self)->keys);
    if ((*self)->opening.data)
        explicit_bzero((*self)->opening.data, (*self)->opening.size);
    buf_destroy(&(*self)->opening);
    buf_destroy(&(*self)->refused_code);
    buf_destroy(&(*self)->refused_message);
    free(*self);
    *self = NULL;
}

int feedlink_fd(const struct feedlink *self)
{
    return self->link.fd;
}

const char *feedlink_endpoint(const struct feedlink *self)
{
    return self->endpoint;
}

static uint64_t number_of(const cJSON *tree, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, name);
    return cJSON_IsNumber(item) && item->valuedouble > 0 ? (uint64_t)item->valuedouble : 0;
}

static const char *string_of(const cJSON *tree, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));
    return text ? text : "";
}

static void take_reply(struct feedlink *self, const cJSON *reply)
{
    const char *type = string_of(reply, "type");
    if (strcmp(type, "ack") == 0) {
        uint64_t seq = number_of(reply, "seq");
        self->acked = seq > self->acked ? seq : self->acked;
    } else if (strcmp(type, "reject") == 0) {
        self->on_reject(self->context, number_of(reply, "seq"), number_of(reply, "index"),
                        string_of(reply, "code"), string_of(reply, "message"));
    } else if (strcmp(type, "feed_opened") == 0) {
        self->acked = number_of(reply, "last_seq");
        self->next = self->acked + 1;
        self->is_open = true;
    } else if (strcmp(type, "error") == 0 && self->refused_code.size == 0) {
        buf_put_text(&self->refused_code, string_of(reply, "code"));
        buf_put_text(&self->refused_message, string_of(reply, "message"));
    }
}

static bool take_message(struct feedlink *self)
{
    zmq_msg_t frame;
    bool more = true, any = false;
    while (more && link_receive(&self->link, &frame, &more)) {
        if (!more) { /* the last frame is the reply */
            cJSON *reply = json_parse(zmq_msg_data(&frame), zmq_msg_size(&frame), NULL);
            take_reply(self, reply);
            cJSON_Delete(reply);
        }
        zmq_msg_close(&frame);
        any = true;
    }
    return any;
}

/* What libzmq still has to send would reach the daemon before the source is open again, so the
 * socket goes, and its queue with it. */
static void begin_again(struct feedlink *self)
{
    link_destroy(&self->link);
    if (connect_anew(self))
        return;
    buf_put_text(&self->refused_code, "SYSTEM");
    buf_put_format(&self->refused_message, "%s to %s: %s", self->link.failed, self->endpoint,
                   zmq_strerror(errno));
}

static void note_refusal(struct feedlink *self)
{
    buf_put_text(&self->refused_code, "UNAUTHENTICATED");
    buf_put_format(&self->refused_message, "%s %s", self->endpoint, self->link.refused);
}

void feedlink_turn(struct feedlink *self)
{
    enum link_change change;
    while ((change = link_take_change(&self->link)) != LINK_SAME) {
        self->is_open = false;
        if (change == LINK_REFUSED)
            note_refusal(self);
        else if (change == LINK_UP)
            link_send(&self->link, self->opening.data, self->opening.size);
        else
            begin_again(self);
    }
    for (int i = 0; i < BUDGET && take_message(self); i++)
        ;
}

bool feedlink_has_input(const struct feedlink *self)
{
    return link_has_input(&self->link);
}

bool feedlink_is_open(const struct feedlink *self)
{
    return self->is_open;
}

const char *feedlink_refusal(const struct feedlink *self, const char **message)
{
    *message = self->refused_message.data;
    return self->refused_code.data;
}

uint64_t feedlink_next(const struct feedlink *self)
{
    return self->next;
}

bool feedlink_has_room(const struct feedlink *self)
{
    return self->is_open && self->next <= self->acked + FEEDLINK_WINDOW;
}

void feedlink_send(struct feedlink *self, const char *body, size_t size)
{
    char seq[24];
    int n = snprintf(seq, sizeof seq, "%llu", (unsigned long long)self->next++);
    if (zmq_send(self->link.dealer, seq, (size_t)n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        link_send(&self->link, body, size);
}

uint64_t feedlink_acked(const struct feedlink *self)
{
    return self->acked;
}
