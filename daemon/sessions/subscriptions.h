/* subscriptions - which session wants which view.
 *
 *      session 7 ──┬── NIFTY50 5min {RSI_14} ───────┐
 *      session 9 ──┘                                ├─ one view each, shared by
 *      session 9 ───── NIFTY50 1min {RSI_14, MACD} ─┘  those with the same set
 *
 * Both directions, session to view and view to session, change here and nowhere else, so they
 * cannot disagree. A session has at most one subscription of a symbol and timeframe; adding to it
 * moves it to another view. Knows nothing of sockets or JSON. */
#ifndef INDSUB_SESSIONS_SUBSCRIPTIONS_H
#define INDSUB_SESSIONS_SUBSCRIPTIONS_H

#include "common/indicators/spec.h"
#include "daemon/sessions/sessions.h"
#include "daemon/views/view.h"

struct subscription {
    struct session *session;
    struct listing *listing;
    enum timeframe timeframe;
    struct view *view;
    size_t place; /* among the view's subscribers */
    struct subscription_item {
        char *id;
        struct spec *spec;
        struct spec_size size;
    } * items; /* in the order in which they were asked for */
    size_t n_items;
    bool on_ticks;       /* forming bars too, not only closed ones */
    int64_t throttle_ms; /* least time between forming bars */
    int64_t given_ms;    /* start of the last closed bar put into the outbox, INT64_MIN if none */
    int64_t complete_ms; /* what ends by then has been told complete */

    /* Throttled: the newest forming bar, until it is due. */
    struct body *held;
    int64_t held_bar_ms, due_ms; /* due: monotonic, of the next forming bar */
    uint32_t held_merged;
    LIST_ENTRY(subscription) holding; /* while held is there */
};

struct subscription *subscriptions_find(const struct session *session,
                                        const struct listing *listing, enum timeframe timeframe);

/* Finds an item by its id; NULL if there is none. */
const struct subscription_item *subscription_find_item(const struct subscription *self,
                                                       const char *id);

/* Adds wishes (ids not yet there) to the session's subscription, which is made if it is new. Cannot
 * fail. */
struct subscription *subscriptions_add(struct views *views, struct session *session,
                                       struct listing *listing, enum timeframe timeframe,
                                       const struct view_wish *wishes, size_t n);
void subscription_set_mode(struct subscription *self, bool on_ticks, int64_t throttle_ms);

/* Takes the held bar out: gives it to the caller, or NULL. */
struct body *subscription_take_held(struct subscription *self);
void subscription_drop_held(struct subscription *self);

/* Takes the ids away (all of them if ids is NULL). The subscription ends with its last one: then
 * *subscription is NULL afterwards, and its waiting bars still go out. */
void subscriptions_remove(struct views *views, struct subscription **subscription,
                          const char *const *ids, size_t n);
/* Ends all of a session's. */
void subscriptions_remove_session(struct views *views, struct session *session);

/* Counts both directions anew. Aborts at the first disagreement. For tests. */
void subscriptions_check(const struct sessions *sessions);

#endif
