/* intake - what feeds give, taken through all stages in their order.
 *
 *      tick, bar, clock ──► market ──► touched ──┬──► delivery: values, bodies, outboxes
 *                                                ├──► keeper: what has to be kept anew
 *                                                └──► publisher: what everybody may have
 *
 * Several sources may give one symbol. One of them leads it; what the others give is held, until
 * the leader has given the same moment too (then it is forgotten), or has not given it for too long
 * (then another one leads from there on): so nothing counts twice, and nothing is missing.
 *
 * A source that falls silent has its bars closed by the wall clock, and its watchers told. */
#ifndef INDSUB_ENGINE_INTAKE_H
#define INDSUB_ENGINE_INTAKE_H

#include "daemon/engine/publisher.h"
#include "daemon/keep/keeper.h"

struct intake;

/* Keeps all three; keeper is NULL where nothing is kept. */
struct intake *intake_new(struct core *core, struct keeper *keeper, struct publisher *publisher);
void intake_destroy(struct intake **self);

/* The listing of a symbol, made if it is new; NULL if that is no symbol. */
struct listing *intake_find_listing(struct intake *self, const char *symbol);

/* What a source gives, taken through all stages. A tick or bar that stands by is taken, too. Bars
 * of one time that come one after another are one moment, as of an underlying and its options: the
 * market has them all before the stages behind it have any. The moment ends with what comes next of
 * another time, and at the latest with its message. */
enum reject intake_take_tick(struct intake *self, struct source *source, const char *symbol,
                             const struct tick *tick, struct now now);
enum reject intake_take_bar(struct intake *self, struct source *source, const char *symbol,
                            enum timeframe timeframe, const struct bar *bar, struct now now);
void intake_take_clock(struct intake *self, const struct source *source, int64_t clock_ms,
                       struct now now);
/* No more bars of the moment come. */
void intake_end_moment(struct intake *self, struct now now);
/* A whole message of the source has been taken, whatever was in it: it is not silent. */
void intake_note_message(struct intake *self, struct source *source, struct now now);

/* To be called now and then: closes what is due of silent sources, and tells of those that have
 * been silent for too long. */
void intake_look_after_silent(struct intake *self, struct now now);

#endif
