/* attacker - somebody with a token of every kind, in a process of its own, who takes what the
 * limits allow and asks for more. */
#ifndef INDSUB_BENCH_ATTACKER_H
#define INDSUB_BENCH_ATTACKER_H

#include <stdbool.h>

#include "tests/bench/daemon.h"

enum attack {
    ATTACK_CONTROL = 1, /* requests that cost most, a fifth more of them than are allowed */
    ATTACK_FEED = 2,    /* ticks of symbols of its own, as many as are allowed */
    ATTACK_STREAM = 4,  /* as many indicators as are allowed, of what everybody watches; unread */
    ATTACK_FLOOD = 8    /* whatever goes out, from strangers and sessions that are cut off for it */
};

struct attacker;

/* Begins with what there is to be set up, and pauses. */
struct attacker *attacker_start(struct daemon *daemon, unsigned attacks);
void attacker_stop(struct attacker **self);

void attacker_go_on(struct attacker *self);
void attacker_pause(struct attacker *self);

#endif
