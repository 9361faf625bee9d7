/* view - what a subscriber sees: a symbol, a timeframe and a set of indicators under his own names.
 *
 * Sessions with the same set share a view, and its body is encoded once for all of them. The names
 * are part of the set: {"X": RSI(14)} and {"X": SMA(20)} are two views, as are {"A": RSI(14)} and
 * {"B": RSI(14)}, though these two share the computation. Knows nothing of sessions: its
 * subscribers are pointers that others put there. */
#ifndef INDSUB_VIEWS_VIEW_H
#define INDSUB_VIEWS_VIEW_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "daemon/compute/compute.h"

struct views;
struct subscription;

struct view_item {
    char *id;                  /* the client's name for it, UTF-8 */
    struct instance *instance; /* acquired */
};

/* Fields are for reading. */
struct view {
    struct plan *plan;       /* acquired */
    struct view_item *items; /* sorted by id */
    size_t n_items;
    unsigned users;
    struct subscription **subscribers; /* borrowed, in no order; see view_add_subscriber */
    size_t n_subscribers, subscribers_capacity;
    size_t n_on_ticks; /* of the subscribers, those that want forming bars */

    /* For delivery: who pays for forming bars, and whether anybody could. */
    size_t next_payer;     /* counts up; modulo n_subscribers, the next that is asked to pay */
    bool is_due;           /* whether it is computed for the present touched item */
    uint32_t n_late;       /* states of the forming bar that nobody could pay for since the last */
    LIST_ENTRY(view) late; /* on delivery's list while n_late is not 0 */
};

/* It is not late, or no longer: n_late is 0. */
void view_catch_up(struct view *self);

/* The views of one plan. Fields are for reading. */
struct plan_views {
    struct view **views;
    size_t n, capacity;
    size_t n_on_ticks; /* over all its views */
};

/* compute is borrowed. */
struct views *views_new(struct compute *compute);
/* All views must have been released. */
void views_destroy(struct views **self);
size_t views_count(const struct views *self);

/* One indicator that somebody wants: an id and a spec, both borrowed. */
struct view_wish {
    const char *id;
    const struct spec *spec;
};

/* The view of exactly these wishes, whose ids must differ from each other. To be released once for
 * each time it was acquired. */
struct view *views_acquire(struct views *self, struct listing *listing, enum timeframe timeframe,
                           const struct view_wish *wishes, size_t n);
/* The same view once more. */
struct view *view_hold(struct view *self);
/* *view is NULL afterwards. Whoever releases it last must have removed all its subscribers. */
void views_release(struct views *self, struct view **view);

/* Adds a subscriber and returns its place, by which it is removed. */
size_t view_add_subscriber(struct view *self, struct subscription *subscriber, bool on_ticks);
/* Removes the subscriber in that place. Another one may move into it: that one is returned, and its
 * owner has to note its new place. NULL if none has moved. */
struct subscription *view_remove_subscriber(struct view *self, size_t place, bool on_ticks);

/* The views of a plan, NULL if there are none. */
struct plan_views *views_of_plan(const struct plan *plan);

/* Appends a market_update body up to its indicators: the part that all views of a plan share. */
void update_put_head(struct buf *out, const struct listing *listing, enum timeframe timeframe,
                     const struct bar *bar, bool closed);

/* Has the plan compute what the view has, see plan_want. */
void view_want(const struct view *self);

/* Appends a whole market_update body: the head, then the view's indicators with the values that the
 * plan has now. */
void view_put_update(struct view *self, const struct buf *head, struct buf *out);
/* The same with given values: texts[i] is that of items[i]. */
void view_put_update_of(const struct view *self, const struct buf *head, const struct buf *texts,
                        struct buf *out);

/* Appends a market_update body of the newest bar, forming or closed; *is_closed and *bar say which
 * that is. False, and nothing is written, if there is no bar. */
bool view_put_snapshot(struct view *self, struct buf *out, bool *is_closed, struct bar *bar);

#endif
