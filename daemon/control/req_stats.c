/* req_stats - stats: the operator's view. */
#include "common/base/json.h"
#include "daemon/control/request.h"

/* How many sessions have this instance among a plan's, or something that needs it; one that has it
 * under two ids counts once. */
static size_t count_on_plan(const struct plan *plan, const struct instance *instance)
{
    const struct plan_views *all = views_of_plan(plan);
    size_t n = 0;
    for (size_t v = 0; all && v < all->n; v++)
        for (size_t i = 0; i < all->views[v]->n_items; i++)
            if (instance_needs(all->views[v]->items[i].instance, instance)) {
                n += all->views[v]->n_subscribers;
                break;
            }
    return n;
}

/* The same on all timeframes: a shorter one may follow it. */
static size_t count_subscribers(const struct core *core, const struct plan *plan,
                                const struct instance *instance)
{
    size_t n = 0;
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        const struct plan *other =
            compute_find_plan(core->compute, plan_listing(plan), (enum timeframe)t);
        n += other ? count_on_plan(other, instance) : 0;
    }
    return n;
}

static void put_plan(struct buf *out, const struct core *core, const struct plan *plan,
                     bool *follows)
{
    for (size_t i = 0; i < plan_n_instances(plan); i++) {
        const struct instance *instance = plan_instance(plan, i);
        buf_put_text(out, *follows ? ",{\"symbol\":" : "{\"symbol\":");
        *follows = true;
        json_put_string(out, plan_listing(plan)->name);
        buf_put_format(
            out, ",\"timeframe\":\"%s\",\"indicator\":", timeframe_name(plan_timeframe(plan)));
        struct buf id = {0};
        spec_put_id(instance_spec(instance), &id);
        json_put_string(out, id.data);
        buf_destroy(&id);
        buf_put_format(out, ",\"subscribers\":%zu}", count_subscribers(core, plan, instance));
    }
}

static void put_shared(struct buf *out, const struct core *core)
{
    bool follows = false;
    buf_put_text(out, ",\"shared\":[");
    for (size_t i = 0; i < market_count(core->market); i++)
        for (int t = 0; t < TIMEFRAME_COUNT; t++) {
            const struct plan *plan = compute_find_plan(
                core->compute, market_listing(core->market, i), (enum timeframe)t);
            if (plan)
                put_plan(out, core, plan, &follows);
        }
    buf_put_char(out, ']');
}

static void put_feed(struct buf *out, const struct core *core, int64_t now_ms)
{
    buf_put_text(out, ",\"feed\":[");
    for (size_t i = 0; i < sources_count(core->sources); i++) {
        const struct source *source = sources_at(core->sources, i);
        buf_put_text(out, i > 0 ? ",{\"source\":" : "{\"source\":");
        json_put_string(out, source->name);
        buf_put_format(out, ",\"last_seq\":%llu,\"age_ms\":", (unsigned long long)source->last_seq);
        if (source->has_arrived)
            json_put_integer(out, now_ms - source->arrived_ms);
        else
            buf_put_text(out, "null");
        buf_put_text(out, ",\"clock\":");
        int64_t clock_ms = market_clock(core->market, source->id);
        if (clock_ms == INT64_MIN)
            buf_put_text(out, "null");
        else
            json_put_time(out, clock_ms);
        buf_put_format(out, ",\"connected\":%s,\"stale\":%s}",
                       source->is_connected ? "true" : "false",
                       source->is_stale ? "true" : "false");
    }
    buf_put_char(out, ']');
}

static void put_counter(struct buf *out, const char *name, uint64_t value)
{
    buf_put_format(out, "\"%s\":%llu,", name, (unsigned long long)value);
}

static void put_limited(struct buf *out, const struct core_counters *counters)
{
    buf_put_text(out, "},\"limited\":{");
    for (int i = 0, n = 0; i < LIMIT_COUNT; i++)
        if (counters->limited[i] > 0)
            buf_put_format(out, "%s\"%s\":%llu", n++ > 0 ? "," : "", limit_name((enum limit)i),
                           (unsigned long long)counters->limited[i]);
}

static void put_counters(struct buf *out, const struct core *core)
{
    const struct core_counters *counters = &core->counters;
    const struct delivery_counters *delivery = delivery_counters(core->delivery);
    buf_put_text(out, ",\"counters\":{");
    put_counter(out, "requests", counters->requests);
    put_counter(out, "ticks", counters->ticks);
    put_counter(out, "bars", counters->bars);
    put_counter(out, "bars_missed", market_n_missed(core->market));
    put_counter(out, "feed_messages", counters->feed_messages);
    put_counter(out, "feed_repeats", counters->feed_repeats);
    put_counter(out, "standby", counters->standby);
    put_counter(out, "encoded", delivery->encoded);
    put_counter(out, "delivered", delivery->delivered);
    put_counter(out, "merged", delivery->merged);
    put_counter(out, "lagging", delivery->lagging);
    put_counter(out, "replies_dropped", delivery->replies_dropped);
    buf_put_text(out, "\"errors\":{");
    for (int i = 1, n = 0; i < ERR_CODE_COUNT; i++)
        if (counters->errors[i] > 0)
            buf_put_format(out, "%s\"%s\":%llu", n++ > 0 ? "," : "",
                           err_code_name((enum err_code)i),
                           (unsigned long long)counters->errors[i]);
    buf_put_text(out, "},\"rejects\":{");
    for (int i = 1, n = 0; i < REJECT_COUNT; i++)
        if (counters->rejects[i] > 0)
            buf_put_format(out, "%s\"%s\":%llu", n++ > 0 ? "," : "", reject_name((enum reject)i),
                           (unsigned long long)counters->rejects[i]);
    put_limited(out, counters);
    buf_put_text(out, "}}");
}

static void put_rates(struct buf *out, const struct core *core, int64_t uptime_ms)
{
    double seconds = uptime_ms > 0 ? (double)uptime_ms / 1000 : 1;
    buf_put_text(out, ",\"rates\":{\"ticks_per_s\":");
    json_put_number(out, (double)core->counters.ticks / seconds);
    buf_put_text(out, ",\"delivered_per_s\":");
    json_put_number(out, (double)delivery_counters(core->delivery)->delivered / seconds);
    buf_put_char(out, '}');
}

static enum err_code handle_stats(struct call *call)
{
    const struct core *core = call->core;
    call->core->counters.limited[LIMIT_USER_VALUES] = delivery_counters(call->core->delivery)->late;
    int64_t uptime_ms = call->now.mono_ms - core->started_ms;
    size_t n_attached = 0;
    for (size_t i = 0; i < sessions_count(core->sessions); i++)
        n_attached += sessions_at(core->sessions, i)->is_attached;
    buf_put_format(call->reply,
                   ",\"sessions\":%zu,\"attached\":%zu,\"views\":%zu,\"backlog_bytes\":%zu",
                   sessions_count(core->sessions), n_attached, views_count(core->views),
                   atomic_load(sessions_tally(core->sessions)));
    put_shared(call->reply, core);
    put_feed(call->reply, core, call->now.mono_ms);
    put_counters(call->reply, core);
    put_rates(call->reply, core, uptime_ms);
    buf_put_format(call->reply, ",\"uptime_ms\":%lld", (long long)uptime_ms);
    return ERR_OK;
}

const struct request request_stats = {
    .type = "stats",
    .reply = "stats",
    .needs = NEEDS_ADMIN,
    .handle = handle_stats,
};
