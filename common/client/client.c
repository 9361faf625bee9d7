#include "common/client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TIMEOUT_DEFAULT_MS = 5000,
    NAME_MAX_BYTES = 64,
    REFUSED_MS = 1000, /* before what was refused is asked for again */
    REFUSED_MOST_MS = 5000,
    BUDGET = 1000 /* messages in one turn: the caller has other things to do */
};

int64_t client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

indsub_err_t client_fail(indsub_t *self, indsub_err_t err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(self->error, sizeof self->error, fmt, args);
    va_end(args);
    return err;
}

void client_note_no_memory(indsub_t *self)
{
    self->no_memory = true;
}

bool client_set_string(char **place, const char *value)
{
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return false;
    free(*place);
    *place = copy;
    return true;
}

/* ---- life ---------------------------------------------------------------------------- */

indsub_t *indsub_new(const char *endpoint)
{
    indsub_t *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    TAILQ_INIT(&self->calls);
    self->timeout_ms = TIMEOUT_DEFAULT_MS;
    self->feed_age_ms = -1;
    self->heal.retry_ms = self->heal.refused_retry_ms = INT64_MAX;
    self->refused_backoff = (struct backoff){REFUSED_MS, REFUSED_MOST_MS, 0};
    if (!link_new(&self->link) ||
        !client_set_string(&self->endpoint, endpoint ? endpoint : INDSUB_DEFAULT_ENDPOINT))
        indsub_destroy(&self);
    return self;
}

void indsub_destroy(indsub_t **self)
{
    indsub_t *client = *self;
    *self = NULL;
    if (!client)
        return;
    link_destroy(&client->link);
    calls_destroy(client);
    stream_destroy(&client->stream);
    held_destroy(&client->heal.held);
    reply_clear(&client->last_reply);
    char *strings[] = {client->endpoint,        client->name,       client->token,
                       client->offered_token,   client->session_id, client->wanted_session_id,
                       client->public_endpoint, client->epoch};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    free(client);
}

void indsub_set_timeout(indsub_t *self, unsigned timeout_ms)
{
    self->timeout_ms = timeout_ms;
}

indsub_err_t indsub_set_name(indsub_t *self, const char *name)
{
    if (name && strlen(name) > NAME_MAX_BYTES)
        return client_fail(self, INDSUB_ERR_MISUSE, "a client's name has at most %d bytes",
                           NAME_MAX_BYTES);
    return client_set_string(&self->name, name)
               ? INDSUB_OK
               : client_fail(self, INDSUB_ERR_NO_MEMORY, "no memory for a name");
}

void indsub_set_requests_only(indsub_t *self, bool requests_only)
{
    self->requests_only = requests_only;
}

indsub_err_t indsub_set_curve(indsub_t *self, const char *server_key, const char *certificate)
{
    struct err err;
    if (self->link.dealer || self->link.sub)
        return client_fail(self, INDSUB_ERR_MISUSE, "keys are set before the first connection");
    if (!server_key)
        curve_keys_wipe(&self->link.curve);
    else if (curve_keys_load(&self->link.curve, server_key, certificate, &err) != ERR_OK)
        return client_fail(self, INDSUB_ERR_MISUSE, "%s", err.message);
    return INDSUB_OK;
}

void indsub_on_update(indsub_t *self, indsub_update_fn *fn, void *context)
{
    self->on_update = fn;
    self->update_context = context;
}

void indsub_on_notice(indsub_t *self, indsub_notice_fn *fn, void *context)
{
    self->on_notice = fn;
    self->notice_context = context;
}

void indsub_on_bar_complete(indsub_t *self, indsub_bar_complete_fn *fn, void *context)
{
    self->on_bar_complete = fn;
    self->bar_complete_context = context;
}

void indsub_on_event(indsub_t *self, indsub_event_fn *fn, void *context)
{
    self->on_event = fn;
    self->event_context = context;
}

void indsub_on_public(indsub_t *self, indsub_public_fn *fn, void *context)
{
    self->on_public = fn;
    self->public_context = context;
}

/* ---- going round --------------------------------------------------------------------- */

static void take_changes(indsub_t *self)
{
    enum link_change change;
    while ((change = link_take_change(&self->link)) != LINK_SAME) {
        if (change == LINK_REFUSED) {
            heal_on_refused(self);
        } else if (change == LINK_DOWN) {
            calls_on_link_down(self);
            heal_on_link_down(self);
        } else {
            heal_on_link_up(self);
            calls_send(self);
        }
    }
}

static struct span span_of(zmq_msg_t *frame)
{
    return (struct span){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* The rest of a stream message whose first frame is the number of a body: body, number, body, ...
 */
static void take_stream(indsub_t *self, zmq_msg_t *seq, bool more)
{
    zmq_msg_t body;
    while (more && link_receive(&self->link, &body, &more)) {
        session_take_item(self, span_of(seq), span_of(&body));
        zmq_msg_close(&body);
        if (!more || !link_receive(&self->link, &body, &more))
            break;
        zmq_msg_move(seq, &body);
        zmq_msg_close(&body);
    }
}

static bool take_message(indsub_t *self)
{
    zmq_msg_t frame;
    bool more;
    if (!link_receive(&self->link, &frame, &more))
        return false;
    if (more)
        take_stream(self, &frame, more);
    else
        calls_take_reply(self, zmq_msg_data(&frame), zmq_msg_size(&frame));
    zmq_msg_close(&frame);
    return true;
}

static void tell_public(indsub_t *self, struct span topic, struct span body)
{
    char name[256];
    if (!self->on_public || topic.size >= sizeof name)
        return;
    memcpy(name, topic.at, topic.size);
    name[topic.size] = '\0';
    self->in_callback = true;
    self->on_public(self, name, body.at, body.size, self->public_context);
    self->in_callback = false;
}

/* topic | body; anything else is passed over. */
static bool take_public(indsub_t *self)
{
    zmq_msg_t topic, body;
    bool more;
    if (!link_receive_public(&self->link, &topic, &more))
        return false;
    for (bool first = true; more && link_receive_public(&self->link, &body, &more); first = false) {
        if (first && !more)
            tell_public(self, span_of(&topic), span_of(&body));
        zmq_msg_close(&body);
    }
    zmq_msg_close(&topic);
    return true;
}

static void turn(indsub_t *self)
{
    take_changes(self);
    for (int i = 0; i < BUDGET && take_message(self); i++)
        ;
    for (int i = 0; i < BUDGET && take_public(self); i++)
        ;
    int64_t now_ms = client_now_ms();
    calls_expire(self, now_ms);
    session_heartbeat(self, now_ms);
    heal_on_time(self, now_ms);
}

indsub_err_t indsub_poll(indsub_t *self, int timeout_ms)
{
    if (self->in_callback)
        return client_fail(self, INDSUB_ERR_MISUSE, "indsub_poll was called in a callback");
    int limit_ms = timeout_ms == 0 ? 0 : indsub_timeout_ms(self);
    if (timeout_ms < 0 || (limit_ms >= 0 && limit_ms < timeout_ms))
        timeout_ms = limit_ms;
    if (timeout_ms != 0 && !link_wait(&self->link, timeout_ms) && errno != EINTR)
        return client_fail(self, INDSUB_ERR_SYSTEM, "cannot wait: %s", strerror(errno));
    turn(self);
    if (!self->no_memory)
        return INDSUB_OK;
    self->no_memory = false;
    return client_fail(self, INDSUB_ERR_NO_MEMORY, "no memory for a message");
}

int indsub_fd(const indsub_t *self)
{
    return self->link.fd;
}

int indsub_timeout_ms(indsub_t *self)
{
    if (link_has_input(&self->link))
        return 0;
    int64_t next_ms = calls_next_ms(self), heal_ms = heal_next_ms(self);
    if (heal_ms < next_ms)
        next_ms = heal_ms;
    if (self->phase == PHASE_OPEN && self->link.is_up && self->next_heartbeat_ms < next_ms)
        next_ms = self->next_heartbeat_ms;
    if (next_ms == INT64_MAX)
        return -1;
    int64_t left_ms = next_ms - client_now_ms();
    return left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

const char *indsub_last_error(const indsub_t *self)
{
    return self->error;
}

const indsub_reply_t *indsub_last_reply(const indsub_t *self)
{
    return self->has_last_reply ? &self->last_reply : NULL;
}

/* ---- what is known ------------------------------------------------------------------- */

bool indsub_is_open(const indsub_t *self)
{
    return self->phase == PHASE_OPEN;
}

bool indsub_is_connected(const indsub_t *self)
{
    return self->link.is_up;
}

const char *indsub_session_id(const indsub_t *self)
{
    return self->session_id;
}

const char *indsub_public_endpoint(const indsub_t *self)
{
    return self->public_endpoint;
}

int64_t indsub_feed_age_ms(const indsub_t *self)
{
    return self->feed_age_ms;
}

indsub_err_t indsub_listen(indsub_t *self, const char *endpoint, const char *topic)
{
    bool first = !self->link.sub;
    if (!topic)
        return client_fail(self, INDSUB_ERR_MISUSE, "what to listen to is missing");
    if (!endpoint && first)
        endpoint = self->public_endpoint;
    if (!endpoint && first)
        return client_fail(self, INDSUB_ERR_MISUSE,
                           "where to listen is known once the session is open");
    if (!link_listen(&self->link, endpoint, topic))
        return client_fail(self, INDSUB_ERR_SYSTEM, "%s to %s: %s", self->link.failed,
                           endpoint ? endpoint : "what is public", zmq_strerror(errno));
    return INDSUB_OK;
}
