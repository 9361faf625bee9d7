/* inside - what compute's own files know of plans and instances.
 *
 *      compute.c   plans and instances: who uses them, what a bar does to them
 *      replay.c    the past of an instance, computed again beside what runs
 *      node        one indicator at work, which both are made of
 */
#ifndef INDSUB_COMPUTE_INSIDE_H
#define INDSUB_COMPUTE_INSIDE_H

#include <uthash.h>

#include "daemon/compute/compute.h"
#include "daemon/compute/node.h"

/* What an instance gave at the close of a bar: for those that follow it on shorter timeframes. */
struct past {
    int64_t end_ms;
    double values[INDICATOR_OUTPUTS_MAX];
};

/* How many of its newest closed bars an instance remembers for its followers. Longer timeframes are
 * worked off first, so when a shorter bar is, longer ones may have closed that end after it. In one
 * call of the market no more than these do. */
enum { PAST_KEPT = 4 };

struct instance {
    struct node node; /* first: a node's address is its instance's, see instance_of */
    struct spec *spec;
    char *key;
    unsigned users; /* acquires, and instances that take it as a source */
    double closed_values[INDICATOR_OUTPUTS_MAX];
    struct buf text;
    uint64_t text_stamp; /* the plan's stamp when text was made */
    struct plan *plan;

    struct plan *higher_plan; /* acquired: of an instance that follows one on a longer timeframe */
    struct instance *higher;  /* acquired there: its closed values are this one's */
    unsigned n_followers;     /* of this one */
    struct past past[PAST_KEPT]; /* newest first, while it is followed */
    size_t n_past;
    uint64_t wanted;        /* the plan's n_wants at the time when it was wanted last */
    struct replay *warming; /* NULL: it is warm, and one of the plan's instances */
    UT_hash_handle hh;
};

struct plan {
    struct compute *compute;
    struct listing *listing;
    enum timeframe timeframe;
    struct series *series;
    unsigned values; /* of what options give, those that some instance takes: 1 << VALUE_... */
    unsigned users;
    void *user;
    struct instance **instances; /* sources first */
    size_t n, capacity;
    struct instance *by_key;  /* these, and those that are not warm yet */
    uint64_t n_wants;         /* how often plan_want_nothing has been called */
    struct instance **wanted; /* since then, sources first */
    size_t n_wanted, wanted_capacity;
    size_t n_closed; /* bars committed since the last restart */
    uint64_t n_restarts;
    uint64_t stamp;    /* moves on with every change of values */
    struct bar *ahead; /* the pending bars that the nodes' ahead has seen */
    size_t n_ahead, ahead_capacity;
    uint64_t key; /* listing and timeframe */
    UT_hash_handle hh;
};

struct compute {
    struct market *market; /* kept */
    struct plan *plans;
    size_t n_instances;
    uint64_t n_replayed;
};

/* The instance whose node it is. */
static inline struct instance *instance_of(const struct node *node)
{
    return (struct instance *)(uintptr_t)node;
}

/* When a bar of the plan's series ends. */
int64_t plan_bar_end(const struct plan *self, const struct bar *bar);
/* Of what options give, those that a node takes. */
unsigned node_wants_values(const struct node *node);
/* A bar's numbers as fields, and of what options give those values; the others are undefined. */
struct fields plan_fields(const struct plan *self, const struct bar *bar, bool closed,
                          unsigned values);

/* Carries instances, from the first bar on, through the closed bars that their plan has committed:
 * computed beside what they take their inputs from, all of which stays as it is. */
struct replay *replay_new(const struct plan *plan, struct instance *const *instances, size_t n);
/* Goes on by a bit, what is followed on longer timeframes first. True when bar `last` - 1 is done,
 * or the newest. */
bool replay_step(struct replay *self, size_t last);
/* The node of the last of the instances, after what has been done. */
struct node *replay_last(const struct replay *self);

#endif
