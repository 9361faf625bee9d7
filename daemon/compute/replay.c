#include "daemon/compute/inside.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "daemon/options/value.h"

/* All that a followed instance has given, for a replay of one that follows it. */
struct track {
    struct past *steps;     /* by end */
    size_t n, capacity, at; /* the first `at` have ended by the bar at hand */
};

/* Fresh nodes for some instances and all that they need, in the plan's order. */
struct replay {
    const struct plan *plan;
    struct node *nodes;
    struct track *tracks; /* one a node, of those that follow */
    struct instance **of; /* the instance that each node stands for */
    size_t n;
    unsigned values;         /* of what options give, those that they take */
    size_t value_steps;      /* what they are of work, a bar */
    int64_t values_since_ms; /* before which they are not defined */
};

static struct track record_track(const struct instance *followed);

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
        self->tracks[self->n] = record_track(instance->higher);
    for (size_t k = 0; k < model->n_inputs; k++) {
        node->inputs[k] = model->inputs[k];
        if (model->inputs[k].from) {
            const struct instance *from = instance_of(model->inputs[k].from);
            node->inputs[k].from = &self->nodes[replay_find(self, from)];
        }
    }
    self->of[self->n++] = instance;
}

static void replay_begin(struct replay *self, const struct plan *plan,
                         struct instance *const *instances, size_t n)
{
    *self = (struct replay){.plan = plan};
    self->nodes = mem_alloc_zero(plan->n, sizeof *self->nodes);
    self->tracks = mem_alloc_zero(plan->n, sizeof *self->tracks);
    self->of = mem_alloc_zero(plan->n, sizeof *self->of);
    for (size_t i = 0; i < n; i++)
        replay_add(self, instances[i]);
    for (size_t i = 0; i < self->n; i++)
        self->values |= node_wants_values(&self->nodes[i]);
    self->value_steps = value_steps(plan->listing, self->values);
    self->values_since_ms = value_since(plan->listing, self->values);
}

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

/* Takes the next of n bars, as many as make a run, and gives how many those are. */
static size_t replay_run(const struct replay *self, const struct bar *bars, size_t n)
{
    struct fields fields[NODE_RUN];
    if (n > NODE_RUN)
        n = NODE_RUN;
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

static void replay_end(struct replay *self)
{
    for (size_t i = 0; i < self->n; i++) {
        node_clear(&self->nodes[i]);
        free(self->tracks[i].steps);
    }
    free(self->nodes);
    free(self->tracks);
    free(self->of);
}

/* Replays a run, and adds what the followed instance gives to its track. */
static size_t record_run(struct track *track, const struct replay *replay,
                         const struct instance *followed, const struct bar *bars, size_t n)
{
    struct node *node = &replay->nodes[replay_find(replay, followed)];
    n = replay_run(replay, bars, n);
    for (size_t k = 0; k < n; k++) {
        node_recall(node, k);
        track->steps = mem_grow(track->steps, track->n, &track->capacity, sizeof *track->steps);
        track->steps[track->n].end_ms = plan_bar_end(replay->plan, &bars[k]);
        memcpy(track->steps[track->n++].values, node->values, sizeof node->values);
    }
    return n;
}

static struct track record_track(const struct instance *followed)
{
    struct track track = {0};
    struct instance *one = (struct instance *)(uintptr_t)followed;
    const struct plan *plan = followed->plan;
    size_t n;
    const struct bar *bars = series_closed(plan->series, &n);
    struct replay replay;
    replay_begin(&replay, plan, &one, 1);
    if (n > plan->n_closed)
        n = plan->n_closed;
    for (size_t k = 0; k < n;)
        k += record_run(&track, &replay, followed, &bars[k], n - k);
    replay_end(&replay);
    return track;
}

void plan_replay(const struct plan *self, struct instance *const *instances, size_t n, size_t first,
                 size_t last, plan_replay_fn *fn, void *context)
{
    size_t n_bars;
    const struct bar *bars = series_closed(self->series, &n_bars);
    if (last > n_bars)
        last = n_bars;
    struct replay replay;
    replay_begin(&replay, self, instances, n);
    size_t *node_of = mem_alloc_zero(n, sizeof *node_of);
    struct buf *texts = mem_alloc_zero(n, sizeof *texts);
    for (size_t i = 0; i < n; i++)
        node_of[i] = replay_find(&replay, instances[i]);
    for (size_t start = 0, end; start < last; start = end) {
        end = start + replay_run(&replay, &bars[start], last - start);
        for (size_t k = start < first ? first : start; k < end; k++) {
            for (size_t i = 0; i < n; i++) {
                buf_reset(&texts[i]);
                node_recall(&replay.nodes[node_of[i]], k - start);
                node_put_values(&replay.nodes[node_of[i]], &texts[i]);
            }
            fn(context, &bars[k], texts);
        }
    }
    for (size_t i = 0; i < n; i++)
        buf_destroy(&texts[i]);
    free(texts);
    free(node_of);
    replay_end(&replay);
}

void plan_warm(struct plan *self, struct instance *instance)
{
    size_t n_bars;
    const struct bar *bars = series_closed(self->series, &n_bars);
    struct replay replay;
    replay_begin(&replay, self, &instance, 1);
    if (n_bars > self->n_closed)
        n_bars = self->n_closed;
    for (size_t k = 0; k < n_bars;)
        k += replay_run(&replay, &bars[k], n_bars - k);
    struct node *done = &replay.nodes[replay_find(&replay, instance)];
    void *fresh = instance->node.state;
    instance->node.state = done->state;
    instance->node.n_committed = done->n_committed;
    memcpy(instance->node.values, done->values, sizeof done->values);
    memcpy(instance->closed_values, done->values, sizeof done->values);
    done->state = fresh;
    replay_end(&replay);
    self->n_ahead = 0;
}
