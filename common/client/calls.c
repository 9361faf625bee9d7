/* calls - who waits for which answer: ids, deadlines, and what may be sent when. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/client/client.h"

static struct call *find_call(const indsub_t *self, int64_t id)
{
    struct call *call;
    TAILQ_FOREACH(call, &self->calls, entry)
    if (call->id == id)
        return call;
    return NULL;
}

/* NULL: there is none. */
static void free_call(struct call *call)
{
    if (!call)
        return;
    free(call->frame);
    free(call->mode);
    free(call);
}

static void drop_call(indsub_t *self, struct call *call)
{
    TAILQ_REMOVE(&self->calls, call, entry);
    free_call(call);
}

/* What is under way when the session is being mended has to wait, except what mends it. */
static bool may_send(const indsub_t *self, const struct call *call)
{
    return self->link.is_up && !call->is_sent &&
           (call->is_internal || self->phase != PHASE_HEALING);
}

void calls_send(indsub_t *self)
{
    struct call *call;
    TAILQ_FOREACH(call, &self->calls, entry)
    {
        if (!may_send(self, call) || !link_send(&self->link, call->frame, call->size))
            continue;
        call->is_sent = true;
        self->next_heartbeat_ms = client_now_ms() + self->heartbeat_ms;
    }
}

static struct call *new_call(indsub_t *self, const char *type, struct text *members,
                             struct call_options *options)
{
    struct text frame = {0};
    struct call *call = calloc(1, sizeof *call);
    int64_t id = ++self->last_id;
    text_put_string(&frame, "{\"type\":");
    text_put_quoted(&frame, type);
    text_put_format(&frame, ",\"id\":%lld", (long long)id);
    if (members->size > 0) {
        text_put_string(&frame, ",");
        text_put(&frame, members->data, members->size);
    }
    text_put_string(&frame, "}");
    frame.failed |= members->failed || !call;
    size_t size = frame.size;
    char *bytes = text_take(&frame);
    if (!bytes) {
        free(call);
        return NULL;
    }
    *call = (struct call){.id = id,
                          .frame = bytes,
                          .size = size,
                          .mode = options->mode,
                          .deadline_ms = client_now_ms() + self->timeout_ms,
                          .fn = options->fn,
                          .context = options->context,
                          .is_waited = !options->fn,
                          .is_internal = options->is_internal,
                          .is_open = options->is_open};
    options->mode = NULL;
    return call;
}

/* Goes round until the answer is there. */
static indsub_err_t wait_for(indsub_t *self, int64_t id)
{
    self->waited_id = id;
    while (self->waited_id == id) {
        if (!link_wait(&self->link, indsub_timeout_ms(self))) {
            int error = errno;
            struct call *call = find_call(self, id);
            if (call)
                drop_call(self, call);
            self->waited_id = 0;
            if (error == EINTR)
                return client_fail(self, INDSUB_ERR_INTERRUPTED, "a signal came");
            return client_fail(self, INDSUB_ERR_SYSTEM, "cannot wait: %s", strerror(error));
        }
        indsub_poll(self, 0);
    }
    return self->waited_err;
}

/* To what is no JSON the daemon cannot even say which request it answers. */
static indsub_err_t check_frame(indsub_t *self, const struct call *call)
{
    struct err why;
    cJSON *tree = json_parse(call->frame, call->size, &why);
    cJSON_Delete(tree);
    return tree ? INDSUB_OK
                : client_fail(self, INDSUB_ERR_MISUSE, "that makes no JSON: %s", why.message);
}

indsub_err_t calls_begin(indsub_t *self, const char *type, struct text *members,
                         struct call_options options)
{
    indsub_err_t err = INDSUB_OK;
    struct call *call = NULL;
    if (!options.fn && self->in_callback)
        err = client_fail(self, INDSUB_ERR_MISUSE,
                          "a request made in a callback cannot wait: give it a callback");
    else if (!link_connect(&self->link, self->endpoint, true))
        err = client_fail(self, INDSUB_ERR_SYSTEM, "%s to %s: %s", self->link.failed,
                          self->endpoint, zmq_strerror(errno));
    else if (!(call = new_call(self, type, members, &options)))
        err = client_fail(self, INDSUB_ERR_NO_MEMORY, "no memory for a request");
    else
        err = check_frame(self, call);
    text_destroy(members);
    free(options.mode);
    if (err != INDSUB_OK) {
        free_call(call);
        return err;
    }
    int64_t id = call->id;
    TAILQ_INSERT_TAIL(&self->calls, call, entry);
    calls_send(self);
    return options.fn ? INDSUB_OK : wait_for(self, id);
}

/* ---- answers ------------------------------------------------------------------------- */

static void tell(indsub_t *self, const struct call *call, struct indsub_reply *reply)
{
    bool before = self->in_callback;
    if (reply->err != INDSUB_OK && !call->is_internal)
        client_fail(self, reply->err, "%s", reply->message);
    if (call->is_waited && call->id == self->waited_id) {
        self->waited_id = 0;
        self->waited_err = reply->err;
    } else if (call->fn) {
        self->in_callback = before || !call->is_internal;
        call->fn(self, reply, call->context);
        self->in_callback = before;
    }
}

/* The answer that a caller waited for stays until the next one. */
static void keep_or_clear(indsub_t *self, const struct call *call, struct indsub_reply *reply)
{
    if (!call->is_waited) {
        reply_clear(reply);
        return;
    }
    reply_clear(&self->last_reply);
    self->last_reply = *reply;
    self->has_last_reply = true;
}

/* Takes reply. */
static void complete(indsub_t *self, struct call *call, struct indsub_reply *reply)
{
    TAILQ_REMOVE(&self->calls, call, entry);
    session_absorb(self, call, reply);
    tell(self, call, reply);
    session_follow_up(self, call, reply);
    keep_or_clear(self, call, reply);
    free_call(call);
}

void calls_take_reply(indsub_t *self, const char *body, size_t size)
{
    struct indsub_reply reply;
    indsub_err_t err = reply_read(&reply, body, size);
    if (err == INDSUB_ERR_NO_MEMORY)
        client_note_no_memory(self);
    else if (err != INDSUB_OK)
        client_fail(self, err, "the daemon sent what is no reply");
    if (err != INDSUB_OK)
        return;
    struct call *call = find_call(self, reply.id);
    bool is_ours = self->phase == PHASE_OPEN || self->phase == PHASE_HEALING;
    if (!call) { /* given up, or sent on an earlier connection */
        if (reply.err == INDSUB_OK && strcmp(reply.type, "opened") == 0)
            heal_on_late_opened(self, &reply);
        reply_clear(&reply);
    } else if (reply.err == INDSUB_ERR_NOT_OPEN && !call->is_internal && is_ours) {
        call->is_sent = false; /* again, once the session is back */
        reply_clear(&reply);
        heal_on_not_open(self);
    } else {
        complete(self, call, &reply);
    }
}

static void fail_call(indsub_t *self, struct call *call, indsub_err_t err, const char *message)
{
    struct indsub_reply reply;
    reply_fail(&reply, err, message);
    complete(self, call, &reply);
}

static void expire(indsub_t *self, struct call *call)
{
    char message[320];
    indsub_err_t err = INDSUB_ERR_NO_DAEMON;
    if (self->link.is_up) {
        err = INDSUB_ERR_TIMEOUT;
        snprintf(message, sizeof message, "%s has not answered in %u ms", self->endpoint,
                 self->timeout_ms);
    } else if (self->link.refused) {
        err = INDSUB_ERR_UNAUTHENTICATED;
        snprintf(message, sizeof message, "%s %s", self->endpoint, self->link.refused);
    } else {
        snprintf(message, sizeof message, "nobody answers at %s; is indsubd running there?",
                 self->endpoint);
    }
    fail_call(self, call, err, message);
}

void calls_expire(indsub_t *self, int64_t now_ms)
{
    struct call *call = TAILQ_FIRST(&self->calls);
    while (call) {
        bool due = call->deadline_ms <= now_ms;
        if (due)
            expire(self, call);
        /* A callback may have changed the list: start anew after each. */
        call = due ? TAILQ_FIRST(&self->calls) : TAILQ_NEXT(call, entry);
    }
}

int64_t calls_next_ms(const indsub_t *self)
{
    const struct call *call;
    int64_t next_ms = INT64_MAX;
    TAILQ_FOREACH(call, &self->calls, entry)
    if (call->deadline_ms < next_ms)
        next_ms = call->deadline_ms;
    return next_ms;
}

void calls_drop_internal(indsub_t *self)
{
    struct call *call = TAILQ_FIRST(&self->calls), *next;
    for (; call; call = next) {
        next = TAILQ_NEXT(call, entry);
        if (call->is_internal)
            drop_call(self, call);
    }
}

void calls_on_link_down(indsub_t *self)
{
    struct call *call;
    calls_drop_internal(self);
    TAILQ_FOREACH(call, &self->calls, entry)
    call->is_sent = false;
}

void calls_fail_all(indsub_t *self, indsub_err_t err, const char *message)
{
    int64_t newest = self->last_id; /* a callback may begin new ones */
    struct call *call = TAILQ_FIRST(&self->calls);
    while (call) {
        bool due = !call->is_internal && call->id <= newest;
        if (due)
            fail_call(self, call, err, message);
        call = due ? TAILQ_FIRST(&self->calls) : TAILQ_NEXT(call, entry);
    }
}

void calls_destroy(indsub_t *self)
{
    struct call *call;
    while ((call = TAILQ_FIRST(&self->calls)))
        drop_call(self, call);
}
