#include "daemon/keep/saved_source.h"

#include <string.h>

#include "daemon/keep/row.h"

/* What a row begins with; a plain_held for each of what stands by follows. */
struct plain_source {
    uint64_t last_seq;
    int64_t clock_ms, heard_ms;
};

/* Followed by the name of its symbol. */
struct plain_held {
    int64_t timeframe;
    union {
        struct tick tick;
        struct bar bar;
    };
};

static void put_held(struct buf *out, const struct standby *standby)
{
    for (size_t i = 0; i < standby_count(standby); i++) {
        const struct held *held = standby_at(standby, i);
        struct plain_held plain = {.timeframe = (int64_t)held->timeframe};
        if (held->timeframe == TIMEFRAME_NONE)
            plain.tick = held->tick;
        else
            plain.bar = held->bar;
        buf_put(out, &plain, sizeof plain);
        buf_put(out, held->listing->name, strlen(held->listing->name) + 1);
    }
}

void saved_source_put(struct buf *out, const struct source *source, int64_t clock_ms)
{
    const struct plain_source plain = {source->last_seq, clock_ms, source->heard_ms};
    buf_put(out, &plain, sizeof plain);
    put_held(out, source->standby);
}

static bool restore_held(struct source *source, struct row *row, keeper_find_fn *find,
                         void *context)
{
    struct plain_held plain;
    while (row->left > 0) {
        const char *symbol = row_take(row, &plain, sizeof plain) ? row_take_text(row) : NULL;
        if (!symbol || plain.timeframe < 0 || plain.timeframe > TIMEFRAME_NONE)
            return false;
        struct held held = {.listing = find(context, symbol),
                            .timeframe = (enum timeframe)plain.timeframe};
        if (!held.listing)
            return false;
        if (held.timeframe == TIMEFRAME_NONE)
            held.tick = plain.tick;
        else
            held.bar = plain.bar;
        standby_hold(source->standby, &held);
    }
    return true;
}

bool saved_source_restore(struct core *core, const struct record *record, keeper_find_fn *find,
                          void *context)
{
    struct row row = {record->value.data, record->value.size};
    struct plain_source plain;
    struct touched touched = {0};
    if (!row_take(&row, &plain, sizeof plain) || strlen(record->name) > SOURCE_NAME_MAX)
        return false;
    struct source *source = sources_open(core->sources, record->name, "", 0, 0);
    source->is_connected = false;
    source->last_seq = source->kept_seq = plain.last_seq;
    source->kept_clock_ms = plain.clock_ms;
    market_advance_clock(core->market, source->id, plain.clock_ms, &touched);
    touched_destroy(&touched);
    source->heard_ms = plain.heard_ms;
    return restore_held(source, &row, find, context);
}
