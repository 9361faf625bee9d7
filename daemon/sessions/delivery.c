#include "daemon/sessions/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "daemon/sessions/backlog.h"
#include "daemon/sessions/notice.h"

enum {
    ITEMS_PER_MESSAGE = 64, /* libzmq limits its queues in messages: this limits the bytes */
    RETRY_MS = 5,           /* between attempts to send to a reader that is too slow */
    LATE_MS = 20,           /* between attempts to compute a view that was put off */
    PAYERS = 16,            /* at most so many subscribers are asked to pay for a view */
    AWAITED_MAX = 4096      /* bars that a session waits for to be complete; see thin_out */
};

LIST_HEAD(session_list, session);
LIST_HEAD(subscription_list, subscription);
LIST_HEAD(view_list, view);

struct delivery {
    push_fn *push;
    void *context;
    struct sessions *sessions;
    const struct market *market;
    struct backlog backlog;
    struct session_list dirty;        /* whose outbox has something to be sent */
    struct session_list awaiting;     /* who get a `bar_complete` once all symbols have closed */
    bool is_crowded;                  /* one of them awaits AWAITED_MAX bars or more */
    struct subscription_list holding; /* whose throttle holds a forming bar back */
    struct view_list late;            /* that were put off, as nobody could pay */
    int64_t late_due_ms;              /* when they are tried again */
    struct delivery_counters counters;
    struct buf head, text; /* scratch, empty between calls */
};

struct delivery *delivery_new(push_fn *push, void *context, struct sessions *sessions,
                              const struct market *market)
{
    struct delivery *self = mem_alloc_zero(1, sizeof *self);
    self->push = push;
    self->context = context;
    self->sessions = sessions;
    self->market = market;
    self->backlog = (struct backlog){.sessions = sessions};
    return self;
}

void delivery_destroy(struct delivery **self)
{
    if (!*self)
        return;
    buf_destroy(&(*self)->head);
    buf_destroy(&(*self)->text);
    free(*self);
    *self = NULL;
}

const struct delivery_counters *delivery_counters(const struct delivery *self)
{
    return &self->counters;
}

static void mark(struct delivery *self, struct session *session)
{
    if (session->is_dirty)
        return;
    session->is_dirty = true;
    LIST_INSERT_HEAD(&self->dirty, session, dirty);
}

static struct body *make_body(struct delivery *self, const struct buf *text)
{
    return body_new(sessions_tally(self->sessions), text->data, text->size);
}

/* ---- into the outboxes ------------------------------------------------------------------------
 */

/* Remembers to say `bar_complete` when all of the session's symbols of this timeframe have closed
 * this bar. */
static void await_bar(struct delivery *self, const struct subscription *one, const struct bar *bar)
{
    struct session *session = one->session;
    int64_t start_ms, end_ms;
    if (!series_bounds(plan_series(one->view->plan), bar->start_ms, &start_ms, &end_ms) ||
        end_ms <= one->complete_ms)
        return;
    for (size_t i = 0; i < session->n_awaited; i++)
        if (session->awaited[i].timeframe == (int)one->timeframe &&
            session->awaited[i].bar_ms == bar->start_ms)
            return;
    if (session->n_awaited == 0)
        LIST_INSERT_HEAD(&self->awaiting, session, awaiting);
    session->awaited = mem_grow(session->awaited, session->n_awaited, &session->awaited_capacity,
                                sizeof *session->awaited);
    session->awaited[session->n_awaited++] =
        (struct awaited_bar){bar->start_ms, end_ms, (int)one->timeframe};
    self->is_crowded |= session->n_awaited >= AWAITED_MAX;
}

static void announce_lagging(struct delivery *self, struct session *session)
{
    void *owner;
    int64_t bar_ms;
    while (outbox_take_lagging(session->outbox, &owner, &bar_ms)) {
        const struct subscription *one = owner;
        struct buf text = {0};
        notice_begin(&text, NOTICE_LAGGING,
                     "too slow: closed bars were left out, ask history from this bar");
        buf_put_text(&text, ",\"symbol\":");
        json_put_string(&text, one->listing->name);
        buf_put_format(&text, ",\"timeframe\":\"%s\",\"bar\":", timeframe_name(one->timeframe));
        json_put_time(&text, bar_ms);
        buf_put_char(&text, '}');
        struct body *body = make_body(self, &text);
        outbox_put_lagging(session->outbox, owner, bar_ms, body);
        body_release(&body);
        buf_destroy(&text);
    }
}

/* Whoever has a bar has all before it, or has been told which are missing: from the newest that he
 * has he goes on, should the connection or the daemon end. */
static void put_closed(struct delivery *self, struct subscription *one, int64_t bar_ms,
                       struct body *body)
{
    announce_lagging(self, one->session);
    if (!outbox_put_closed(one->session->outbox, one, bar_ms, body))
        self->counters.lagging++;
    mark(self, one->session);
}

static void give_closed(struct delivery *self, struct subscription *one, const struct bar *bar,
                        struct body *body)
{
    struct session *session = one->session;
    if (!session->wants_stream)
        return;
    struct body *stale = subscription_take_held(one);
    body_release(&stale);
    one->given_ms = bar->start_ms;
    one->due_ms = 0;
    if (session->is_expired) {
        outbox_give_up(session->outbox, one, bar->start_ms);
        return;
    }
    put_closed(self, one, bar->start_ms, body);
    await_bar(self, one, bar);
}

static void put_forming(struct delivery *self, struct subscription *one, int64_t bar_ms,
                        struct body *body, uint32_t merged)
{
    if (outbox_put_forming(one->session->outbox, one, bar_ms, body, merged))
        self->counters.merged++;
    mark(self, one->session);
}

static void hold(struct delivery *self, struct subscription *one, int64_t bar_ms, struct body *body)
{
    uint32_t merged = one->held_merged;
    struct body *older = subscription_take_held(one);
    if (older)
        self->counters.merged++;
    one->held_merged = older ? merged + 1 : 0;
    body_release(&older);
    one->held = body_acquire(body);
    one->held_bar_ms = bar_ms;
    LIST_INSERT_HEAD(&self->holding, one, holding);
}

void delivery_renew_held(struct delivery *self, struct subscription *one)
{
    struct buf text = {0};
    struct bar bar;
    bool is_closed;
    uint32_t merged = one->held_merged;
    struct body *older = subscription_take_held(one);
    if (older && view_put_snapshot(one->view, &text, &is_closed, &bar) && !is_closed) {
        one->held = body_new(sessions_tally(self->sessions), text.data, text.size);
        one->held_bar_ms = bar.start_ms;
        one->held_merged = merged;
        LIST_INSERT_HEAD(&self->holding, one, holding);
    }
    body_release(&older);
    buf_destroy(&text);
}

static bool takes_forming(const struct subscription *one)
{
    const struct session *session = one->session;
    return one->on_ticks && session->wants_stream && session->is_attached && !session->is_expired;
}

static void give_forming(struct delivery *self, struct subscription *one, const struct bar *bar,
                         struct body *body, int64_t now_ms)
{
    uint32_t n_late = one->view->n_late, merged = n_late > 0 ? n_late - 1 : 0;
    if (!takes_forming(one))
        return;
    if (one->throttle_ms > 0 && now_ms < one->due_ms) {
        hold(self, one, bar->start_ms, body);
        return;
    }
    one->due_ms = now_ms + one->throttle_ms;
    self->counters.merged += merged;
    put_forming(self, one, bar->start_ms, body, merged);
}

/* Encodes a view's body once and gives it to all its subscribers. */
static void fan_out(struct delivery *self, struct view *view, const struct bar *bar, bool closed,
                    int64_t now_ms)
{
    if (view->n_subscribers == 0) /* it is held for somebody who is about to come */
        return;
    buf_reset(&self->text);
    view_put_update(view, &self->head, &self->text);
    struct body *body = make_body(self, &self->text);
    self->counters.encoded++;
    for (size_t i = 0; i < view->n_subscribers; i++) {
        struct subscription *one = view->subscribers[i];
        if (closed)
            give_closed(self, one, bar, body);
        else
            give_forming(self, one, bar, body, now_ms);
    }
    if (!closed)
        view_catch_up(view);
    body_release(&body);
}

/* ---- who pays for forming bars ----------------------------------------------------------------
 * A closed bar is computed for everybody. A forming one is computed with every tick, which costs
 * most, so each user may have only so many values a second (limits.user_values_per_second). What a
 * view costs is taken from one of its subscribers' users. Where none can pay, the view is late: it
 * is computed when one can, from the bar as it then is.
 */

/* Takes a view's cost from one of its subscribers, another one each time. */
static bool is_paid(struct view *view, int64_t now_ms)
{
    for (size_t i = 0; i < view->n_subscribers && i < PAYERS; i++) {
        const struct subscription *one =
            view->subscribers[view->next_payer++ % view->n_subscribers];
        struct session_user *user = one->session->share;
        if (takes_forming(one) &&
            bucket_take(&user->values, *user->values_rate, (double)view->n_items, now_ms))
            return true;
    }
    return false;
}

/* True if the view is to be computed now; else it has become late, or nobody wants forming bars. */
static bool is_its_turn(struct delivery *self, struct view *view, int64_t now_ms)
{
    if (view->n_on_ticks == 0)
        return false;
    if (view->n_late == 0 && is_paid(view, now_ms))
        return true;
    if (view->n_late++ == 0) {
        LIST_INSERT_HEAD(&self->late, view, late);
        self->counters.late++;
    }
    return false;
}

/* Computes a forming bar's values for those views whose turn it is, and gives it to their
 * subscribers. */
static void form(struct delivery *self, struct plan *plan, struct plan_views *all, size_t index,
                 const struct bar *bar, int64_t now_ms)
{
    size_t n = 0;
    plan_want_nothing(plan);
    for (size_t i = 0; i < all->n; i++) {
        all->views[i]->is_due = is_its_turn(self, all->views[i], now_ms);
        n += all->views[i]->is_due;
        if (all->views[i]->is_due)
            view_want(all->views[i]);
    }
    if (n == 0)
        return;
    plan_form_wanted(plan, index);
    buf_reset(&self->head);
    update_put_head(&self->head, plan_listing(plan), plan_timeframe(plan), bar, false);
    for (size_t i = 0; i < all->n; i++)
        if (all->views[i]->is_due)
            fan_out(self, all->views[i], bar, false, now_ms);
}

/* Gives a late view the newest state of its forming bar; nothing if the bar has closed since. */
static void catch_up(struct delivery *self, struct view *view, int64_t now_ms)
{
    size_t n_open;
    const struct open_bar *open = series_open(plan_series(view->plan), &n_open);
    if (n_open == 0 || view->n_on_ticks == 0) {
        view_catch_up(view);
        return;
    }
    const struct bar bar = open[n_open - 1].bar;
    plan_want_nothing(view->plan);
    view_want(view);
    plan_form_wanted(view->plan, n_open - 1);
    buf_reset(&self->head);
    update_put_head(&self->head, plan_listing(view->plan), plan_timeframe(view->plan), &bar, false);
    fan_out(self, view, &bar, false, now_ms);
}

static void release_late(struct delivery *self, int64_t now_ms)
{
    if (LIST_EMPTY(&self->late) || now_ms < self->late_due_ms)
        return;
    self->late_due_ms = now_ms + LATE_MS;
    struct view *view, *next;
    for (view = LIST_FIRST(&self->late); view; view = next) {
        next = LIST_NEXT(view, late);
        if (is_paid(view, now_ms))
            catch_up(self, view, now_ms);
    }
}

static void send_waiting(struct delivery *self, int64_t now_ms);
static void thin_out(struct delivery *self);

static void run_closed(struct delivery *self, struct plan *plan, const struct bar *bar,
                       int64_t now_ms)
{
    plan_commit(plan, bar);
    struct plan_views *all = views_of_plan(plan);
    if (!all) /* computed only for the sake of longer timeframes */
        return;
    buf_reset(&self->head);
    update_put_head(&self->head, plan_listing(plan), plan_timeframe(plan), bar, true);
    for (size_t i = 0; i < all->n; i++)
        fan_out(self, all->views[i], bar, true, now_ms);
}

static void run_forming(struct delivery *self, struct plan *plan, const struct touched_item *item,
                        int64_t now_ms)
{
    size_t n_open;
    const struct open_bar *open = series_open(item->series, &n_open);
    struct plan_views *all = views_of_plan(plan);
    if (!all || all->n_on_ticks == 0 || item->index >= n_open)
        return;
    const struct bar bar = open[item->index].bar;
    form(self, plan, all, item->index, &bar, now_ms);
}

static void run_item(struct delivery *self, struct plan *plan, const struct touched_item *item,
                     int64_t now_ms)
{
    switch (item->kind) {
    case TOUCHED_CLOSED:
        run_closed(self, plan, &item->bar, now_ms);
        break;
    case TOUCHED_FORMING:
        run_forming(self, plan, item, now_ms);
        break;
    case TOUCHED_REBASED:
        plan_restart(plan, item->index);
        break;
    }
}

void delivery_run(struct delivery *self, struct compute *compute, const struct touched *touched,
                  int64_t now_ms)
{
    for (size_t i = 0; i < touched->n; i++) {
        const struct touched_item *item = &touched->items[i];
        struct plan *plan =
            compute_find_plan(compute, item->listing, series_timeframe(item->series));
        if (!plan)
            continue;
        run_item(self, plan, item, now_ms);
        if (backlog_is_too_much(&self->backlog)) /* sends now what need not wait for the rest */
            send_waiting(self, now_ms);
    }
    if (self->is_crowded)
        thin_out(self);
}

static void put_snapshot(struct delivery *self, struct subscription *one)
{
    struct buf text = {0};
    bool is_closed;
    struct bar bar;
    if (view_put_snapshot(one->view, &text, &is_closed, &bar)) {
        struct body *body = make_body(self, &text);
        if (!is_closed && one->on_ticks) {
            put_forming(self, one, bar.start_ms, body, 0);
        } else if (is_closed && bar.start_ms > one->given_ms) {
            one->given_ms = bar.start_ms;
            put_closed(self, one, bar.start_ms, body);
        }
        body_release(&body);
    }
    buf_destroy(&text);
}

void delivery_put_snapshots(struct delivery *self, struct session *session)
{
    if (!session->wants_stream || session->is_expired)
        return;
    outbox_take_gave_up_forming(session->outbox);
    for (size_t i = 0; i < session->n_subscriptions; i++)
        put_snapshot(self, session->subscriptions[i]);
}

void delivery_put_closed(struct delivery *self, struct subscription *one, int64_t bar_ms,
                         struct body *body)
{
    one->given_ms = bar_ms;
    put_closed(self, one, bar_ms, body);
}

static void put_notice(struct delivery *self, struct session *session, struct body *body,
                       enum outbox_kind kind)
{
    if (!session->wants_stream || !session->is_attached || session->is_expired)
        return;
    if (outbox_put_notice(session->outbox, body, kind))
        mark(self, session);
}

void delivery_put_notice(struct delivery *self, struct session *session, struct body *body)
{
    put_notice(self, session, body, OUTBOX_NOTICE);
}

/* ---- what it says itself: bar_complete and LAGGING --------------------------------------------
 */

static bool has_all_closed(const struct delivery *self, const struct session *session,
                           const struct awaited_bar *awaited)
{
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        const struct subscription *one = session->subscriptions[i];
        if ((int)one->timeframe == awaited->timeframe &&
            market_through(self->market, one->listing, one->timeframe) < awaited->end_ms)
            return false;
    }
    return true;
}

/* Notes it, so that a bar of the past that comes in later does not complete it again. False if the
 * session has nothing on that timeframe any more. */
static bool note_complete(const struct session *session, const struct awaited_bar *awaited)
{
    bool found = false;
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        struct subscription *one = session->subscriptions[i];
        if ((int)one->timeframe != awaited->timeframe)
            continue;
        found = true;
        if (one->complete_ms < awaited->end_ms)
            one->complete_ms = awaited->end_ms;
    }
    return found;
}

static void announce_complete(struct delivery *self, struct session *session,
                              const struct awaited_bar *awaited)
{
    buf_reset(&self->text);
    buf_put_format(&self->text, "{\"type\":\"bar_complete\",\"timeframe\":\"%s\",\"bar\":",
                   timeframe_name((enum timeframe)awaited->timeframe));
    json_put_time(&self->text, awaited->bar_ms);
    buf_put_char(&self->text, '}');
    struct body *body = make_body(self, &self->text);
    put_notice(self, session, body, OUTBOX_COMPLETE);
    body_release(&body);
}

static void announce_bars_of(struct delivery *self, struct session *session)
{
    int64_t pending_ms[TIMEFRAME_COUNT]; /* what ends then or later has not closed everywhere */
    size_t kept = 0;
    for (int i = 0; i < TIMEFRAME_COUNT; i++)
        pending_ms[i] = INT64_MAX;
    for (size_t i = 0; i < session->n_awaited; i++) {
        const struct awaited_bar *awaited = &session->awaited[i];
        if (awaited->end_ms < pending_ms[awaited->timeframe] &&
            has_all_closed(self, session, awaited)) {
            if (note_complete(session, awaited))
                announce_complete(self, session, awaited);
            continue;
        }
        if (awaited->end_ms < pending_ms[awaited->timeframe])
            pending_ms[awaited->timeframe] = awaited->end_ms;
        session->awaited[kept++] = *awaited;
    }
    session->n_awaited = kept;
}

static void announce_bars(struct delivery *self)
{
    struct session *session, *next;
    for (session = LIST_FIRST(&self->awaiting); session; session = next) {
        next = LIST_NEXT(session, awaiting);
        announce_bars_of(self, session);
        if (session->n_awaited == 0)
            LIST_REMOVE(session, awaiting);
    }
}

/* In a turn with much history what is complete has to be told before its end. Of those who wait for
 * a symbol that never comes the oldest quarter is forgotten. */
static void thin_out(struct delivery *self)
{
    struct session *session;
    self->is_crowded = false;
    announce_bars(self);
    LIST_FOREACH(session, &self->awaiting, awaiting)
    {
        if (session->n_awaited < AWAITED_MAX)
            continue;
        session->n_awaited -= AWAITED_MAX / 4;
        memmove(session->awaited, session->awaited + AWAITED_MAX / 4,
                session->n_awaited * sizeof *session->awaited);
    }
}

/* For what was given up: where it began, and how things stand now. */
static void make_up(struct delivery *self, struct session *session)
{
    announce_lagging(self, session);
    if (outbox_take_gave_up_forming(session->outbox))
        delivery_put_snapshots(self, session);
}

/* ---- out --------------------------------------------------------------------------------------
 */

void delivery_detach(struct session *session, int64_t now_ms)
{
    if (!session->is_attached)
        return;
    session->is_attached = false;
    session->detached_ms = now_ms;
    outbox_drop_stale(session->outbox);
    outbox_set_blocked(session->outbox, false);
}

/* How many of n items may be handed to libzmq: as many as the session's window has room for, but
 * always one where nearly all before it has left, so that an item larger than the window goes out.
 */
static size_t fit(const struct delivery *self, const struct session *session,
                  const struct outbox_item *items, size_t n)
{
    size_t window = backlog_window(self->sessions), fitting = 0;
    size_t bytes = flight_bytes(session->flight);
    if (bytes <= FLIGHT_MARK_EVERY)
        bytes += items[fitting++].body->size;
    while (fitting < n && (bytes += items[fitting].body->size + FLIGHT_ITEM_BYTES) <= window)
        fitting++;
    return fitting;
}

static enum push_result send_next(struct delivery *self, const struct session *session,
                                  const struct outbox_item *items, size_t n)
{
    const struct parcel parcel = {.key = session->key,
                                  .items = items,
                                  .n = n,
                                  .first_seq = outbox_seq(session->outbox) + 1,
                                  .flight = session->flight,
                                  .connection = session->connection,
                                  .earlier = session->earlier};
    return self->push(self->context, &parcel);
}

/* Sends one session's outbox; false while something still waits for a slow reader. */
static bool flush(struct delivery *self, struct session *session, int64_t now_ms)
{
    const struct outbox_item *items;
    size_t n;
    while ((n = outbox_next(session->outbox, ITEMS_PER_MESSAGE, &items)) > 0) {
        n = fit(self, session, items, n);
        switch (n == 0 ? PUSH_BLOCKED : send_next(self, session, items, n)) {
        case PUSH_SENT:
            self->counters.delivered += n;
            outbox_sent(session->outbox, n);
            outbox_set_blocked(session->outbox, false);
            if (!session->is_expired)
                make_up(self, session); /* something left: the reader is there to hear */
            break;
        case PUSH_BLOCKED:
            if (!outbox_is_blocked(session->outbox))
                session->blocked_ms = now_ms;
            outbox_set_blocked(session->outbox, true);
            return false;
        case PUSH_GONE:
            session->connection = session->earlier = 0;
            delivery_detach(session, now_ms);
            return true;
        }
    }
    return true;
}

/* Many requests may be answered in one turn: who reads is not taken for slow because of that. */
void delivery_put_reply(struct delivery *self, struct session *session, const struct reply *reply,
                        int64_t now_ms)
{
    struct outbox *outbox = session->outbox;
    bool is_put = outbox_put_reply(outbox, reply->body, reply->shows, reply->delimited);
    if (!is_put && session->is_attached) {
        flush(self, session, now_ms);
        is_put = outbox_put_reply(outbox, reply->body, reply->shows, reply->delimited);
    }
    self->counters.replies_dropped += !is_put;
    mark(self, session);
}

static void release_due(struct delivery *self, int64_t now_ms)
{
    struct subscription *one, *next;
    for (one = LIST_FIRST(&self->holding); one; one = next) {
        next = LIST_NEXT(one, holding);
        if (now_ms < one->due_ms)
            continue;
        uint32_t merged = one->held_merged;
        struct body *body = subscription_take_held(one);
        one->due_ms = now_ms + one->throttle_ms;
        if (one->session->is_attached && !one->session->is_expired)
            put_forming(self, one, one->held_bar_ms, body, merged);
        body_release(&body);
    }
}

static void send_waiting(struct delivery *self, int64_t now_ms)
{
    struct session *session, *next;
    for (session = LIST_FIRST(&self->dirty); session; session = next) {
        next = LIST_NEXT(session, dirty);
        if (session->is_attached && !flush(self, session, now_ms))
            continue;
        session->is_dirty = false;
        LIST_REMOVE(session, dirty);
    }
    struct relief relief = {0};
    backlog_relieve(&self->backlog, &relief);
    self->counters.lagging += relief.n_sessions;
    self->counters.replies_dropped += relief.n_replies;
}

void delivery_flush(struct delivery *self, int64_t now_ms)
{
    release_late(self, now_ms);
    release_due(self, now_ms);
    announce_bars(self);
    send_waiting(self, now_ms);
}

int64_t delivery_next_due(const struct delivery *self, int64_t now_ms)
{
    int64_t due = LIST_EMPTY(&self->dirty) ? INT64_MAX : now_ms + RETRY_MS;
    if (!LIST_EMPTY(&self->late) && self->late_due_ms < due)
        due = self->late_due_ms;
    const struct subscription *one;
    LIST_FOREACH(one, &self->holding, holding)
    if (one->due_ms < due)
        due = one->due_ms;
    return due;
}
