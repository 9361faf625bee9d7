/* settings - everything that can be configured: a row each, from which come reading, checking, help
 * and the manual's table. */
#ifndef INDSUB_CONFIG_SETTINGS_H
#define INDSUB_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values in force. Texts are owned. */
struct config {
    size_t *lines; /* of each row, where in the file it was given; 0: it is not the file's */
    char *session_endpoint, *public_endpoint, *feed_endpoint;
    char *state_dir, *key_file, *keys_dir, *instruments_file;
    char *audience, *issuer, *revoked_file;
    char *certificate_file, *curve_sockets, *clients_dir;
    char *zone, *hours, *holidays;
    char *convention, *option_model, *day_count, *iv_side, *rate, *dividend_yield;
    char *log_level;
    int64_t allow_plaintext, simulate, seed, tape;
    int64_t heartbeat_ms, resume_ms;
    int64_t option_age_s;
    int64_t store_keep, store_sync, store_keep_days;
    int64_t tick_lateness_ms, bar_grace_ms, stale_ms, takeover_ms, history_bars, history_days_1s;
    int64_t sessions, sessions_per_user, subscriptions, indicators, indicators_per_request;
    int64_t history, history_values, frame_bytes, requests_per_second, request_burst;
    int64_t user_indicators, user_state_bytes, user_values_per_second, user_value_burst;
    int64_t user_requests_per_second, user_request_burst;
    int64_t stranger_requests_per_second, stranger_request_burst, open_within_ms;
    int64_t strangers, subscribers, subscription_bytes, unread_bytes;
    int64_t sources, symbols, feed_bytes_per_second, feed_burst_bytes;
    int64_t queue, backlog_bytes, replies, remembered, send_hwm, io_threads, skew_s;
};

enum setting_type {
    SETTING_TEXT,
    SETTING_ENDPOINT,
    SETTING_HOURS,      /* 09:15-15:30 */
    SETTING_DATES,      /* 2025-11-05 2025-12-25 */
    SETTING_LEVEL,      /* error, warning, info, debug */
    SETTING_SOCKETS,    /* some of session, public, feed */
    SETTING_CONVENTION, /* what options are valued by, and what is given instead of its parts */
    SETTING_MODEL,
    SETTING_DAY_COUNT,
    SETTING_SIDE,
    SETTING_FRACTION,
    SETTING_COUNT,
    SETTING_FLAG /* 0 or 1 */
};

struct setting {
    const char *section, *name;
    enum setting_type type;
    size_t offset;       /* in struct config */
    const char *initial; /* as in a file */
    int64_t min, max;    /* of a count */
    const char *unit;    /* "" where there is none */
    const char *flag;    /* of the command line, NULL if only a file has it */
    bool live;           /* SIGHUP reads it again */
    const char *help;
};

extern const struct setting SETTINGS[];
size_t setting_count(void);
const struct setting *setting_find(const char *section, const char *name);

#endif
