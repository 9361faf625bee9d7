#include "daemon/engine/intake.h"

#include <stdlib.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/protocol/ids.h"
#include "daemon/sessions/notice.h"

struct intake {
    struct core *core;
    struct keeper *keeper; /* NULL where nothing is kept */
    struct publisher *publisher;
    struct touched touched; /* scratch, empty between calls but for a moment, as is text */
    struct buf text;
    enum timeframe moment; /* of the bars in touched; TIMEFRAME_NONE: no moment is under way */
    int64_t moment_ms;     /* when they start */
};

struct intake *intake_new(struct core *core, struct keeper *keeper, struct publisher *publisher)
{
    struct intake *self = mem_alloc_zero(1, sizeof *self);
    self->core = core;
    self->keeper = keeper;
    self->publisher = publisher;
    self->moment = TIMEFRAME_NONE;
    return self;
}

void intake_destroy(struct intake **self)
{
    if (!*self)
        return;
    touched_destroy(&(*self)->touched);
    buf_destroy(&(*self)->text);
    free(*self);
    *self = NULL;
}

/* ---- whether a feed lives ---------------------------------------------------------------------
 */

static bool has_symbol(const struct session *session, const struct listing *listing)
{
    for (size_t i = 0; i < session->n_subscriptions; i++)
        if (session->subscriptions[i]->listing == listing)
            return true;
    return false;
}

/* A symbol's feed has fallen silent or come back: told to those who watch it, and in public. */
static void tell_feed_state(struct intake *self, const struct listing *listing, bool stale)
{
    notice_begin(&self->text, stale ? NOTICE_FEED_STALE : NOTICE_FEED_LIVE,
                 stale ? "nothing comes from this symbol's feed" : "the symbol's feed is back");
    buf_put_text(&self->text, ",\"symbol\":");
    json_put_string(&self->text, listing->name);
    buf_put_char(&self->text, '}');
    struct body *body = body_of_text(sessions_tally(self->core->sessions), &self->text);
    publisher_put_notice(self->publisher, body);
    for (size_t i = 0; i < sessions_count(self->core->sessions); i++) {
        struct session *session = sessions_at(self->core->sessions, i);
        if (has_symbol(session, listing))
            delivery_put_notice(self->core->delivery, session, body);
    }
    body_release(&body);
}

static void set_stale(struct intake *self, struct source *source, bool stale)
{
    if (source->is_stale == stale)
        return;
    source->is_stale = stale;
    for (size_t i = 0; i < market_count(self->core->market); i++) {
        const struct listing *listing = market_listing(self->core->market, i);
        if (listing->source == source->id)
            tell_feed_state(self, listing, stale);
    }
}

static void note_arrival(struct intake *self, struct source *source, struct now now)
{
    source->has_arrived = true;
    source->arrived_ms = now.mono_ms;
    source->arrived_wall_ms = now.wall_ms;
    source->silent_close_ms = INT64_MIN;
    set_stale(self, source, false);
}

/* Notes how far the source's clock is behind the wall clock after what it has just given. */
static void note_step(struct intake *self, struct source *source, struct now now)
{
    int64_t clock_ms = market_clock(self->core->market, source->id);
    source->behind_ms = clock_ms == INT64_MIN ? INT64_MAX : now.wall_ms - clock_ms;
}

/* ---- in order ---------------------------------------------------------------------------------
 */

struct listing *intake_find_listing(struct intake *self, const char *symbol)
{
    struct core *core = self->core;
    struct listing *listing = market_find(core->market, symbol);
    if (listing || !symbol_is_valid(symbol))
        return listing;
    const struct instrument *added = instruments_add_index(core->instruments, symbol);
    listing = market_add(core->market, added->symbol, core_calendar(core, added->exchange));
    chains_tie(core->chains, core->market, symbol);
    return listing;
}

/* The listing's row in the store is out of date. */
static void note_changed(struct intake *self, const struct listing *listing)
{
    if (self->keeper)
        keeper_note_listing(self->keeper, listing);
}

/* Takes what the market has just touched through the stages behind it. */
static void work_off(struct intake *self, struct now now)
{
    delivery_run(self->core->delivery, self->core->compute, &self->touched, now.mono_ms);
    for (size_t i = 0; i < self->touched.n_closed; i++) {
        note_changed(self, self->touched.closed[i].listing);
        publisher_take_closed(self->publisher, &self->touched.closed[i]);
    }
    touched_reset(&self->touched);
}

void intake_end_moment(struct intake *self, struct now now)
{
    if (self->moment != TIMEFRAME_NONE)
        work_off(self, now);
    self->moment = TIMEFRAME_NONE;
}

/* ---- who leads --------------------------------------------------------------------------------
 */

/* A tick or a bar into the market; from then on this source leads the listing. */
static enum reject apply(struct intake *self, const struct source *source, const struct held *held)
{
    return held->timeframe == TIMEFRAME_NONE
               ? market_apply_tick(self->core->market, source->id, held->listing, &held->tick,
                                   &self->touched)
               : market_apply_bar(self->core->market, source->id, held->listing, held->timeframe,
                                  &held->bar, &self->touched);
}

/* The source leads the listing from now on: what has been held of it counts. */
static void take_over(struct intake *self, const struct source *source, struct listing *listing,
                      struct now now)
{
    size_t n;
    struct held *held = standby_take(source->standby, listing, &n);
    for (size_t i = 0; i < n; i++) {
        self->core->counters.rejects[apply(self, source, &held[i])]++;
        work_off(self, now);
    }
    note_changed(self, listing);
    free(held);
}

/* What a leader has not given within takeover_ms, as the times in this source's data go, it will
 * not give any more: this source takes over. So it does at once if the leader's connection has
 * gone. */
static void take_over_missed(struct intake *self, struct source *source, struct now now)
{
    const struct held *oldest;
    while ((oldest = standby_oldest(source->standby))) {
        const struct source *leader = sources_at(self->core->sources, oldest->listing->source);
        int64_t waited_ms = source->heard_ms - held_time_ms(oldest);
        if (leader->is_connected && waited_ms <= self->core->settings->takeover_ms)
            return;
        take_over(self, source, oldest->listing, now);
    }
}

/* True if another source leads the listing: then what came is held until that one has given the
 * same moment, too. False if it is to be applied now: nobody else leads it, or the leader has gone
 * or fallen so far behind that this source takes over. */
static bool stands_by(struct intake *self, struct source *source, const struct held *held,
                      struct now now)
{
    struct listing *listing = held->listing;
    if (listing->source == source->id || listing->source == NO_SOURCE)
        return false;
    if (!sources_at(self->core->sources, listing->source)->is_connected ||
        held_time_ms(held) - listing->last_ms > self->core->settings->takeover_ms) {
        take_over(self, source, listing, now);
        return false;
    }
    standby_hold(source->standby, held);
    self->core->counters.standby++;
    /* The source's clock stays where it is: moved on now, it would make what is held too late by
     * the time that it is applied. */
    if (held_time_ms(held) > source->heard_ms)
        source->heard_ms = held_time_ms(held);
    take_over_missed(self, source, now);
    return true;
}

/* Another source led until now and has given that moment already: it would count twice. */
static bool is_given(const struct source *source, const struct listing *listing, int64_t feed_ms)
{
    return listing->source != source->id && listing->source != NO_SOURCE &&
           feed_ms <= listing->last_ms;
}

/* Daily bars need not stand by: a second one of the same day is refused as late. */
static enum reject take(struct intake *self, struct source *source, const char *symbol,
                        struct held *held, struct now now)
{
    enum reject reject = REJECT_BAD_SYMBOL;
    bool is_tick = held->timeframe == TIMEFRAME_NONE;
    if (is_tick || held->timeframe != self->moment || held->bar.start_ms != self->moment_ms)
        intake_end_moment(self, now);
    held->listing = intake_find_listing(self, symbol);
    note_arrival(self, source, now);
    if (held->listing) {
        if ((is_tick || timeframe_is_intraday(held->timeframe)) &&
            stands_by(self, source, held, now))
            return REJECT_NONE;
        reject = is_tick && is_given(source, held->listing, held->tick.feed_ms)
                     ? REJECT_LATE
                     : apply(self, source, held);
        note_changed(self, held->listing);
    }
    self->core->counters.rejects[reject]++;
    note_step(self, source, now);
    if (is_tick) {
        work_off(self, now);
    } else {
        self->moment = held->timeframe;
        self->moment_ms = held->bar.start_ms;
    }
    return reject;
}

enum reject intake_take_tick(struct intake *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now)
{
    struct held held = {.timeframe = TIMEFRAME_NONE, .tick = *tick};
    self->core->counters.ticks++;
    return take(self, source, symbol, &held, now);
}

enum reject intake_take_bar(struct intake *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now)
{
    struct held held = {.timeframe = timeframe, .bar = *bar};
    self->core->counters.bars++;
    return take(self, source, symbol, &held, now);
}

void intake_take_clock(struct intake *self, const struct source *source, int64_t clock_ms,
                       struct now now)
{
    intake_end_moment(self, now);
    market_advance_clock(self->core->market, source->id, clock_ms, &self->touched);
    work_off(self, now);
}

void intake_note_message(struct intake *self, struct source *source, struct now now)
{
    intake_end_moment(self, now);
    note_arrival(self, source, now);
    note_step(self, source, now);
}

/* ---- silence ----------------------------------------------------------------------------------
 */

/* Closes the bars of a source that has fallen silent, after a grace time, if it was in step with
 * the wall clock until then. How late it is now is reckoned from the wall clock at its last message
 * and what has passed since on the monotonic one: somebody may have set the wall clock meanwhile.
 */
static void close_silent(struct intake *self, struct source *source, struct now now)
{
    const struct core_settings *settings = self->core->settings;
    int64_t silent_ms = now.mono_ms - source->arrived_ms;
    int64_t passed_ms = source->arrived_wall_ms + silent_ms - settings->bar_grace_ms;
    if (silent_ms < settings->bar_grace_ms || source->behind_ms > settings->feed_stale_ms ||
        source->behind_ms < -settings->feed_stale_ms)
        return;
    if (source->silent_close_ms == INT64_MIN)
        source->silent_close_ms = market_next_silent_close(self->core->market, source->id);
    if (passed_ms < source->silent_close_ms)
        return;
    source->silent_close_ms = INT64_MIN;
    intake_take_clock(self, source, passed_ms, now);
}

/* A source is stale when it has been silent for too long while a market that it feeds is open, by
 * its own time. */
static void check_stale(struct intake *self, struct source *source, struct now now)
{
    int64_t clock_ms = market_clock(self->core->market, source->id);
    int64_t silent_ms = now.mono_ms - source->arrived_ms;
    if (source->is_stale || clock_ms == INT64_MIN ||
        silent_ms < self->core->settings->feed_stale_ms)
        return;
    for (size_t i = 0; i < market_count(self->core->market); i++) {
        const struct listing *listing = market_listing(self->core->market, i);
        int64_t start_ms, end_ms;
        if (listing->source == source->id &&
            calendar_bar_start(listing->calendar, TIMEFRAME_1MIN, clock_ms + silent_ms, &start_ms,
                               &end_ms)) {
            set_stale(self, source, true);
            return;
        }
    }
}

void intake_look_after_silent(struct intake *self, struct now now)
{
    for (size_t i = 0; i < sources_count(self->core->sources); i++) {
        struct source *source = sources_at(self->core->sources, i);
        if (!source->has_arrived)
            continue;
        close_silent(self, source, now);
        check_stale(self, source, now);
    }
}
