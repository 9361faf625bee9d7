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
    struct subscription **subscribers; /* in no order; see view_add_subscriber */
    size_t n_subscribers, subscribers_capacity;
    size_t n_on_ticks; /* of the subscribers, those that want forming bars */
    /* For whoever delivers. */
    size_t next_payer;     /* of the subscribers */
    bool is_due;           /* to be computed for this item */
    uint32_t n_late;       /* forming bars that it has not been computed for, and is still to be */
    LIST_ENTRY(view) late; /* while n_late is not 0 */
};

/* It is late no longer. */
void view_catch_up(struct view *self);

/* A plan with the views on it; borrowed. */
struct plan_views {
    struct view **views;
    size_t n, capacity;
    size_t n_on_ticks; /* over all its views */
};

struct views *views_new(struct compute *compute);
void views_destroy(struct views **self);
size_t views_count(const struct views *self);

/* One indicator that somebody wants: an id and a spec, both borrowed. */
struct view_wish {
    const char *id;
    const struct spec *spec;
};

/* The view of exactly these wishes (ids differ). Released once for each acquire. */
struct view *views_acquire(struct views *self, struct listing *listing, enum timeframe timeframe,
                           const struct view_wish *wishes, size_t n);
/* The same view once more. */
struct view *view_hold(struct view *self);
/* *view is NULL afterwards. It must have no subscribers of the caller's left if it ends. */
void views_release(struct views *self, struct view **view);

/* Puts a subscriber in and returns its place, which view_remove_subscriber may give to another: the
 * one that moved is returned there (NULL if none did), to be told its new place. */
size_t view_add_subscriber(struct view *self, struct subscription *subscriber, bool on_ticks);
struct subscription *view_remove_subscriber(struct view *self, size_t place, bool on_ticks);

/* The views of a plan, NULL if there are none. */
struct plan_views *views_of_plan(const struct plan *plan);

/* The parts of a market_update body before its indicators. */
void update_put_head(struct buf *out, const struct listing *listing, enum timeframe timeframe,
                     const struct bar *bar, bool closed);

/* Has the plan compute what the view has, see plan_want. */
void view_want(const struct view *self);

/* A whole body: head, and the view's indicators with the values that the plan has now. */
void view_put_update(struct view *self, const struct buf *head, struct buf *out);
/* The same with given values, one text an item in the order of items. */
void view_put_update_of(const struct view *self, const struct buf *head, const struct buf *texts,
                        struct buf *out);

/* The newest bar there is, forming or closed, as a body; false (and nothing written) if there is
 * none. *is_closed and *bar tell which. */
bool view_put_snapshot(struct view *self, struct buf *out, bool *is_closed, struct bar *bar);

#endif
