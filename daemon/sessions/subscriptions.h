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
        char *id; /* the client's name for it */
        struct spec *spec;
        struct spec_size size;
    } * items; /* in the order in which they were asked for; owned */
    size_t n_items;
    bool on_ticks;       /* forming bars too, not only closed ones */
    int64_t throttle_ms; /* least time between forming bars */
    int64_t given_ms;    /* start of the last closed bar put into the outbox, INT64_MIN if none */
    int64_t complete_ms; /* what ends by then has been told complete */

    /* A throttled subscription's newest forming bar, held back until it is due. */
    int64_t due_ms;    /* monotonic; when the next forming bar may go out */
    struct body *held; /* NULL if none is held back */
    int64_t held_bar_ms;
    uint32_t held_merged;             /* older ones that it has replaced */
    LIST_ENTRY(subscription) holding; /* on delivery's list while held is there */
};

struct subscription *subscriptions_find(const struct session *session,
                                        const struct listing *listing, enum timeframe timeframe);

/* NULL if there is none of that id. */
const struct subscription_item *subscription_find_item(const struct subscription *self,
                                                       const char *id);

/* Adds wishes, whose ids must not be there yet, to the session's subscription of that symbol and
 * timeframe, which is made if there is none. The wishes are copied. The caller has checked limits:
 * this cannot fail. */
struct subscription *subscriptions_add(struct views *views, struct session *session,
                                       struct listing *listing, enum timeframe timeframe,
                                       const struct view_wish *wishes, size_t n);
/* on_ticks: forming bars too, and at most one in throttle_ms. */
void subscription_set_mode(struct subscription *self, bool on_ticks, int64_t throttle_ms);

/* Takes the held bar out. The caller owns it; NULL if there is none. */
struct body *subscription_take_held(struct subscription *self);
void subscription_drop_held(struct subscription *self);

/* Takes the ids away (all of them if ids is NULL). The subscription ends with its last one: then
 * *subscription is NULL afterwards, and its waiting bars still go out. */
void subscriptions_remove(struct views *views, struct subscription **subscription,
                          const char *const *ids, size_t n);
/* Ends all of a session's. */
void subscriptions_remove_session(struct views *views, struct session *session);

/* For tests: counts anew what is counted along the way, and checks that both directions agree.
 * Aborts at the first disagreement. */
void subscriptions_check(const struct sessions *sessions);

#endif
