#include "daemon/sessions/subscriptions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct subscription *subscriptions_find(const struct session *session,
                                        const struct listing *listing, enum timeframe timeframe)
{
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        struct subscription *one = session->subscriptions[i];
        if (one->listing == listing && one->timeframe == timeframe)
            return one;
    }
    return NULL;
}

const struct subscription_item *subscription_find_item(const struct subscription *self,
                                                       const char *id)
{
    for (size_t i = 0; i < self->n_items; i++)
        if (strcmp(self->items[i].id, id) == 0)
            return &self->items[i];
    return NULL;
}

static void enter_view(struct subscription *self, struct view *view)
{
    self->view = view;
    self->place = view_add_subscriber(view, self, self->on_ticks);
}

static void leave_view(struct subscription *self)
{
    struct subscription *moved = view_remove_subscriber(self->view, self->place, self->on_ticks);
    if (moved)
        moved->place = self->place;
}

/* Moves to the view of the items as they are now. The old view is released after the new one is
 * acquired: instances that both have are not started anew. */
static void change_view(struct views *views, struct subscription *self)
{
    struct view_wish *wishes = mem_alloc_zero(self->n_items, sizeof *wishes);
    for (size_t i = 0; i < self->n_items; i++)
        wishes[i] = (struct view_wish){self->items[i].id, self->items[i].spec};
    struct view *old = self->view,
                *view = views_acquire(views, self->listing, self->timeframe, wishes, self->n_items);
    free(wishes);
    if (old)
        leave_view(self);
    enter_view(self, view);
    views_release(views, &old);
}

static struct subscription *begin(struct session *session, struct listing *listing,
                                  enum timeframe timeframe)
{
    struct subscription *self = mem_alloc_zero(1, sizeof *self);
    self->session = session;
    self->listing = listing;
    self->timeframe = timeframe;
    self->on_ticks = true;
    self->given_ms = self->complete_ms = INT64_MIN;
    session->subscriptions =
        mem_grow(session->subscriptions, session->n_subscriptions, &session->subscriptions_capacity,
                 sizeof(struct subscription *));
    session->subscriptions[session->n_subscriptions++] = self;
    return self;
}

struct subscription *subscriptions_add(struct views *views, struct session *session,
                                       struct listing *listing, enum timeframe timeframe,
                                       const struct view_wish *wishes, size_t n)
{
    struct subscription *self = subscriptions_find(session, listing, timeframe);
    if (!self)
        self = begin(session, listing, timeframe);
    if (n == 0 && self->view)
        return self;
    self->items = mem_realloc(self->items, self->n_items + n, sizeof *self->items);
    for (size_t i = 0; i < n; i++) {
        struct subscription_item *item = &self->items[self->n_items++];
        *item = (struct subscription_item){mem_strdup(wishes[i].id), spec_copy(wishes[i].spec),
                                           spec_size(wishes[i].spec)};
        session->n_indicators += item->size.n_indicators;
        session->share->n_indicators += item->size.n_indicators;
        session->share->state_bytes += item->size.bytes;
    }
    change_view(views, self);
    return self;
}

struct body *subscription_take_held(struct subscription *self)
{
    struct body *held = self->held;
    if (held)
        LIST_REMOVE(self, holding);
    self->held = NULL;
    self->held_merged = 0;
    return held;
}

void subscription_drop_held(struct subscription *self)
{
    struct body *held = subscription_take_held(self);
    body_release(&held);
}

void subscription_set_mode(struct subscription *self, bool on_ticks, int64_t throttle_ms)
{
    self->throttle_ms = throttle_ms;
    if (self->on_ticks == on_ticks)
        return;
    leave_view(self);
    self->on_ticks = on_ticks;
    enter_view(self, self->view);
    if (!on_ticks)
        subscription_drop_held(self);
}

static void end(struct views *views, struct subscription *self)
{
    struct session *session = self->session;
    size_t i = 0;
    while (session->subscriptions[i] != self)
        i++;
    session->n_subscriptions--;
    memmove(&session->subscriptions[i], &session->subscriptions[i + 1],
            (session->n_subscriptions - i) * sizeof(struct subscription *));
    outbox_forget_owner(session->outbox, self);
    leave_view(self);
    views_release(views, &self->view);
    subscription_drop_held(self);
    free(self->items);
    free(self);
}

static bool is_among(const char *id, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

static void free_item(const struct subscription *self, struct subscription_item *item)
{
    self->session->n_indicators -= item->size.n_indicators;
    self->session->share->n_indicators -= item->size.n_indicators;
    self->session->share->state_bytes -= item->size.bytes;
    free(item->id);
    spec_destroy(&item->spec);
}

void subscriptions_remove(struct views *views, struct subscription **subscription,
                          const char *const *ids, size_t n)
{
    struct subscription *self = *subscription;
    size_t kept = 0, before = self->n_items;
    for (size_t i = 0; i < self->n_items; i++) {
        if (ids && !is_among(self->items[i].id, ids, n)) {
            self->items[kept++] = self->items[i];
            continue;
        }
        free_item(self, &self->items[i]);
    }
    self->n_items = kept;
    if (kept > 0) {
        if (kept < before)
            change_view(views, self);
        return;
    }
    end(views, self);
    *subscription = NULL;
}

void subscriptions_remove_session(struct views *views, struct session *session)
{
    while (session->n_subscriptions > 0) {
        struct subscription *last = session->subscriptions[session->n_subscriptions - 1];
        subscriptions_remove(views, &last, NULL, 0);
    }
}

void subscriptions_check(const struct sessions *sessions)
{
    for (size_t i = 0; i < sessions_count(sessions); i++) {
        const struct session *session = sessions_at(sessions, i);
        size_t n_indicators = 0;
        for (size_t k = 0; k < session->n_subscriptions; k++) {
            const struct subscription *one = session->subscriptions[k];
            for (size_t item = 0; item < one->n_items; item++)
                n_indicators += one->items[item].size.n_indicators;
            assert(one->session == session);
            assert(one->view->subscribers[one->place] == one);
            assert(one->view->n_items == one->n_items);
            size_t on_ticks = 0;
            for (size_t s = 0; s < one->view->n_subscribers; s++) {
                on_ticks += one->view->subscribers[s]->on_ticks;
                assert(one->view->subscribers[s]->view == one->view);
            }
            assert(one->view->n_on_ticks == on_ticks);
            assert(one->view->users >= one->view->n_subscribers);
            plan_check(one->view->plan);
        }
        assert(session->n_indicators == n_indicators);
    }
}
