#include "daemon/engine/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

enum { NOTED_MAX = 4096 }; /* of an exchange; beyond it the oldest quarter is forgotten */

/* Bars of an exchange that some of its symbols have closed, for bar_complete. */
struct exchange {
    const struct calendar *calendar;
    int64_t newest_ms[TIMEFRAME_COUNT]; /* start of the newest one that was noted */
    struct noted_bar {
        enum timeframe timeframe;
        int64_t bar_ms, end_ms;
        size_t n_passed; /* of market_fed, the first so many are known to have closed it */
    } * noted;           /* until all have closed it */
    size_t n_noted, noted_capacity;
};

struct publisher {
    publish_fn *publish;
    void *context;
    struct core *core;
    struct exchange *exchanges; /* one a calendar: exchanges with the same hours are one here */
    size_t n_exchanges, exchanges_capacity;
    struct buf text; /* scratch, empty between calls */
};

struct publisher *publisher_new(publish_fn *publish, void *context, struct core *core)
{
    struct publisher *self = mem_alloc_zero(1, sizeof *self);
    self->publish = publish;
    self->context = context;
    self->core = core;
    return self;
}

void publisher_destroy(struct publisher **self)
{
    if (!*self)
        return;
    for (size_t i = 0; i < (*self)->n_exchanges; i++)
        free((*self)->exchanges[i].noted);
    free((*self)->exchanges);
    buf_destroy(&(*self)->text);
    free(*self);
    *self = NULL;
}

/* Publishes what has been put into self->text. */
static void publish_text(struct publisher *self, const char *topic)
{
    struct body *body = body_of_text(sessions_tally(self->core->sessions), &self->text);
    self->publish(self->context, topic, body);
    body_release(&body);
}

void publisher_put_notice(struct publisher *self, struct body *body)
{
    self->publish(self->context, "notice", body);
}

/* ---- bars -------------------------------------------------------------------------------------
 */

static struct exchange *find_exchange(struct publisher *self, const struct calendar *calendar)
{
    for (size_t i = 0; i < self->n_exchanges; i++)
        if (self->exchanges[i].calendar == calendar)
            return &self->exchanges[i];
    self->exchanges = mem_grow(self->exchanges, self->n_exchanges, &self->exchanges_capacity,
                               sizeof *self->exchanges);
    self->exchanges[self->n_exchanges] = (struct exchange){.calendar = calendar};
    return &self->exchanges[self->n_exchanges++];
}

static void put_complete_of(struct publisher *self, struct exchange *exchange);

/* In a turn with much history what is complete has to go before its end. */
static void make_room(struct publisher *self, struct exchange *exchange)
{
    put_complete_of(self, exchange);
    if (exchange->n_noted < NOTED_MAX)
        return;
    exchange->n_noted -= NOTED_MAX / 4;
    memmove(exchange->noted, exchange->noted + NOTED_MAX / 4,
            exchange->n_noted * sizeof *exchange->noted);
}

static void note_bar(struct publisher *self, struct exchange *exchange, enum timeframe timeframe,
                     int64_t bar_ms, int64_t end_ms)
{
    if (bar_ms <= exchange->newest_ms[timeframe])
        return;
    exchange->newest_ms[timeframe] = bar_ms;
    if (exchange->n_noted == NOTED_MAX)
        make_room(self, exchange);
    exchange->noted = mem_grow(exchange->noted, exchange->n_noted, &exchange->noted_capacity,
                               sizeof *exchange->noted);
    exchange->noted[exchange->n_noted++] = (struct noted_bar){timeframe, bar_ms, end_ms, 0};
}

/* Notes for each timeframe that the bar is a part of that there is such a bar. Seconds are part of
 * the timeframes below a minute alone, and the stored intraday bars of those from a minute on. */
static void note_closed(struct publisher *self, const struct market_closed *closed)
{
    const struct listing *listing = closed->listing;
    if (timeframe_is_intraday(closed->timeframe) && closed->timeframe != TIMEFRAME_1S &&
        closed->timeframe != listing->intraday)
        return;
    struct exchange *exchange = find_exchange(self, listing->calendar);
    for (int i = (int)closed->timeframe; i < TIMEFRAME_COUNT; i++) {
        int64_t start_ms, end_ms;
        if ((closed->timeframe == TIMEFRAME_1S) == (i < TIMEFRAME_1MIN) &&
            calendar_bar_start(listing->calendar, (enum timeframe)i, closed->bar.start_ms,
                               &start_ms, &end_ms))
            note_bar(self, exchange, (enum timeframe)i, start_ms, end_ms);
    }
}

static void put_tape(struct publisher *self, const struct market_closed *closed)
{
    struct buf topic = {0};
    buf_put_format(&topic, "tape/%s/%s", closed->listing->name, timeframe_name(closed->timeframe));
    update_put_head(&self->text, closed->listing, closed->timeframe, &closed->bar, true);
    buf_put_text(&self->text, "}}");
    publish_text(self, topic.data);
    buf_destroy(&topic);
}

void publisher_take_closed(struct publisher *self, const struct market_closed *closed)
{
    note_closed(self, closed);
    if (self->core->settings->tape)
        put_tape(self, closed);
}

/* True when every symbol of the exchange that is fed has closed the bar. Goes on where it stopped
 * before: what a symbol has closed stays closed. */
static bool has_passed(const struct publisher *self, const struct exchange *exchange,
                       struct noted_bar *noted)
{
    size_t n;
    struct listing *const *fed = market_fed(self->core->market, &n);
    while (noted->n_passed < n && (fed[noted->n_passed]->calendar != exchange->calendar ||
                                   market_through(self->core->market, fed[noted->n_passed],
                                                  noted->timeframe) >= noted->end_ms))
        noted->n_passed++;
    return noted->n_passed == n;
}

static void put_complete(struct publisher *self, enum timeframe timeframe, int64_t bar_ms)
{
    char topic[16];
    snprintf(topic, sizeof topic, "bar/%s", timeframe_name(timeframe));
    buf_put_format(&self->text, "{\"type\":\"bar_complete\",\"timeframe\":\"%s\",\"bar\":",
                   timeframe_name(timeframe));
    json_put_time(&self->text, bar_ms);
    buf_put_char(&self->text, '}');
    publish_text(self, topic);
}

/* Of a timeframe the oldest first: before it has passed, no later one has. */
static void put_complete_of(struct publisher *self, struct exchange *exchange)
{
    bool waits[TIMEFRAME_COUNT] = {false};
    size_t kept = 0;
    for (size_t i = 0; i < exchange->n_noted; i++) {
        struct noted_bar noted = exchange->noted[i];
        if (!waits[noted.timeframe] && has_passed(self, exchange, &noted)) {
            put_complete(self, noted.timeframe, noted.bar_ms);
            continue;
        }
        waits[noted.timeframe] = true;
        exchange->noted[kept++] = noted;
    }
    exchange->n_noted = kept;
}

void publisher_put_complete(struct publisher *self)
{
    for (size_t i = 0; i < self->n_exchanges; i++)
        put_complete_of(self, &self->exchanges[i]);
}

/* ---- status -----------------------------------------------------------------------------------
 */

void publisher_put_status(struct publisher *self, struct now now)
{
    const struct core *core = self->core;
    buf_put_format(&self->text,
                   "{\"type\":\"status\",\"epoch\":\"%s\",\"feed\":{\"state\":\"%s\",\"age_ms\":",
                   core->epoch, sources_state(core->sources));
    json_put_number(&self->text, sources_age_ms(core->sources, now.mono_ms));
    buf_put_text(&self->text, "},\"markets\":{");
    for (size_t i = 0; i < EXCHANGES; i++) {
        bool is_open = calendar_is_open(core_calendar(core, EXCHANGE_NAMES[i]), now.wall_ms);
        buf_put_format(&self->text, "%s\"%s\":\"%s\"", i > 0 ? "," : "", EXCHANGE_NAMES[i],
                       is_open ? "open" : "closed");
    }
    buf_put_text(&self->text, "}}");
    publish_text(self, "status");
}
