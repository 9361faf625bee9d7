/* simulate - a market of our own: two indexes, futures and option chains on the first.
 *
 * The whole course of it follows from the seed: prices walk, the chain that expires next is priced
 * by Black's formula with a volatility smile, open interest drifts. Has no clock: each step moves
 * market time on by a fixed span, from one session's open to its close and on to the next one's.
 * Options are listed for a quarter of a year; beyond it the indexes trade alone. */
#ifndef INDSUB_FEED_SIMULATE_H
#define INDSUB_FEED_SIMULATE_H

#include "common/protocol/tick.h"
#include "daemon/market/instrument.h"

struct simulation;

typedef void simulation_tick_fn(void *context, const char *symbol, const struct tick *tick);
typedef void simulation_bar_fn(void *context, const char *symbol, const struct bar *bar);

/* A market that stands at Tuesday 4 November 2025, 11:00 in Kolkata, and moves by step_ms a step.
 */
struct simulation *simulation_new(uint64_t seed, int64_t step_ms);
void simulation_destroy(struct simulation **self);

/* Adds its symbols, those that are not there yet. */
void simulation_add_instruments(const struct simulation *self, struct instruments *instruments);

/* Gives the minute bars of the indexes for the five sessions before, and of the running day. To be
 * called once, before the first step. */
void simulation_history(struct simulation *self, simulation_bar_fn *fn, void *context);

/* One step: a tick of each index and of the next future, and of some of the next options in turn.
 */
void simulation_step(struct simulation *self, simulation_tick_fn *fn, void *context);

#endif
