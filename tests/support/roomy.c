#include "tests/support/roomy.h"

struct core_settings roomy_settings(void)
{
    static const struct bucket_rate REQUESTS = {1e6, 1e6}, BYTES = {1e12, 1e12};
    return (struct core_settings){
        .public_endpoint = "inproc://public",
        .feed_endpoint = "inproc://feed",
        .options = {.convention = &convention_presets[0]},
        .heartbeat_ms = 15000,
        .resume_ms = 60000,
        .feed_stale_ms = 10000,
        .takeover_ms = 3000,
        .bar_grace_ms = 2000,
        .market = {.tick_lateness_ms = 1000, .history_bars = 100000, .history_days_1s = 1},
        .sessions = {.sessions_max = 1000,
                     .sessions_per_user = 64,
                     .backlog_bytes = 1 << 30,
                     .values = BYTES,
                     .outbox = {.closed_max = 50, .replies_max = 256, .remembered_max = 64}},
        .subscriptions_per_session = 200,
        .indicators_per_session = 1000,
        .indicators_per_user = 100000,
        .state_bytes_per_user = SIZE_MAX,
        .indicators_per_request = 1000,
        .history_max = 5000,
        .history_values_max = 2000000,
        .frame_bytes = 1 << 20,
        .requests = REQUESTS,
        .user_requests = REQUESTS,
        .stranger_requests = REQUESTS,
        .feed_bytes = BYTES,
        .open_within_ms = INT64_MAX,
        .strangers_max = SIZE_MAX,
        .feed_strangers_max = SIZE_MAX,
        .sources_max = 64,
        .symbols_max = 200000,
    };
}
