/* limits - the names of all limits, what a request counts for where requests are limited, and when
 * refusing is no longer enough. */
#ifndef INDSUB_CONTROL_LIMITS_H
#define INDSUB_CONTROL_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bucket.h"

/* X(name, text). `stats` counts under that text how often a limit was met: the name of the setting
 * that sets it. No setting sets the last two. */
#define LIMITS(X)                                                       \
    X(SESSIONS, "sessions")                                             \
    X(SESSIONS_PER_USER, "sessions_per_user")                           \
    X(SUBSCRIPTIONS, "subscriptions")                                   \
    X(INDICATORS, "indicators")                                         \
    X(USER_INDICATORS, "user_indicators")                               \
    X(USER_STATE_BYTES, "user_state_bytes")                             \
    X(INDICATORS_PER_REQUEST, "indicators_per_request")                 \
    X(HISTORY, "history")                                               \
    X(HISTORY_VALUES, "history_values")                                 \
    X(FRAME_BYTES, "frame_bytes")                                       \
    X(REQUESTS, "requests_per_second")                                  \
    X(USER_REQUESTS, "user_requests_per_second")                        \
    X(STRANGER_REQUESTS, "stranger_requests_per_second")                \
    X(USER_VALUES, "user_values_per_second")                            \
    X(OPEN_WITHIN, "open_within_ms")                                    \
    X(STRANGERS, "strangers")                                           \
    X(SUBSCRIBERS, "subscribers")                                       \
    X(SUBSCRIPTION_BYTES, "subscription_bytes")                         \
    X(UNREAD, "unread_bytes")                                           \
    X(SOURCES, "sources")                                               \
    X(SYMBOLS, "symbols")                                               \
    X(FEED_BYTES, "feed_bytes_per_second")                              \
    X(BACKLOG, "backlog_bytes")                                         \
    X(ENTITLEMENT, "entitlement") /* symbols that a token is not for */ \
    X(FLOOD, "flood")             /* callers that were cut off, see limits_is_flood */

enum limit {
#define ENUM(name, text) LIMIT_##name,
    LIMITS(ENUM)
#undef ENUM
        LIMIT_COUNT
};

const char *limit_name(enum limit limit);

/* JSON values in a request of whoever has opened nothing: more than that needs. */
enum { LIMITS_STRANGER_VALUES = 32 };

/* For so long after a user is cut off, nothing from the user is answered: what was on its way
 * already is dropped without work. */
enum { LIMITS_DEAF_MS = 100 };

/* How many requests one counts for: 1, and more if it is long. */
double limits_cost(size_t request_bytes);
/* How many it counts for in addition, once it is answered: by the length of its reply, and by
 * its steps: bars of the past that it had computed, see compute_n_replayed, and call->steps. */
double limits_cost_after(size_t reply_bytes, uint64_t steps);

/* To be called for each request that is refused because of that rate. Takes its cost from the
 * caller's patience, a bucket that fills at the same rate and holds a few bursts. True if that is
 * used up: the caller goes on although it is refused, and is to be cut off. */
bool limits_is_flood(struct bucket *patience, struct bucket_rate rate, double cost, int64_t now_ms);

#endif
