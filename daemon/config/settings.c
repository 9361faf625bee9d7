#include "daemon/config/settings.h"

#include <string.h>

/* clang-format off */
#define AT(field) offsetof(struct config, field)
#define WORDS(type, section, name, field, initial, flag, help) \
    {section, name, type, AT(field), initial, 0, 0, "", flag, false, help}
#define TEXT(...) WORDS(SETTING_TEXT, __VA_ARGS__)
#define ENDPOINT(...) WORDS(SETTING_ENDPOINT, __VA_ARGS__)
#define FLAG(section, name, field, initial, flag, help) \
    {section, name, SETTING_FLAG, AT(field), initial, 0, 1, "", flag, false, help}
#define COUNT(section, name, field, initial, min, max, unit, live, help) \
    {section, name, SETTING_COUNT, AT(field), initial, min, max, unit, NULL, live, help}

const struct setting SETTINGS[] = {
    ENDPOINT("endpoints", "session", session_endpoint, "tcp://127.0.0.1:5570", "--session",
             "where sessions connect"),
    ENDPOINT("endpoints", "public", public_endpoint, "tcp://127.0.0.1:5571", "--public",
             "where what is public is published"),
    ENDPOINT("endpoints", "feed", feed_endpoint, "tcp://127.0.0.1:5572", "--feed",
             "where feeds connect"),
    FLAG("endpoints", "allow_plaintext", allow_plaintext, "0", "--allow-plaintext",
         "bind beyond this machine without encryption"),
    COUNT("endpoints", "io_threads", io_threads, "1", 1, 16, "", false,
          "threads that do the network"),

    TEXT("state", "dir", state_dir, "", "--state",
         "what the daemon keeps ($XDG_STATE_HOME/indsub, or /var/lib/indsub)"),
    FLAG("store", "keep", store_keep, "1", NULL,
         "keep bars, feeds and sessions over a restart (never of the built-in market)"),
    FLAG("store", "sync", store_sync, "1", NULL,
         "acknowledge feeds when the disk has it, not only the system"),
    COUNT("store", "keep_days", store_keep_days, "400", 0, 36500, "days", false,
          "closed bars older than the symbol's newest by this are dropped; 0: none"),
    TEXT("market", "instruments", instruments_file, "", "--instruments",
         "CSV with the columns of the Kite instrument dump"),
    TEXT("market", "zone", zone, "Asia/Kolkata", NULL,
         "time zone of the exchanges NSE NFO BSE BFO and of those not named"),
    WORDS(SETTING_HOURS, "market", "hours", hours, "09:15-15:30", NULL, "their session, in that zone"),
    WORDS(SETTING_DATES, "market", "holidays", holidays, "", NULL,
         "dates (2025-11-05 ...) on which they are closed; only status tells of them"),
    FLAG("market", "simulate", simulate, "0", NULL,
         "trade the built-in market (--simulate[=SEED])"),
    COUNT("market", "seed", seed, "1", 0, INT64_MAX, "", false, "of the built-in market"),
    COUNT("market", "history_bars", history_bars, "100000", 1000, 10000000, "bars", false,
          "minute bars kept of a symbol; cut when a trading day begins"),
    COUNT("market", "history_days_1s", history_days_1s, "1", 0, 30, "days", false,
          "trading days of 1-second bars kept beside the running one"),

    COUNT("feed", "tick_lateness_ms", tick_lateness_ms, "1000", 0, 60000, "ms", false,
          "how long after its end a bar still takes ticks"),
    COUNT("feed", "bar_grace_ms", bar_grace_ms, "3000", 100, 600000, "ms", false,
          "silence after which the wall clock closes the bars of a live feed"),
    COUNT("feed", "stale_ms", stale_ms, "10000", 100, 86400000, "ms", true,
          "silence after which a feed is called stale"),
    COUNT("feed", "takeover_ms", takeover_ms, "3000", 0, 600000, "ms", true,
          "what a symbol's source has not given for so long, another's counts for"),

    WORDS(SETTING_CONVENTION, "options", "convention", convention, "black76-365", NULL,
         "what volatilities mean: black76-365, kite or nse, with what is given here instead"),
    WORDS(SETTING_MODEL, "options", "model", option_model, "", NULL, "black76 or black_scholes"),
    WORDS(SETTING_DAY_COUNT, "options", "day_count", day_count, "", NULL,
         "seconds-365, calendar-365 or trading-252"),
    WORDS(SETTING_SIDE, "options", "side", iv_side, "", NULL,
         "own, or out-of-the-money: one volatility a strike"),
    WORDS(SETTING_FRACTION, "options", "rate", rate, "", NULL, "continuous, a fraction: 0.065"),
    WORDS(SETTING_FRACTION, "options", "dividend_yield", dividend_yield, "", NULL,
         "continuous, a fraction"),
    COUNT("options", "age_s", option_age_s, "300", 0, 86400, "s", false,
          "a price older than this explains nothing; 0: of any age"),

    TEXT("auth", "key_file", key_file, "", "--jwt-key",
         "secret of HS* tokens, instead of jwt.key in the state directory"),
    TEXT("auth", "keys", keys_dir, "", NULL,
         "directory of public keys KID.pem for RS* and ES* tokens, and of secrets KID.key for HS*"),
    TEXT("auth", "revoked", revoked_file, "", NULL,
         "file with the ids (jti) of tokens that are good no longer, one a line"),
    TEXT("auth", "audience", audience, "", NULL, "what a token's aud must be; empty: anything"),
    TEXT("auth", "issuer", issuer, "", NULL, "what a token's iss must be; empty: anything"),
    COUNT("auth", "skew_s", skew_s, "5", 0, 600, "s", true,
          "how far an issuer's clock may be off"),

    TEXT("curve", "certificate", certificate_file, "", "--certificate",
         "the daemon's secret certificate, of indsub-cli keygen; empty: nothing is encrypted"),
    WORDS(SETTING_SOCKETS, "curve", "sockets", curve_sockets, "session public feed", NULL,
          "which of them are encrypted where there is a certificate"),
    TEXT("curve", "clients", clients_dir, "", NULL,
         "directory of the public certificates that may connect; empty: any may, with a token"),

    COUNT("sessions", "heartbeat_ms", heartbeat_ms, "15000", 50, 3600000, "ms", false,
          "between heartbeats; a session silent for three of them is detached"),
    COUNT("sessions", "resume_ms", resume_ms, "60000", 0, 86400000, "ms", false,
          "how long a detached session is kept"),

    COUNT("limits", "sessions", sessions, "20000", 1, 1000000, "", true, "sessions in all"),
    COUNT("limits", "sessions_per_user", sessions_per_user, "64", 1, 1000000, "", true,
          "sessions of one user"),
    COUNT("limits", "subscriptions", subscriptions, "200", 1, 100000, "", true,
          "subscriptions of one session"),
    COUNT("limits", "indicators", indicators, "2000", 1, 1000000, "", true,
          "indicators of one session"),
    COUNT("limits", "user_indicators", user_indicators, "5000", 1, 10000000, "", true,
          "indicators of all sessions of one user"),
    COUNT("limits", "user_state_bytes", user_state_bytes, "134217728", 65536, 1099511627776,
          "bytes", true, "that the indicators of one user keep of the past"),
    COUNT("limits", "indicators_per_request", indicators_per_request, "1000", 1, 100000, "", true,
          "indicators in one request"),
    COUNT("limits", "history", history, "5000", 0, 5000, "bars", true, "bars in one reply"),
    COUNT("limits", "history_values", history_values, "2000000", 1, 1000000000, "", true,
          "values of indicators in one reply"),
    COUNT("limits", "frame_bytes", frame_bytes, "1048576", 1024, 67108864, "bytes", false,
          "the longest frame that is read"),
    COUNT("limits", "requests_per_second", requests_per_second, "200", 1, 1000000, "", true,
          "requests of one session"),
    COUNT("limits", "request_burst", request_burst, "2000", 1, 1000000, "", true,
          "requests that may come at once"),
    COUNT("limits", "user_requests_per_second", user_requests_per_second, "200", 1, 1000000, "",
          true, "requests of all sessions of one user"),
    COUNT("limits", "user_request_burst", user_request_burst, "5000", 1, 1000000, "", true,
          "requests of one user that may come at once"),
    COUNT("limits", "user_values_per_second", user_values_per_second, "50000", 1, 1000000000, "",
          true, "values of forming bars computed for one user; beyond it, updates merge"),
    COUNT("limits", "user_value_burst", user_value_burst, "1000000", 1, 1000000000, "", true,
          "such values that may come at once"),
    COUNT("limits", "stranger_requests_per_second", stranger_requests_per_second, "10", 1, 1000000,
          "", true, "requests of a connection that has opened nothing"),
    COUNT("limits", "stranger_request_burst", stranger_request_burst, "200", 1, 1000000, "", true,
          "requests of such a connection that may come at once"),
    COUNT("limits", "open_within_ms", open_within_ms, "60000", 100, 86400000, "ms", true,
          "a connection that has opened nothing by then is ended"),
    COUNT("limits", "strangers", strangers, "10000", 1, 1000000, "", true,
          "connections that have opened nothing yet; the oldest makes room"),
    COUNT("limits", "subscribers", subscribers, "10000", 1, 1000000, "", false,
          "connections to the public socket; the oldest makes room"),
    COUNT("limits", "subscription_bytes", subscription_bytes, "2097152", 65536, 1099511627776,
          "bytes", false, "that all of those may have sent; who has sent most is ended"),
    COUNT("limits", "unread_bytes", unread_bytes, "268435456", 1048576, 1099511627776, "bytes",
          false, "sent to a socket and not taken yet; who has sent most of it is ended"),
    COUNT("limits", "sources", sources, "64", 1, 10000, "", true, "sources of feeds"),
    COUNT("limits", "symbols", symbols, "200000", 1, 10000000, "", true,
          "symbols in all; further ones that a feed sends are refused"),
    COUNT("limits", "feed_bytes_per_second", feed_bytes_per_second, "1048576", 1024, 1073741824,
          "bytes", true, "of one source; beyond it, acknowledgements wait"),
    COUNT("limits", "feed_burst_bytes", feed_burst_bytes, "268435456", 65536, 4294967296, "bytes",
          true, "that may come at once"),
    COUNT("limits", "queue", queue, "10000", 1, 10000000, "bars", true,
          "closed bars that wait for a slow reader before it is told LAGGING"),
    COUNT("limits", "backlog_bytes", backlog_bytes, "536870912", 1048576, 1099511627776, "bytes",
          true, "all that waits for readers or is remembered for them; beyond it the slowest lag"),
    COUNT("limits", "replies", replies, "10000", 1, 100000, "", true,
          "replies that wait for a slow reader"),
    COUNT("limits", "remembered", remembered, "256", 0, 100000, "bars", true,
          "closed bars kept for a session's resync"),
    COUNT("limits", "send_queue", send_hwm, "128", 1, 1000000, "messages", false,
          "messages, of up to 64 updates, that libzmq queues for one session"),

    FLAG("public", "tape", tape, "0", NULL, "publish all bars, without indicators"),
    WORDS(SETTING_LEVEL, "log", "level", log_level, "info", NULL, "error, warning, info or debug"),
};
/* clang-format on */

size_t setting_count(void)
{
    return sizeof SETTINGS / sizeof *SETTINGS;
}

const struct setting *setting_find(const char *section, const char *name)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (strcmp(SETTINGS[i].section, section) == 0 && strcmp(SETTINGS[i].name, name) == 0)
            return &SETTINGS[i];
    return NULL;
}
