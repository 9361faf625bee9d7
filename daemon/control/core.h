/* core - the daemon's state, which requests and feeds read and change. The engine owns it; its
 * clocks and sockets are not in it. */
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

/* What the clocks say. They are read once for each turn of the engine. */
struct now {
    int64_t wall_ms; /* since 1970 UTC */
    int64_t mono_ms; /* of a clock that never jumps */
};

/* The calendar of an exchange; borrowed. NULL for one that trades around the clock. */
typedef const struct calendar *calendar_of_fn(const void *context, const char *exchange);

/* A session that sends no request for so many heartbeats is detached. */
enum { SILENT_HEARTBEATS = 3 };

/* The configuration as the engine needs it; setup.c fills it. Everything is borrowed. */
struct core_settings {
    const char *public_endpoint, *feed_endpoint;  /* as clients are told them */
    bool curve_session, curve_public, curve_feed; /* which sockets are encrypted */
    int64_t heartbeat_ms;
    int64_t resume_ms;     /* how long a detached session is kept */
    int64_t feed_stale_ms; /* how long a source may say nothing until it is stale */
    int64_t bar_grace_ms;  /* how long after its end a bar of a silent source is closed */
    int64_t takeover_ms;   /* how far a leading source may fall behind until another one leads */
    struct market_settings market;
    struct sessions_limits sessions;
    size_t subscriptions_per_session, indicators_per_session, indicators_per_request;
    size_t indicators_per_user, state_bytes_per_user;
    size_t history_max;        /* bars in one reply */
    size_t history_values_max; /* of their indicators */
    size_t frame_bytes;
    struct bucket_rate requests, user_requests, stranger_requests, feed_bytes;
    size_t sources_max, symbols_max;
    int64_t open_within_ms; /* a connection that has opened nothing by then is cut off */
    size_t strangers_max, feed_strangers_max; /* connections that have opened nothing yet */
    bool tape;                                /* publishes all bars, without indicators */
    int64_t keep_ms; /* bars that much older than the newest are forgotten; 0: none is */
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
    struct callers *callers;      /* on the session socket */
    struct callers *feed_callers; /* on the feed socket */
    struct delivery *delivery;
    struct core_counters counters;
    char epoch[33];     /* random; clients see by it that the daemon was started anew */
    int64_t started_ms; /* monotonic */
    void (*random)(void *bytes, size_t size);
};

/* Asks the settings for an exchange's calendar. */
const struct calendar *core_calendar(const struct core *self, const char *exchange);

#endif
