/* limits - what may be asked for, how much and how often: what each request counts for, and how
 * often each limit was met. */
#ifndef INDSUB_CONTROL_LIMITS_H
#define INDSUB_CONTROL_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bucket.h"

/* Each is named as the setting that sets it; the last two are no settings. */
#define LIMITS(X)                                                \
    X(SESSIONS, "sessions")                                      \
    X(SESSIONS_PER_USER, "sessions_per_user")                    \
    X(SUBSCRIPTIONS, "subscriptions")                            \
    X(INDICATORS, "indicators")                                  \
    X(USER_INDICATORS, "user_indicators")                        \
    X(USER_STATE_BYTES, "user_state_bytes")                      \
    X(INDICATORS_PER_REQUEST, "indicators_per_request")          \
    X(HISTORY, "history")                                        \
    X(HISTORY_VALUES, "history_values")                          \
    X(FRAME_BYTES, "frame_bytes")                                \
    X(REQUESTS, "requests_per_second")                           \
    X(USER_REQUESTS, "user_requests_per_second")                 \
    X(STRANGER_REQUESTS, "stranger_requests_per_second")         \
    X(USER_VALUES, "user_values_per_second")                     \
    X(OPEN_WITHIN, "open_within_ms")                             \
    X(STRANGERS, "strangers")                                    \
    X(SUBSCRIBERS, "subscribers")                                \
    X(SUBSCRIPTION_BYTES, "subscription_bytes")                  \
    X(UNREAD, "unread_bytes")                                    \
    X(SOURCES, "sources")                                        \
    X(SYMBOLS, "symbols")                                        \
    X(FEED_BYTES, "feed_bytes_per_second")                       \
    X(BACKLOG, "backlog_bytes")                                  \
    X(ENTITLEMENT, "entitlement") /* of a token, by its claim */ \
    X(FLOOD, "flood")             /* connections that were ended for that */

enum limit {
#define ENUM(name, text) LIMIT_##name,
    LIMITS(ENUM)
#undef ENUM
        LIMIT_COUNT
};

const char *limit_name(enum limit limit);

/* In a request of whoever has opened nothing: more than that needs. To read many takes its time. */
enum { LIMITS_STRANGER_VALUES = 32 };

/* What is under way from who is cut off is not answered, so long. */
enum { LIMITS_DEAF_MS = 100 };

/* What a request counts for, in those that may come in a second: 1, and more where it is more. */
double limits_cost(size_t request_bytes);
double limits_cost_after(size_t reply_bytes, uint64_t steps);

/* True if whoever is refused by that rate has gone on for too long, and is to be cut off. */
bool limits_is_flood(struct bucket *patience, struct bucket_rate rate, double cost, int64_t now_ms);

#endif
