/* heal - from "something is missing" to "as if nothing had happened".
 *
 *   connection lost ─► wait for it ─► resync ─ complete ──────────────────────────────► whole
 *   gap in the numbers ──────────────►  │  └── not complete ─► history of each series ─►  │
 *                                       └── NOT_OPEN ─► open ─┬ the same session ─► resync
 *                                                             └ a new one ─► subscribe and
 *                                                                history, each series ─► whole
 *
 * One request at a time: a daemon that has just started gets no burst from each of its clients.
 * Meanwhile the stream is held back and the user's requests wait, so that bars keep their order.
 * What fails for now is tried again; what is refused (a symbol that the daemon does not know yet)
 * is tried again later, when all else is whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/client/client.h"

enum { RETRY_MS = 500, RETRY_MOST_MS = 5000 };

static void go(indsub_t *self);

/* ---- begin --------------------------------------------------------------------------- */

static void begin(indsub_t *self)
{
    struct heal *heal = &self->heal;
    if (self->phase != PHASE_OPEN)
        return;
    struct held held = heal->held;
    *heal = (struct heal){.since_ms = client_now_ms(),
                          .retry_ms = INT64_MAX,
                          .backoff = {RETRY_MS, RETRY_MOST_MS, 0},
                          .refused_retry_ms = INT64_MAX,
                          .held = held};
    self->phase = PHASE_HEALING;
    for (size_t i = 0; i < self->stream.n_series; i++) {
        struct series *series = &self->stream.series[i];
        series->to_subscribe |= series->is_refused;
        series->to_fill |= series->is_refused;
        series->is_refused = false;
    }
}

static void tell_lost(indsub_t *self, const char *what)
{
    char text[320];
    if (self->heal.after_loss)
        return;
    self->heal.after_loss = true;
    snprintf(text, sizeof text, "%s %s", self->endpoint, what);
    session_tell_event(self, &(indsub_event_t){.kind = INDSUB_LOST, .text = text});
}

void heal_on_link_down(indsub_t *self)
{
    if (self->phase != PHASE_OPEN && self->phase != PHASE_HEALING)
        return;
    begin(self);
    self->heal.step = HEAL_WAIT_LINK;
    self->heal.retry_ms = INT64_MAX;
    tell_lost(self, "is not connected any more");
}

void heal_on_link_up(indsub_t *self)
{
    if (self->phase != PHASE_HEALING || self->heal.step != HEAL_WAIT_LINK)
        return;
    self->heal.step = HEAL_RESYNC;
    go(self);
}

void heal_on_silence(indsub_t *self)
{
    if (self->phase != PHASE_OPEN)
        return;
    begin(self);
    tell_lost(self, "is silent");
    self->heal.step = HEAL_RESYNC;
    go(self);
}

void heal_on_gap(indsub_t *self)
{
    /* What comes before the answer to a resync is in it: replies and stream keep their order. */
    if (self->phase == PHASE_HEALING && self->heal.step == HEAL_SERIES)
        self->heal.gap_again = true;
    if (self->phase != PHASE_OPEN)
        return;
    begin(self);
    self->heal.after_gap = true;
    self->heal.step = HEAL_RESYNC;
    go(self);
}

void heal_on_not_open(indsub_t *self)
{
    if (self->phase != PHASE_OPEN)
        return; /* what is under way finds out by itself */
    begin(self);
    self->heal.step = HEAL_OPEN;
    go(self);
}

void heal_on_lagging(indsub_t *self, const char *symbol, const char *timeframe)
{
    struct series *one = symbol && timeframe ? stream_find(&self->stream, symbol, timeframe) : NULL;
    if (one)
        one->to_fill = true;
    else
        stream_mark_all(&self->stream, false, true);
    if (self->phase != PHASE_OPEN)
        return; /* it is filled in with the rest */
    begin(self);
    self->heal.after_gap = true;
    self->heal.step = HEAL_SERIES;
    go(self);
}

void heal_on_new_session(indsub_t *self)
{
    stream_mark_all(&self->stream, true, true);
    begin(self);
    self->heal.after_loss = self->heal.restarted = true;
    self->heal.step = HEAL_SERIES;
    go(self);
}

/* ---- end ----------------------------------------------------------------------------- */

static struct series *find_series(indsub_t *self, bool (*is_wanted)(const struct series *))
{
    for (size_t i = 0; i < self->stream.n_series; i++)
        if (is_wanted(&self->stream.series[i]))
            return &self->stream.series[i];
    return NULL;
}

static bool is_refused(const struct series *series)
{
    return series->is_refused;
}

static void put_what_came(const struct heal *heal, char *text, size_t size)
{
    int n = 0;
    double lost_s = (double)(client_now_ms() - heal->since_ms) / 1000;
    if (heal->after_loss)
        n = snprintf(text, size, "back after %.1f s; %s", lost_s,
                     heal->restarted ? "subscribed anew" : "the session goes on");
    else
        n = snprintf(text, size, "messages had gone missing");
    if (heal->n_recovered > 0 && n > 0 && (size_t)n < size)
        n += snprintf(text + n, size - (size_t)n, "; %zu closed bar%s filled in", heal->n_recovered,
                      heal->n_recovered == 1 ? "" : "s");
    if (heal->trouble[0] && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, "; %s", heal->trouble);
}

static void release_held(indsub_t *self)
{
    struct held_item item;
    while (self->phase == PHASE_OPEN && held_take(&self->heal.held, &item)) {
        session_take_body(self, item.body, item.size, true);
        free(item.body);
    }
}

static void finish(indsub_t *self)
{
    struct heal *heal = &self->heal;
    char text[400];
    self->phase = PHASE_OPEN;
    heal->refused_retry_ms = INT64_MAX;
    if (find_series(self, is_refused))
        heal->refused_retry_ms =
            client_now_ms() + backoff_next_ms(&self->refused_backoff, backoff_random());
    else
        backoff_reset(&self->refused_backoff);
    put_what_came(heal, text, sizeof text);
    indsub_event_t event = {.kind = heal->after_loss ? INDSUB_RESUMED : INDSUB_GAP_FILLED,
                            .text = text,
                            .n_recovered = heal->n_recovered,
                            .restarted = heal->restarted};
    if (heal->after_loss || heal->after_gap)
        session_tell_event(self, &event);
    release_held(self);
    calls_send(self);
}

static void end(indsub_t *self, indsub_err_t err, const char *message)
{
    bool was_open = self->phase == PHASE_OPEN || self->phase == PHASE_HEALING;
    self->phase = PHASE_CLOSED;
    held_destroy(&self->heal.held);
    calls_fail_all(self, err, message);
    if (was_open)
        session_tell_event(self,
                           &(indsub_event_t){.kind = INDSUB_ENDED, .err = err, .text = message});
}

/* It cannot be mended: a token that is not good any more. */
static void give_up(indsub_t *self, const indsub_reply_t *reply)
{
    end(self, reply->err, reply->message);
}

void heal_on_refused(indsub_t *self)
{
    char message[320];
    snprintf(message, sizeof message, "%s %s", self->endpoint, self->link.refused);
    link_disconnect(&self->link);
    end(self, INDSUB_ERR_UNAUTHENTICATED, message);
}

/* ---- steps --------------------------------------------------------------------------- */

static void retry_later(indsub_t *self)
{
    self->heal.retry_ms = client_now_ms() + backoff_next_ms(&self->heal.backoff, backoff_random());
}

/* Deals with answers that say nothing of the matter itself. True if it was one. */
static bool has_failed_for_now(indsub_t *self, const indsub_reply_t *reply)
{
    switch (reply->err) {
    case INDSUB_ERR_NOT_OPEN:
        self->heal.step = HEAL_OPEN;
        go(self);
        return true;
    case INDSUB_ERR_TIMEOUT:
        tell_lost(self, "is silent");
        /* fall through */
    case INDSUB_ERR_NO_DAEMON:
    case INDSUB_ERR_SESSION_IN_USE:
    case INDSUB_ERR_RATE_LIMITED:
    case INDSUB_ERR_BUSY:
    case INDSUB_ERR_INTERNAL:
        retry_later(self);
        return true;
    default:
        backoff_reset(&self->heal.backoff);
        return false;
    }
}

static void ask(indsub_t *self, const char *type, struct text *members, indsub_reply_fn *fn)
{
    struct call_options options = {
        .fn = fn, .is_internal = true, .is_open = self->heal.step == HEAL_OPEN};
    self->heal.retry_ms = INT64_MAX;
    if (calls_begin(self, type, members, options) != INDSUB_OK)
        retry_later(self);
}

static void recover(indsub_t *self, const indsub_reply_t *reply)
{
    for (size_t i = 0; i < reply->n_updates; i++) {
        reply->updates[i].origin = INDSUB_RECOVERED;
        self->heal.n_recovered += session_deliver(self, &reply->updates[i]);
    }
}

static void on_resynced(indsub_t *self, const indsub_reply_t *reply, void *context)
{
    (void)context;
    if (has_failed_for_now(self, reply))
        return;
    uint64_t seq = reply->err == INDSUB_OK ? (uint64_t)reply_number(reply, "seq", 0) : 0;
    bool complete = reply->err == INDSUB_OK && cJSON_IsTrue(reply_member(reply, "complete")) &&
                    seq >= self->stream.good_seq;
    if (complete)
        recover(self, reply);
    else
        stream_mark_all(&self->stream, false, true);
    stream_mended(&self->stream, seq);
    self->heal.step = HEAL_SERIES;
    go(self);
}

static void ask_resync(indsub_t *self)
{
    struct text members = {0};
    self->heal.gap_again = false;
    text_put_format(&members, "\"last_seq\":%llu", (unsigned long long)self->stream.good_seq);
    ask(self, "resync", &members, on_resynced);
}

/* The daemon has been started anew, or did not know the session. It may not have got as far as the
 * one before it had: bars that are held from then would leave out what it is still to tell. */
static void begin_anew(indsub_t *self)
{
    tell_lost(self, "has let go of the session");
    self->heal.restarted = true;
    self->heal.gap_again = false;
    held_destroy(&self->heal.held);
    stream_mark_all(&self->stream, true, true);
}

static void on_reopened(indsub_t *self, const indsub_reply_t *reply, void *context)
{
    struct heal *heal = &self->heal;
    (void)context;
    if (has_failed_for_now(self, reply))
        return;
    if (reply->err == INDSUB_ERR_ALREADY_OPEN) {
        heal->step = HEAL_RESYNC;
        retry_later(self);
        return;
    }
    if (reply->err != INDSUB_OK) {
        give_up(self, reply);
        return;
    }
    bool same = session_store_opened(self, reply);
    heal->step = same ? HEAL_RESYNC : HEAL_SERIES;
    if (!same)
        begin_anew(self);
    go(self);
}

void heal_on_late_opened(indsub_t *self, const indsub_reply_t *reply)
{
    if (self->phase != PHASE_HEALING || session_store_opened(self, reply))
        return;
    begin_anew(self);
    if (self->heal.step == HEAL_WAIT_LINK)
        return;
    calls_drop_internal(self); /* they were asked by the numbers of before */
    self->heal.step = HEAL_SERIES;
    go(self);
}

static void ask_open(indsub_t *self)
{
    struct text members = {0};
    requests_put_open(self, &members);
    ask(self, "open", &members, on_reopened);
}

static bool is_asking(const struct series *series)
{
    return series->is_asking;
}

static bool is_wanting(const struct series *series)
{
    return series->to_subscribe || series->to_fill;
}

/* The series that the answer is about; NULL if it has been dropped meanwhile. */
static struct series *asking_series(indsub_t *self)
{
    struct series *series = find_series(self, is_asking);
    if (series)
        series->is_asking = false;
    return series;
}

static void note_refusal(indsub_t *self, const struct series *series, const indsub_reply_t *reply)
{
    if (self->heal.n_refused++ == 0)
        snprintf(self->heal.trouble, sizeof self->heal.trouble, "%.64s %.16s: %s: %.120s",
                 series->symbol, series->timeframe, reply->code, reply->message);
}

static void on_resubscribed(indsub_t *self, const indsub_reply_t *reply, void *context)
{
    (void)context;
    struct series *series = asking_series(self);
    if (has_failed_for_now(self, reply))
        return;
    if (series)
        series->to_subscribe = false;
    if (series && reply->err != INDSUB_OK) {
        series->to_fill = false;
        series->is_refused = true;
        note_refusal(self, series, reply);
    }
    for (size_t i = 0; i < reply->n_updates; i++)
        if (!held_put(&self->heal.held, reply->updates[i].body.at, reply->updates[i].body.size))
            client_note_no_memory(self);
    go(self);
}

static void on_history(indsub_t *self, const indsub_reply_t *reply, void *context)
{
    (void)context;
    struct series *series = asking_series(self);
    if (has_failed_for_now(self, reply))
        return;
    size_t before = self->heal.n_recovered;
    recover(self, reply);
    bool more = reply->n_updates >= self->history_max && self->heal.n_recovered > before;
    if (series && reply->err != INDSUB_OK)
        note_refusal(self, series, reply);
    if (series && !more)
        series->to_fill = false;
    go(self);
}

static void set_asking(indsub_t *self, struct series *series)
{
    asking_series(self); /* of an answer that never came */
    series->is_asking = true;
}

static void ask_subscribe(indsub_t *self, struct series *series)
{
    struct text members = {0};
    text_put_string(&members, series->wanted ? series->wanted : "");
    text_put_string(&members, series->mode ? series->mode : "");
    set_asking(self, series);
    ask(self, "subscribe", &members, on_resubscribed);
}

static void ask_history(indsub_t *self, struct series *series)
{
    struct text members = {0};
    text_put_string(&members, "\"symbol\":");
    text_put_quoted(&members, series->symbol);
    text_put_format(&members, ",\"timeframe\":\"%s\",\"limit\":%u,\"from\":", series->timeframe,
                    self->history_max);
    text_put_time(&members, series_fill_from(series));
    set_asking(self, series);
    ask(self, "history", &members, on_history);
}

static void go_on_with_series(indsub_t *self)
{
    struct series *series;
    while ((series = find_series(self, is_wanting))) {
        if (series->to_subscribe) {
            ask_subscribe(self, series);
            return;
        }
        if (series_fill_from(series) != STREAM_UNKNOWN) {
            ask_history(self, series);
            return;
        }
        series->to_fill = false; /* it has seen nothing yet, so it has missed nothing */
    }
    self->heal.step = HEAL_RESYNC;
    if (self->heal.gap_again)
        ask_resync(self);
    else
        finish(self);
}

static void go(indsub_t *self)
{
    switch (self->heal.step) {
    case HEAL_WAIT_LINK:
        break;
    case HEAL_RESYNC:
        ask_resync(self);
        break;
    case HEAL_OPEN:
        ask_open(self);
        break;
    case HEAL_SERIES:
        go_on_with_series(self);
        break;
    }
}

/* ---- time ---------------------------------------------------------------------------- */

void heal_on_time(indsub_t *self, int64_t now_ms)
{
    struct heal *heal = &self->heal;
    if (self->phase == PHASE_HEALING && heal->retry_ms <= now_ms) {
        go(self);
    } else if (self->phase == PHASE_OPEN && heal->refused_retry_ms <= now_ms) {
        begin(self);
        heal->step = HEAL_SERIES;
        go(self);
    }
}

int64_t heal_next_ms(const indsub_t *self)
{
    if (self->phase == PHASE_HEALING)
        return self->heal.retry_ms;
    return self->phase == PHASE_OPEN ? self->heal.refused_retry_ms : INT64_MAX;
}
