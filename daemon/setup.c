#include "daemon/setup.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "daemon/config/pricing.h"
#include "daemon/edge/zone.h"

struct calendar *setup_calendar(const struct config *config, struct err *err)
{
    int32_t offset_s;
    struct zone_change *changes;
    size_t n_changes, n_holidays;
    int open_minute = 0, close_minute = 0;
    if (zone_load(config->zone, &offset_s, &changes, &n_changes, err) != ERR_OK) {
        if (strcmp(config->zone, "Asia/Kolkata") != 0)
            return NULL;
        offset_s = KOLKATA_OFFSET_S; /* known without the system's database */
    }
    int64_t *holidays = mem_alloc_zero(strlen(config->holidays) / 10 + 1, sizeof *holidays);
    config_read_dates(config->holidays, holidays, &n_holidays); /* have been checked, as hours */
    config_read_hours(config->hours, &open_minute, &close_minute);
    struct calendar *calendar =
        calendar_new(open_minute, close_minute, offset_s, changes, n_changes, holidays, n_holidays);
    free(changes);
    free(holidays);
    return calendar;
}

struct server_settings setup_server(const struct config *config, const char *scratch)
{
    return (struct server_settings){.session_endpoint = config->session_endpoint,
                                    .public_endpoint = config->public_endpoint,
                                    .feed_endpoint = config->feed_endpoint,
                                    .io_threads = (int)config->io_threads,
                                    .send_hwm = (int)config->send_hwm,
                                    .frame_bytes = (size_t)config->frame_bytes,
                                    .unread_bytes = (size_t)config->unread_bytes,
                                    .subscription_bytes = (size_t)config->subscription_bytes,
                                    .subscribers_max = (size_t)config->subscribers,
                                    .certificate = config->certificate_file,
                                    .clients = config->clients_dir,
                                    .scratch = scratch,
                                    .curve_session = config_encrypts(config, "session"),
                                    .curve_public = config_encrypts(config, "public"),
                                    .curve_feed = config_encrypts(config, "feed")};
}

static struct bucket_rate rate_of(int64_t per_s, int64_t burst)
{
    return (struct bucket_rate){(double)per_s, (double)burst};
}

void setup_core_live(const struct config *config, struct core_settings *settings)
{
    settings->feed_stale_ms = config->stale_ms;
    settings->takeover_ms = config->takeover_ms;
    settings->sessions = (struct sessions_limits){
        .sessions_max = (size_t)config->sessions,
        .sessions_per_user = (size_t)config->sessions_per_user,
        .backlog_bytes = (size_t)config->backlog_bytes,
        .values = rate_of(config->user_values_per_second, config->user_value_burst),
        .outbox = {.closed_max = (size_t)config->queue,
                   .replies_max = (size_t)config->replies,
                   .remembered_max = (size_t)config->remembered}};
    settings->subscriptions_per_session = (size_t)config->subscriptions;
    settings->indicators_per_session = (size_t)config->indicators;
    settings->indicators_per_user = (size_t)config->user_indicators;
    settings->state_bytes_per_user = (size_t)config->user_state_bytes;
    settings->indicators_per_request = (size_t)config->indicators_per_request;
    settings->history_max = (size_t)config->history;
    settings->history_values_max = (size_t)config->history_values;
    settings->requests = rate_of(config->requests_per_second, config->request_burst);
    settings->user_requests = rate_of(config->user_requests_per_second, config->user_request_burst);
    settings->stranger_requests =
        rate_of(config->stranger_requests_per_second, config->stranger_request_burst);
    settings->feed_bytes = rate_of(config->feed_bytes_per_second, config->feed_burst_bytes);
    settings->open_within_ms = config->open_within_ms;
    settings->strangers_max = settings->feed_strangers_max = (size_t)config->strangers;
    settings->sources_max = (size_t)config->sources;
    settings->symbols_max = (size_t)config->symbols;
    settings->rules = (struct token_rules){
        .skew_s = config->skew_s, .audience = config->audience, .issuer = config->issuer};
}

void setup_core(const struct config *config, const struct server *server,
                struct convention *convention, struct core_settings *settings)
{
    *convention = pricing_convention(config);
    *settings = (struct core_settings){
        .options = {.convention = convention, .age_max_ms = config->option_age_s * 1000},
        .public_endpoint = server_public_endpoint(server),
        .feed_endpoint = server_feed_endpoint(server),
        .curve_session = config_encrypts(config, "session"),
        .curve_public = config_encrypts(config, "public"),
        .curve_feed = config_encrypts(config, "feed"),
        .heartbeat_ms = config->heartbeat_ms,
        .resume_ms = config->resume_ms,
        .bar_grace_ms = config->bar_grace_ms,
        .market = {.tick_lateness_ms = config->tick_lateness_ms,
                   .history_bars = (size_t)config->history_bars,
                   .history_days_1s = config->history_days_1s},
        .frame_bytes = (size_t)config->frame_bytes,
        .tape = config->tape != 0,
        .keep_ms = config->store_keep_days * FEEDTIME_DAY_MS,
    };
    setup_core_live(config, settings);
}
