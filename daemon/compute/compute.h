/* compute - each indicator once, however many ask for it.
 *
 *      plan (NIFTY50 5min)
 *        ├ instance RSI(14)            2 users: a view, and the SMA below
 *        └ instance SMA(9, of RSI(14)) 1 user
 *
 * A plan is a series that somebody watches; its instances stand in an order in which every one
 * comes after what it takes as its source. An instance lives while its count is above zero, and is
 * warmed with all the closed bars that are kept, so that it does not matter when it was started.
 *
 * An instance of a longer timeframe (EMA(50,timeframe=1h) on 5min) is computed on that timeframe's
 * plan; here stands one that follows it, with the values of the last longer bar that has closed.
 *
 * While a bar is pending (its end has passed, its lateness has not) the next one already forms. Its
 * values are computed on a copy of the state that is `ahead` by the pending bars; the copy is made
 * once a bar, not once a tick. */
#ifndef INDSUB_COMPUTE_COMPUTE_H
#define INDSUB_COMPUTE_COMPUTE_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/indicators/spec.h"
#include "daemon/market/market.h"

struct compute;
struct plan;
struct instance;

/* Keeps the market. */
struct compute *compute_new(struct market *market);
/* Every plan must have been released. */
void compute_destroy(struct compute **self);
size_t compute_n_instances(const struct compute *self);
/* How many bars of the past instances have been carried through, to warm them and for histories,
 * and what options give to them counted as the work that it is: what requests have cost beside
 * their text. */
uint64_t compute_n_replayed(const struct compute *self);

/* The plan of a symbol and timeframe; released once for each acquire. */
struct plan *compute_acquire_plan(struct compute *self, struct listing *listing,
                                  enum timeframe timeframe);
void compute_release_plan(struct plan **plan);

struct listing *plan_listing(const struct plan *self);
struct series *plan_series(const struct plan *self);
enum timeframe plan_timeframe(const struct plan *self);
/* A pointer that whoever fans the values out may leave with the plan; NULL to begin with. */
void plan_set_user(struct plan *self, void *user);
void *plan_user(const struct plan *self);
struct plan *compute_find_plan(struct compute *self, const struct listing *listing,
                               enum timeframe timeframe);

/* The instance of a spec (borrowed), started and warmed if it is new. Released once for each
 * acquire; *instance is NULL afterwards. */
struct instance *plan_acquire_instance(struct plan *self, const struct spec *spec);
void plan_release_instance(struct plan *self, struct instance **instance);
/* The same for whoever cannot wait: it is acquired, but perhaps not warm, and until it is nothing
 * may be asked of it. All that it takes as a source should be warm: what is not is warmed here. */
struct instance *plan_begin_instance(struct plan *self, const struct spec *spec);
/* Goes on with that for a bit. True when it is warm. */
bool instance_warm_up(struct instance *self);
size_t plan_n_instances(const struct plan *self);
struct instance *plan_instance(const struct plan *self, size_t i);

const struct spec *instance_spec(const struct instance *self);
/* True if it is the other one, takes it as a source or follows it, directly or through others. */
bool instance_needs(const struct instance *self, const struct instance *other);

/* What a touched item means for this plan's instances. Afterwards their values are those of the
 * item's bar. TOUCHED_REBASED: all start anew, and take the first n_closed bars that are left. */
void plan_restart(struct plan *self, size_t n_closed);
/* TOUCHED_CLOSED: all move on by the bar. */
void plan_commit(struct plan *self, const struct bar *bar);
/* TOUCHED_FORMING: the values are those that there would be if open bar `index` closed as it is, of
 * some instances alone: begin with plan_want_nothing, name each that is wanted (what it needs is
 * then wanted, too), and form. The others' values mean nothing until the next item. */
void plan_want_nothing(struct plan *self);
void plan_want(struct plan *self, struct instance *instance);
void plan_form_wanted(struct plan *self, size_t index);
/* Makes the values those of the newest closed bar again. */
void plan_recall(struct plan *self);

/* The values as JSON text, as the protocol has them; made once for each commit or form. Borrowed.
 */
const struct buf *instance_text(struct instance *self);

/* Bars that are still missing until every output is defined; 0 when it is warm. */
size_t instance_bars_missing(const struct instance *self);

/* Called for each bar of a replay; texts[i] is instance i's value as JSON. */
typedef void plan_replay_fn(void *context, const struct bar *bar, const struct buf *texts);

/* Instances computed again over the closed bars from the first one on, for whoever wants to know
 * what they were; a bit at a time. Nothing of the plan changes. The instances must be there for as
 * long. */
struct replay;
struct replay *plan_begin_replay(const struct plan *self, struct instance *const *instances,
                                 size_t n);
void replay_destroy(struct replay **self);
/* Goes on for a bit, and calls back for bars with index first..last-1 (SIZE_MAX: to the newest).
 * True when it has come there. */
bool replay_go_on(struct replay *self, size_t first, size_t last, plan_replay_fn *fn,
                  void *context);
/* False when bars have gone from the history since it began: then it is of no use. */
bool replay_is_sound(const struct replay *self);

/* Recounts users and order. Aborts at the first disagreement. For tests. */
void plan_check(const struct plan *self);

#endif
