/* replay - the past of instances, computed again beside what runs: to warm them, and for whoever
 * wants to know what they were. Declared in inside.h and, for others, in compute.h. */
#include "daemon/compute/inside.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "daemon/options/value.h"

/* All that a followed instance has given, for a replay of one that follows it. */
struct track {
    struct replay *source;  /* of the followed one; NULL where none is */
    struct past *steps;     /* by end */
    size_t n, capacity, at; /* the first `at` have ended by the bar at hand */
};

/* Fresh nodes for some instances and all that they need, in the plan's order. */
struct replay {
    const struct plan *plan;
    struct node *nodes;
    struct track *tracks; /* one a node */
    struct instance **of; /* the instance that each node stands for */
    size_t n;
    unsigned values;         /* of what options give, those that they take */
    size_t value_steps;      /* what they are of work, a bar */
    int64_t values_since_ms; /* before which they are not defined */
    size_t n_known;          /* bars that had closed when that was looked up */
    size_t n_done;           /* bars */
    uint64_t n_restarts;     /* of the plan, when it began */
    size_t n_asked;          /* instances whose values are given out: */
    size_t *node_of;         /* their nodes, */
    struct buf *texts;       /* and scratch */
};

static size_t replay_find(const struct replay *self, const struct instance *instance)
{
    size_t i = 0;
    while (i < self->n && self->of[i] != instance)
        i++;
    return i;
}

static void replay_add(struct replay *self, struct instance *instance)
{
    if (replay_find(self, instance) < self->n)
        return;
    const struct node *model = &instance->node;
    for (size_t k = 0; k < model->n_inputs; k++)
        if (model->inputs[k].from)
            replay_add(self, instance_of(model->inputs[k].from));
    struct node *node = &self->nodes[self->n];
    node_init(node, model->row, model->params);
    node_begin_runs(node);
    if (instance->higher)
        self->tracks[self->n].source = replay_new(instance->higher->plan, &instance->higher, 1);
    for (size_t k = 0; k < model->n_inputs; k++) {
        node->inputs[k] = model->inputs[k];
        if (model->inputs[k].from) {
            const struct instance *from = instance_of(model->inputs[k].from);
            node->inputs[k].from = &self->nodes[replay_find(self, from)];
        }
    }
    self->of[self->n++] = instance;
}

static void know_values(struct replay *self)
{
    self->values_since_ms = value_since(self->plan->listing, self->values);
    self->n_known = self->plan->n_closed;
}

struct replay *replay_new(const struct plan *plan, struct instance *const *instances, size_t n)
{
    struct replay *self = mem_alloc_zero(1, sizeof *self);
    size_t most = plan->n + n;
    self->plan = plan;
    self->n_restarts = plan->n_restarts;
    self->nodes = mem_alloc_zero(most, sizeof *self->nodes);
    self->tracks = mem_alloc_zero(most, sizeof *self->tracks);
    self->of = mem_alloc_zero(most, sizeof *self->of);
    for (size_t i = 0; i < n; i++)
        replay_add(self, instances[i]);
    for (size_t i = 0; i < self->n; i++)
        self->values |= node_wants_values(&self->nodes[i]);
    self->value_steps = value_steps(plan->listing, self->values);
    know_values(self);
    return self;
}

struct replay *plan_begin_replay(const struct plan *self, struct instance *const *instances,
                                 size_t n)
{
    struct replay *replay = replay_new(self, instances, n);
    replay->n_asked = n;
    replay->node_of = mem_alloc_zero(n, sizeof *replay->node_of);
    replay->texts = mem_alloc_zero(n, sizeof *replay->texts);
    for (size_t i = 0; i < n; i++)
        replay->node_of[i] = replay_find(replay, instances[i]);
    return replay;
}

void replay_destroy(struct replay **replay)
{
    struct replay *self = *replay;
    *replay = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->n; i++) {
        node_clear(&self->nodes[i]);
        replay_destroy(&self->tracks[i].source);
        free(self->tracks[i].steps);
    }
    for (size_t i = 0; i < self->n_asked; i++)
        buf_destroy(&self->texts[i]);
    free(self->texts);
    free(self->node_of);
    free(self->nodes);
    free(self->tracks);
    free(self->of);
    free(self);
}

bool replay_is_sound(const struct replay *self)
{
    bool is_sound = self->n_restarts == self->plan->n_restarts;
    for (size_t i = 0; i < self->n && is_sound; i++)
        is_sound = !self->tracks[i].source || replay_is_sound(self->tracks[i].source);
    return is_sound;
}

/* ---- a bit ------------------------------------------------------------------------------------
 */

static void follow_track(struct node *node, struct track *track, int64_t end_ms)
{
    while (track->at < track->n && track->steps[track->at].end_ms <= end_ms)
        track->at++;
    node_take_values(node, track->at > 0 ? track->steps[track->at - 1].values : NULL);
    node->n_committed += track->at > 0;
}

static void follow_run(const struct replay *self, size_t i, const struct bar *bars, size_t n)
{
    struct node *node = &self->nodes[i];
    for (size_t k = 0; k < n; k++) {
        follow_track(node, &self->tracks[i], plan_bar_end(self->plan, &bars[k]));
        memcpy(node_run_values(node, k), node->values, node->n_outputs * sizeof *node->values);
    }
}

static struct fields replay_fields(const struct replay *self, const struct bar *bar)
{
    bool is_defined = self->values && plan_bar_end(self->plan, bar) > self->values_since_ms;
    self->plan->compute->n_replayed += self->n + (is_defined ? self->value_steps : 0);
    return plan_fields(self->plan, bar, true, is_defined ? self->values : 0);
}

/* Of n bars as many as can be taken without others waiting for long. */
static size_t run_length(const struct replay *self, size_t n)
{
    enum { STEPS = 256 };
    size_t a_bar = self->n + self->value_steps, most = a_bar > 0 ? STEPS / a_bar : NODE_RUN;
    most = most < 1 ? 1 : most > NODE_RUN ? NODE_RUN : most;
    return n < most ? n : most;
}

/* Takes the next of n bars, as many as make a run, and gives how many those are. */
static size_t replay_run(struct replay *self, const struct bar *bars, size_t n)
{
    struct fields fields[NODE_RUN];
    n = run_length(self, n);
    if (self->values && self->n_done + n > self->n_known) /* a chain may trade by now */
        know_values(self);
    for (size_t k = 0; k < n; k++)
        fields[k] = replay_fields(self, &bars[k]);
    for (size_t i = 0; i < self->n; i++) {
        if (self->of[i]->higher)
            follow_run(self, i, bars, n);
        else
            node_commit_run(&self->nodes[i], fields, n);
    }
    return n;
}

/* The bars that its plan has committed, up to number `last`. */
static const struct bar *bars_up_to(const struct replay *self, size_t last, size_t *n)
{
    const struct bar *bars = series_closed(self->plan->series, n);
    if (*n > self->plan->n_closed)
        *n = self->plan->n_closed;
    if (*n > last)
        *n = last;
    return bars;
}

/* Goes on with what is followed, and adds what that gives to the track. False if there was nothing
 * left to do. */
static bool record_some(struct track *self)
{
    struct replay *source = self->source;
    size_t before = source->n_done, n;
    const struct bar *bars = bars_up_to(source, SIZE_MAX, &n);
    if (before == n)
        return false;
    replay_step(source, SIZE_MAX);
    struct node *followed = replay_last(source);
    for (size_t k = before; k < source->n_done; k++) {
        node_recall(followed, k - before);
        self->steps = mem_grow(self->steps, self->n, &self->capacity, sizeof *self->steps);
        self->steps[self->n].end_ms = plan_bar_end(source->plan, &bars[k]);
        memcpy(self->steps[self->n++].values, followed->values, sizeof followed->values);
    }
    return true;
}

bool replay_step(struct replay *self, size_t last)
{
    size_t n;
    const struct bar *bars = bars_up_to(self, last, &n);
    if (self->n_done >= n)
        return true;
    for (size_t i = 0; i < self->n; i++)
        if (self->tracks[i].source && record_some(&self->tracks[i]))
            return false;
    self->n_done += replay_run(self, &bars[self->n_done], n - self->n_done);
    return self->n_done == n;
}

struct node *replay_last(const struct replay *self)
{
    return &self->nodes[self->n - 1];
}

bool replay_go_on(struct replay *self, size_t first, size_t last, plan_replay_fn *fn, void *context)
{
    size_t before = self->n_done, n;
    bool done = replay_step(self, last);
    const struct bar *bars = bars_up_to(self, last, &n);
    for (size_t k = before < first ? first : before; k < self->n_done; k++) {
        for (size_t i = 0; i < self->n_asked; i++) {
            struct node *node = &self->nodes[self->node_of[i]];
            buf_reset(&self->texts[i]);
            node_recall(node, k - before);
            node_put_values(node, &self->texts[i]);
        }
        fn(context, &bars[k], self->texts);
    }
    return done;
}
