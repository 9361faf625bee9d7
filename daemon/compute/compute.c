#include "daemon/compute/compute.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "daemon/compute/inside.h"
#include "daemon/options/value.h"

_Static_assert(FIELD_ATM_IV - FIELD_IV + 1 == VALUE_SOURCES,
               "fields lie as value_sources gives them");

struct compute *compute_new(struct market *market)
{
    struct compute *self = mem_alloc_zero(1, sizeof *self);
    self->market = market;
    return self;
}

void compute_destroy(struct compute **self)
{
    if (!*self)
        return;
    assert(!(*self)->plans);
    free(*self);
    *self = NULL;
}

size_t compute_n_instances(const struct compute *self)
{
    return self->n_instances;
}

uint64_t compute_n_replayed(const struct compute *self)
{
    return self->n_replayed;
}

/* ---- plans ------------------------------------------------------------------------------------
 */

static uint64_t plan_key(const struct listing *listing, enum timeframe timeframe)
{
    return (uint64_t)listing->id * TIMEFRAME_COUNT + (uint64_t)timeframe;
}

struct plan *compute_find_plan(struct compute *self, const struct listing *listing,
                               enum timeframe timeframe)
{
    struct plan *plan;
    uint64_t key = plan_key(listing, timeframe);
    HASH_FIND(hh, self->plans, &key, sizeof key, plan);
    return plan;
}

struct plan *compute_acquire_plan(struct compute *self, struct listing *listing,
                                  enum timeframe timeframe)
{
    struct plan *plan = compute_find_plan(self, listing, timeframe);
    if (!plan) {
        plan = mem_alloc_zero(1, sizeof *plan);
        plan->compute = self;
        plan->listing = listing;
        plan->timeframe = timeframe;
        plan->series = market_acquire_series(self->market, listing, timeframe);
        plan->key = plan_key(listing, timeframe);
        series_closed(plan->series, &plan->n_closed);
        HASH_ADD(hh, self->plans, key, sizeof plan->key, plan);
    }
    plan->users++;
    return plan;
}

void compute_release_plan(struct plan **plan)
{
    struct plan *self = *plan;
    *plan = NULL;
    if (!self || --self->users > 0)
        return;
    assert(self->n == 0);
    HASH_DEL(self->compute->plans, self);
    market_release_series(self->compute->market, self->listing, self->timeframe);
    free(self->instances);
    free(self->ahead);
    free(self->wanted);
    free(self);
}

struct listing *plan_listing(const struct plan *self)
{
    return self->listing;
}

struct series *plan_series(const struct plan *self)
{
    return self->series;
}

enum timeframe plan_timeframe(const struct plan *self)
{
    return self->timeframe;
}

void plan_set_user(struct plan *self, void *user)
{
    self->user = user;
}

void *plan_user(const struct plan *self)
{
    return self->user;
}

size_t plan_n_instances(const struct plan *self)
{
    return self->n;
}

struct instance *plan_instance(const struct plan *self, size_t i)
{
    return self->instances[i];
}

int64_t plan_bar_end(const struct plan *self, const struct bar *bar)
{
    int64_t start_ms, end_ms = INT64_MIN;
    series_bounds(self->series, bar->start_ms, &start_ms, &end_ms);
    return end_ms;
}

unsigned node_wants_values(const struct node *node)
{
    unsigned values = 0;
    for (size_t i = 0; i < node->n_inputs; i++)
        if (!node->inputs[i].from && node->inputs[i].field >= FIELD_IV &&
            node->inputs[i].field < FIELD_COUNT)
            values |= 1u << (node->inputs[i].field - FIELD_IV);
    return values;
}

struct fields plan_fields(const struct plan *self, const struct bar *bar, bool closed,
                          unsigned values)
{
    struct fields fields =
        fields_of_bar(bar, calendar_trading_day(self->listing->calendar, bar->start_ms));
    if (values) {
        struct moment moment = {bar->last_ms, closed ? plan_bar_end(self, bar) : INT64_MAX};
        value_sources(self->listing, bar, moment, values, &fields.at[FIELD_IV]);
    }
    return fields;
}

/* ---- instances --------------------------------------------------------------------------------
 */

const struct spec *instance_spec(const struct instance *self)
{
    return self->spec;
}

bool instance_needs(const struct instance *self, const struct instance *other)
{
    if (self == other || (self->higher && instance_needs(self->higher, other)))
        return true;
    for (size_t i = 0; i < self->node.n_inputs; i++) {
        const struct node *from = self->node.inputs[i].from;
        if (from && instance_needs(instance_of(from), other))
            return true;
    }
    return false;
}

const struct buf *instance_text(struct instance *self)
{
    if (self->text_stamp != self->plan->stamp) {
        buf_reset(&self->text);
        node_put_values(&self->node, &self->text);
        self->text_stamp = self->plan->stamp;
    }
    return &self->text;
}

size_t instance_bars_missing(const struct instance *self)
{
    if (self->higher)
        return instance_bars_missing(self->higher);
    size_t needed = self->node.row->defined_bars(self->node.params), has = self->node.n_committed;
    if (has >= needed)
        return 0;
    size_t before = 0; /* its sources warm up first, and the last bar of that is its own first */
    for (size_t i = 0; i < self->node.n_inputs; i++) {
        const struct node *from = self->node.inputs[i].from;
        size_t bars = from ? instance_bars_missing(instance_of(from)) : 0;
        before = bars > before ? bars : before;
    }
    return needed - has + before - (before > 0);
}

static struct instance *find_instance(const struct plan *self, const char *key)
{
    struct instance *instance;
    HASH_FIND_STR(self->by_key, key, instance);
    return instance;
}

static void remember_past(struct instance *self, int64_t end_ms)
{
    size_t kept = self->n_past < PAST_KEPT ? self->n_past : PAST_KEPT - 1;
    memmove(&self->past[1], &self->past[0], kept * sizeof *self->past);
    self->past[0].end_ms = end_ms;
    memcpy(self->past[0].values, self->closed_values, sizeof self->past[0].values);
    self->n_past = kept + 1;
}

/* Ties an instance to the same computation on a longer timeframe. */
static void follow_higher(struct instance *self, const struct spec *spec)
{
    struct spec *there = spec_copy(spec);
    there->timeframe = TIMEFRAME_NONE;
    self->higher_plan =
        compute_acquire_plan(self->plan->compute, self->plan->listing, spec->timeframe);
    self->higher = plan_acquire_instance(self->higher_plan, there);
    spec_destroy(&there);
    size_t n;
    const struct bar *bars = series_closed(self->higher_plan->series, &n);
    if (self->higher->n_followers++ == 0 && self->higher_plan->n_closed > 0)
        remember_past(self->higher,
                      plan_bar_end(self->higher_plan, &bars[self->higher_plan->n_closed - 1]));
}

static void unfollow_higher(struct instance *self)
{
    if (--self->higher->n_followers == 0)
        self->higher->n_past = 0;
    plan_release_instance(self->higher_plan, &self->higher);
    compute_release_plan(&self->higher_plan);
}

/* The values of the last longer bar that has ended by end_ms. */
static void follow(struct instance *self, int64_t end_ms)
{
    size_t i = 0;
    while (i < self->higher->n_past && self->higher->past[i].end_ms > end_ms)
        i++;
    node_take_values(&self->node, i < self->higher->n_past ? self->higher->past[i].values : NULL);
}

/* What a replay has brought it to is its state from now on. */
static void take_state(struct instance *self, struct replay *replay)
{
    struct node *done = replay_last(replay);
    void *fresh = self->node.state;
    self->node.state = done->state;
    self->node.n_committed = done->n_committed;
    memcpy(self->node.values, done->values, sizeof done->values);
    memcpy(self->closed_values, done->values, sizeof done->values);
    done->state = fresh;
    self->plan->n_ahead = 0;
}

/* Not warm yet, and not among the plan's instances. */
static struct instance *make_instance(struct plan *self, const struct spec *spec, char *key)
{
    struct instance *instance = mem_alloc_zero(1, sizeof *instance);
    instance->plan = self;
    instance->key = key;
    instance->spec = spec_copy(spec);
    node_init(&instance->node, spec->row, spec->params);
    if (spec->timeframe != TIMEFRAME_NONE)
        follow_higher(instance, spec);
    for (size_t i = 0; i < instance->node.n_inputs && !instance->higher; i++) {
        const struct spec_source *source = &spec->sources[i];
        struct node_input *input = &instance->node.inputs[i];
        input->field = source->field;
        input->output = source->output;
        if (source->nested)
            input->from = &plan_acquire_instance(self, source->nested)->node;
    }
    HASH_ADD_KEYPTR(hh, self->by_key, instance->key, strlen(instance->key), instance);
    instance->warming = replay_new(self, &instance, 1);
    return instance;
}

static void enlist(struct plan *self, struct instance *instance)
{
    self->values |= node_wants_values(&instance->node);
    self->instances =
        mem_grow(self->instances, self->n, &self->capacity, sizeof(struct instance *));
    self->instances[self->n++] = instance;
    self->compute->n_instances++;
}

static void unlist(struct plan *self, const struct instance *instance)
{
    size_t at = 0;
    while (self->instances[at] != instance)
        at++;
    memmove(&self->instances[at], &self->instances[at + 1],
            (--self->n - at) * sizeof(struct instance *));
    self->compute->n_instances--;
    self->values = 0;
    for (size_t i = 0; i < self->n; i++)
        self->values |= node_wants_values(&self->instances[i]->node);
}

bool instance_warm_up(struct instance *self)
{
    if (!self->warming)
        return true;
    if (!replay_is_sound(self->warming)) {
        replay_destroy(&self->warming);
        self->warming = replay_new(self->plan, &self, 1);
    }
    if (!replay_step(self->warming, SIZE_MAX))
        return false;
    take_state(self, self->warming);
    replay_destroy(&self->warming);
    enlist(self->plan, self);
    return true;
}

struct instance *plan_begin_instance(struct plan *self, const struct spec *spec)
{
    struct buf key = {0};
    spec_put_key(spec, &key);
    struct instance *instance = find_instance(self, key.data);
    if (instance)
        buf_destroy(&key);
    else
        instance = make_instance(self, spec, key.data);
    instance->users++;
    return instance;
}

struct instance *plan_acquire_instance(struct plan *self, const struct spec *spec)
{
    struct instance *instance = plan_begin_instance(self, spec);
    while (!instance_warm_up(instance))
        continue;
    return instance;
}

void plan_release_instance(struct plan *self, struct instance **instance)
{
    struct instance *gone = *instance;
    *instance = NULL;
    if (!gone || --gone->users > 0)
        return;
    if (!gone->warming)
        unlist(self, gone);
    HASH_DEL(self->by_key, gone);
    replay_destroy(&gone->warming);
    for (size_t i = 0; i < gone->node.n_inputs; i++) {
        struct instance *from = instance_of(gone->node.inputs[i].from);
        if (from)
            plan_release_instance(self, &from);
    }
    if (gone->higher)
        unfollow_higher(gone);
    node_clear(&gone->node);
    buf_destroy(&gone->text);
    spec_destroy(&gone->spec);
    free(gone->key);
    free(gone);
}

/* ---- values -----------------------------------------------------------------------------------
 */

void plan_commit(struct plan *self, const struct bar *bar)
{
    struct fields fields = plan_fields(self, bar, true, self->values);
    int64_t end_ms = plan_bar_end(self, bar);
    for (size_t i = 0; i < self->n; i++) {
        struct instance *instance = self->instances[i];
        if (instance->higher)
            follow(instance, end_ms);
        else
            node_commit(&instance->node, &fields);
        memcpy(instance->closed_values, instance->node.values, sizeof instance->closed_values);
        if (instance->n_followers > 0)
            remember_past(instance, end_ms);
    }
    self->n_closed++;
    self->n_ahead = 0;
    self->stamp++;
}

static void warm_anew(struct instance *self)
{
    struct replay *replay = replay_new(self->plan, &self, 1);
    while (!replay_step(replay, SIZE_MAX))
        continue;
    take_state(self, replay);
    replay_destroy(&replay);
}

/* Warms each instance by itself, as a new one is: one that follows a longer timeframe finds all of
 * its past there, not only the last bars. */
void plan_restart(struct plan *self, size_t n_closed)
{
    self->n_closed = n_closed;
    self->n_restarts++;
    for (size_t i = 0; i < self->n; i++) {
        struct instance *instance = self->instances[i];
        instance->n_past = 0;
        warm_anew(instance);
        size_t n;
        const struct bar *bars = series_closed(self->series, &n);
        if (instance->n_followers > 0 && n_closed > 0)
            remember_past(instance, plan_bar_end(self, &bars[n_closed - 1]));
    }
    self->stamp++;
}

/* Carries every node's `ahead` through the first `index` open bars, unless it is there already. */
static void go_ahead(struct plan *self, const struct open_bar *open, size_t index)
{
    bool same = self->n_ahead == index;
    for (size_t i = 0; i < index && same; i++)
        same = memcmp(&self->ahead[i], &open[i].bar, sizeof open[i].bar) == 0;
    if (same)
        return;
    for (size_t i = 0; i < self->n; i++)
        node_begin_ahead(&self->instances[i]->node);
    self->n_ahead = 0;
    for (size_t k = 0; k < index; k++) {
        struct fields fields = plan_fields(self, &open[k].bar, false, self->values);
        for (size_t i = 0; i < self->n; i++) {
            if (self->instances[i]->higher)
                follow(self->instances[i], open[k].end_ms);
            else
                node_commit_ahead(&self->instances[i]->node, &fields);
        }
        self->ahead =
            mem_grow(self->ahead, self->n_ahead, &self->ahead_capacity, sizeof *self->ahead);
        self->ahead[self->n_ahead++] = open[k].bar;
    }
}

void plan_want_nothing(struct plan *self)
{
    self->n_wants++;
    self->n_wanted = 0;
}

void plan_want(struct plan *self, struct instance *instance)
{
    const struct node *node = &instance->node;
    if (instance->wanted == self->n_wants)
        return;
    instance->wanted = self->n_wants;
    for (size_t k = 0; k < node->n_inputs; k++)
        if (node->inputs[k].from)
            plan_want(self, instance_of(node->inputs[k].from));
    self->wanted =
        mem_grow(self->wanted, self->n_wanted, &self->wanted_capacity, sizeof(struct instance *));
    self->wanted[self->n_wanted++] = instance;
}

void plan_form_wanted(struct plan *self, size_t index)
{
    size_t n_open;
    const struct open_bar *open = series_open(self->series, &n_open);
    assert(index < n_open);
    struct fields fields = plan_fields(self, &open[index].bar, false, self->values);
    if (index > 0)
        go_ahead(self, open, index);
    for (size_t i = 0; i < self->n_wanted; i++) {
        struct instance *one = self->wanted[i];
        if (one->higher)
            follow(one, open[index].end_ms);
        else if (index > 0)
            node_peek_ahead(&one->node, &fields);
        else
            node_peek(&one->node, &fields);
    }
    self->stamp++;
}

void plan_recall(struct plan *self)
{
    for (size_t i = 0; i < self->n; i++)
        memcpy(self->instances[i]->node.values, self->instances[i]->closed_values,
               sizeof self->instances[i]->closed_values);
    self->stamp++;
}

void plan_check(const struct plan *self)
{
    for (size_t i = 0; i < self->n; i++) {
        const struct instance *instance = self->instances[i];
        unsigned dependents = 0;
        for (size_t j = 0; j < self->n; j++)
            for (size_t k = 0; k < self->instances[j]->node.n_inputs; k++)
                if (self->instances[j]->node.inputs[k].from == &instance->node) {
                    assert(j > i && "a source comes before what uses it");
                    dependents++;
                }
        assert(instance->users >= dependents + instance->n_followers && instance->users > 0);
    }
}
