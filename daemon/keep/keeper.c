#include "daemon/keep/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "common/auth/digest.h"
#include "common/base/mem.h"
#include "daemon/keep/saved_listing.h"
#include "daemon/keep/saved_session.h"
#include "daemon/keep/saved_source.h"

/* What is known of a listing's rows. Of each stored series: the start of the newest closed bar that
 * is kept, and that will be once the batch under way is. */
struct kept_listing {
    bool has_changed;
    int64_t kept_ms[STORED_COUNT], flying_ms[STORED_COUNT];
};

struct keeper {
    struct core *core;
    struct kept_listing *listings; /* by id */
    size_t n_listings, listings_capacity;
    uint32_t *changed; /* ids of the listings that have changed since the last batch */
    uint32_t *flying;  /* ids of those that are in the batch under way */
    size_t n_changed, changed_capacity, n_flying, flying_capacity;
    char (*ended)[DIGEST_SIZE + 1]; /* of sessions whose rows are to be removed */
    size_t n_ended, ended_capacity;
    size_t n_ended_flying;          /* the first so many are in the batch under way */
    bool is_waiting;                /* a batch is under way */
    struct saved_listing *restored; /* by id, while rows come in */
    size_t n_restored, restored_capacity;
};

struct keeper *keeper_new(struct core *core)
{
    struct keeper *self = mem_alloc_zero(1, sizeof *self);
    self->core = core;
    return self;
}

static void forget_restored(struct keeper *self)
{
    for (size_t i = 0; i < self->n_restored; i++)
        saved_listing_clear(&self->restored[i]);
    free(self->restored);
    self->restored = NULL;
    self->n_restored = self->restored_capacity = 0;
}

void keeper_destroy(struct keeper **self)
{
    if (!*self)
        return;
    forget_restored(*self);
    free((*self)->listings);
    free((*self)->changed);
    free((*self)->flying);
    free((*self)->ended);
    free(*self);
    *self = NULL;
}

/* ---- what has changed -------------------------------------------------------------------------
 */

static struct kept_listing *kept_of(struct keeper *self, uint32_t id)
{
    while (self->n_listings <= id) {
        self->listings = mem_grow(self->listings, self->n_listings, &self->listings_capacity,
                                  sizeof *self->listings);
        self->listings[self->n_listings++] = (struct kept_listing){
            .kept_ms = {INT64_MIN, INT64_MIN, INT64_MIN},
        };
    }
    return &self->listings[id];
}

static void note_id(struct keeper *self, uint32_t id)
{
    struct kept_listing *kept = kept_of(self, id);
    if (kept->has_changed)
        return;
    kept->has_changed = true;
    self->changed =
        mem_grow(self->changed, self->n_changed, &self->changed_capacity, sizeof *self->changed);
    self->changed[self->n_changed++] = id;
}

void keeper_note_listing(struct keeper *self, const struct listing *listing)
{
    note_id(self, listing->id);
}

void keeper_note_session(struct keeper *self, struct session *session)
{
    (void)self;
    session->has_changed = true;
}

void keeper_note_end(struct keeper *self, const struct session *session)
{
    if (!session->has_row)
        return;
    self->ended = mem_grow(self->ended, self->n_ended, &self->ended_capacity, sizeof *self->ended);
    sessions_digest(session, self->ended[self->n_ended++]);
}

/* ---- into rows --------------------------------------------------------------------------------
 */

static void put_listing(struct keeper *self, struct batch *batch, uint32_t id)
{
    const struct listing *one = market_listing(self->core->market, id);
    struct kept_listing *kept = kept_of(self, id);
    struct buf value = {0};
    for (int i = 0; i < STORED_COUNT; i++) {
        enum timeframe timeframe = listing_stored(one, i);
        kept->flying_ms[i] = kept->kept_ms[i];
        if (timeframe != TIMEFRAME_NONE)
            kept->flying_ms[i] = saved_bars_put(batch, one, timeframe, kept->kept_ms[i],
                                                self->core->settings->keep_ms);
    }
    saved_listing_put(
        &value, one,
        one->source == NO_SOURCE ? "" : sources_at(self->core->sources, one->source)->name);
    batch_put(batch, RECORD_LISTING, one->name, &value);
    kept->has_changed = false;
}

static void put_sources(const struct keeper *self, struct batch *batch)
{
    for (size_t i = 0; i < sources_count(self->core->sources); i++) {
        struct source *source = sources_at(self->core->sources, i);
        int64_t clock_ms = market_clock(self->core->market, source->id);
        source->flying_seq = source->last_seq;
        if (source->last_seq == source->kept_seq && clock_ms == source->kept_clock_ms)
            continue;
        source->kept_clock_ms = clock_ms;
        struct buf value = {0};
        saved_source_put(&value, source, clock_ms);
        batch_put(batch, RECORD_SOURCE, source->name, &value);
    }
}

static void put_sessions(struct batch *batch, const struct core *core)
{
    char digest[DIGEST_SIZE + 1];
    for (size_t i = 0; i < sessions_count(core->sessions); i++) {
        struct session *session = sessions_at(core->sessions, i);
        bool owes = outbox_waits_closed(session->outbox, NULL, NULL);
        if (!session->has_changed && !owes && !session->row_owes)
            continue;
        struct buf value = {0};
        saved_session_put(&value, session);
        sessions_digest(session, digest);
        batch_put(batch, RECORD_SESSION, digest, &value);
        session->has_changed = false;
        session->has_row = true;
        session->row_owes = owes;
    }
}

struct batch *keeper_collect(struct keeper *self)
{
    if (self->is_waiting)
        return NULL;
    struct batch *batch = batch_new();
    for (size_t i = 0; i < self->n_ended; i++)
        batch_put(batch, RECORD_SESSION, self->ended[i], NULL);
    self->n_ended_flying = self->n_ended;
    self->n_flying = 0;
    for (size_t i = 0; i < self->n_changed; i++) {
        self->flying =
            mem_grow(self->flying, self->n_flying, &self->flying_capacity, sizeof *self->flying);
        self->flying[self->n_flying++] = self->changed[i];
        put_listing(self, batch, self->changed[i]);
    }
    self->n_changed = 0;
    put_sources(self, batch);
    put_sessions(batch, self->core);
    if (batch_count(batch) == 0)
        batch_destroy(&batch);
    self->is_waiting = batch != NULL;
    return batch;
}

static void settle_sources(const struct core *core, bool kept)
{
    for (size_t i = 0; i < sources_count(core->sources); i++) {
        struct source *source = sources_at(core->sources, i);
        if (!kept) {
            source->kept_clock_ms = INT64_MIN;
        } else if (source->kept_seq != source->flying_seq) {
            source->kept_seq = source->flying_seq;
            source->ack_due = true;
        }
    }
}

void keeper_settle(struct keeper *self, bool kept)
{
    self->is_waiting = false;
    for (size_t i = 0; i < self->n_flying; i++) {
        struct kept_listing *one = kept_of(self, self->flying[i]);
        if (kept)
            memcpy(one->kept_ms, one->flying_ms, sizeof one->kept_ms);
        else
            note_id(self, self->flying[i]);
    }
    settle_sources(self->core, kept);
    if (kept) {
        self->n_ended -= self->n_ended_flying;
        if (self->n_ended > 0)
            memmove(self->ended, self->ended + self->n_ended_flying,
                    self->n_ended * sizeof *self->ended);
        return;
    }
    for (size_t i = 0; i < sessions_count(self->core->sessions); i++)
        sessions_at(self->core->sessions, i)->has_changed = true;
}

/* ---- out of rows ------------------------------------------------------------------------------
 */

static struct saved_listing *restored_of(struct keeper *self, uint32_t id)
{
    while (self->n_restored <= id) {
        self->restored = mem_grow(self->restored, self->n_restored, &self->restored_capacity,
                                  sizeof *self->restored);
        self->restored[self->n_restored++] = (struct saved_listing){0};
    }
    return &self->restored[id];
}

static bool restore_listing(struct keeper *self, const struct record *record, keeper_find_fn *find,
                            void *context)
{
    struct saved_listing saved = {0};
    bool is_whole = saved_listing_take(&saved, record, self->core->sources, find, context);
    if (saved.listing)
        *restored_of(self, saved.listing->id) = saved;
    return is_whole;
}

static bool restore_bars(struct keeper *self, const struct record *record)
{
    const struct listing *listing = market_find(self->core->market, record->name);
    return listing && listing->id < self->n_restored &&
           saved_listing_take_bars(&self->restored[listing->id], record);
}

static void restore_market(struct keeper *self)
{
    for (size_t id = 0; id < self->n_restored; id++)
        if (self->restored[id].listing)
            saved_listing_restore(&self->restored[id], self->core->market,
                                  kept_of(self, (uint32_t)id)->kept_ms);
    forget_restored(self);
}

bool keeper_restore(struct keeper *self, const struct record *record, keeper_find_fn *find,
                    void *context, struct now now)
{
    if (!record) {
        restore_market(self);
        return true;
    }
    switch (record->kind) {
    case RECORD_SOURCE:
        return saved_source_restore(self->core, record, find, context);
    case RECORD_LISTING:
        return restore_listing(self, record, find, context);
    case RECORD_BARS:
        return restore_bars(self, record);
    default:
        return saved_session_restore(self->core, record->name, &record->value, now);
    }
}
