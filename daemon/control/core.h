/* core - the daemon's state: what requests and feeds work on. Owned by the engine. */
#ifndef INDSUB_CONTROL_CORE_H
#define INDSUB_CONTROL_CORE_H

#include <stdbool.h>

#include "common/auth/token.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "daemon/compute/compute.h"
#include "daemon/control/callers.h"
#include "daemon/control/limits.h"
#include "daemon/feed/source.h"
#include "daemon/market/instrument.h"
#include "daemon/market/market.h"
#include "daemon/options/chains.h"
#include "daemon/sessions/delivery.h"
#include "daemon/sessions/sessions.h"
#include "daemon/views/view.h"

/* One reading of the clocks a turn. */
struct now {
    int64_t wall_ms; /* since 1970 UTC */
    int64_t mono_ms; /* of a clock that never jumps */
};

/* Which calendar an exchange has; NULL for one that trades around the clock. */
typedef const struct calendar *calendar_of_fn(const void *context, const char *exchange);

/* A session that sends no request for so many heartbeats is detached. */
enum { SILENT_HEARTBEATS = 3 };

struct core_settings {
    const char *public_endpoint, *feed_endpoint;  /* as clients are told them */
    bool curve_session, curve_public, curve_feed; /* which sockets are encrypted */
    int64_t heartbeat_ms, resume_ms, feed_stale_ms, bar_grace_ms, takeover_ms;
    struct market_settings market;
    struct sessions_limits sessions;
    size_t subscriptions_per_session, indicators_per_session, indicators_per_request;
    size_t indicators_per_user, state_bytes_per_user;
    size_t history_max;        /* bars in one reply */
    size_t history_values_max; /* of their indicators */
    size_t frame_bytes;
    struct bucket_rate requests, user_requests, stranger_requests, feed_bytes;
    size_t sources_max, symbols_max;
    int64_t open_within_ms;                   /* who has opened nothing by then is cut off */
    size_t strangers_max, feed_strangers_max; /* connections that have opened nothing yet */
    bool tape;                                /* publish all bars, without indicators */
    int64_t keep_ms; /* closed bars are kept so much longer than the newest; 0: for ever */
    struct option_settings options;
    const struct token_keys *keys;
    struct token_rules rules;
    calendar_of_fn *calendar_of;
    const void *calendar_context;
};

struct core_counters {
    uint64_t errors[ERR_CODE_COUNT];
    uint64_t rejects[REJECT_COUNT];
    uint64_t limited[LIMIT_COUNT]; /* how often each was met */
    uint64_t requests, ticks, bars, feed_messages, feed_repeats, standby;
};

struct core {
    const struct core_settings *settings;
    struct instruments *instruments;
    struct market *market;
    struct chains *chains;
    struct compute *compute;
    struct views *views;
    struct sessions *sessions;
    struct sources *sources;
    struct callers *callers, *feed_callers; /* of the session socket, of the feed socket */
    struct delivery *delivery;
    struct core_counters counters;
    char epoch[33];     /* of this run */
    int64_t started_ms; /* monotonic */
    void (*random)(void *bytes, size_t size);
};

/* The calendar of an exchange, as the settings have it. */
const struct calendar *core_calendar(const struct core *self, const char *exchange);

#endif
