/* indicators - nanoseconds a bar of the indicators' own functions, called through the registry as
 * the daemon does, next to plain loops over arrays; what a long window costs more than a short one;
 * how large the states are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/indicators/spec.h"
#include "tests/bench/measure.h"
#include "tests/bench/reference.h"

enum { PEEKS_A_COMMIT = 1000, ROUNDS = 20, ABREAST = 8, MANY = 64 };

/* One indicator with what it reads and writes, bar by bar, as the engine hands it over. */
struct subject {
    struct spec *spec;
    size_t n_inputs, n_outputs, state_size;
    void *state;
    double *in, *out; /* n bars of n_inputs, of n_outputs */
};

/* ---- series -----------------------------------------------------------------------------------
 */

static double draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (double)(*random >> 11) / 9007199254740992.0;
}

static struct history make_history(size_t n)
{
    struct history bars = {.n = n};
    double **columns[] = {&bars.high, &bars.low, &bars.close, &bars.volume, &bars.scratch};
    uint64_t random = 88172645463325252u;
    double close = 25000;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = mem_alloc_zero(n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        close += floor((draw(&random) - 0.5) * 400 + 0.5) / 20;
        bars.close[i] = close;
        bars.high[i] = close + floor(draw(&random) * 100) / 20;
        bars.low[i] = close - floor(draw(&random) * 100) / 20;
        bars.volume[i] = 75 * floor(1 + draw(&random) * 100);
    }
    return bars;
}

static void destroy_history(struct history *self)
{
    free(self->high);
    free(self->low);
    free(self->close);
    free(self->volume);
    free(self->scratch);
}

static double value_at(const struct history *bars, enum field field, size_t i)
{
    switch (field) {
    case FIELD_HIGH:
        return bars->high[i];
    case FIELD_LOW:
        return bars->low[i];
    case FIELD_VOLUME:
        return bars->volume[i];
    default:
        return bars->close[i];
    }
}

/* ---- subjects ---------------------------------------------------------------------------------
 */

static struct subject make_subject(const char *text, const struct history *bars)
{
    struct subject self = {0};
    struct err err;
    if (spec_parse(text, &self.spec, &err) != ERR_OK)
        die("%s: %s", text, err.message);
    self.n_inputs = indicator_n_inputs(self.spec->row);
    self.n_outputs = indicator_n_outputs(self.spec->row);
    self.state_size = indicator_state_size(self.spec->row, self.spec->params);
    self.state = mem_alloc(self.state_size);
    self.in = mem_alloc_zero(bars->n * self.n_inputs, sizeof *self.in);
    self.out = mem_alloc_zero(bars->n * self.n_outputs, sizeof *self.out);
    for (size_t i = 0; i < bars->n; i++)
        for (size_t k = 0; k < self.n_inputs; k++)
            self.in[i * self.n_inputs + k] = value_at(bars, self.spec->sources[k].field, i);
    return self;
}

static void destroy_subject(struct subject *self)
{
    spec_destroy(&self->spec);
    free(self->state);
    free(self->in);
    free(self->out);
}

static void restart(struct subject *self)
{
    memset(self->state, 0, self->state_size);
    indicator_state_init(self->spec->row, self->spec->params, self->state);
}

static double time_commit(struct subject *self, size_t n)
{
    const struct indicator *row = self->spec->row;
    restart(self);
    uint64_t start_ns = own_cpu_ns();
    for (size_t i = 0; i < n; i++)
        row->commit(self->state, self->in + i * self->n_inputs, self->out + i * self->n_outputs);
    return (double)(own_cpu_ns() - start_ns) / (double)n;
}

/* As a new subscriber's indicator works off the past. */
static double time_commit_many(struct subject *self, size_t n)
{
    restart(self);
    uint64_t start_ns = own_cpu_ns();
    for (size_t i = 0, some; i < n; i += some) {
        some = n - i < MANY ? n - i : MANY;
        indicator_commit_many(self->spec->row, self->state, some, self->in + i * self->n_inputs,
                              self->out + i * self->n_outputs);
    }
    return (double)(own_cpu_ns() - start_ns) / (double)n;
}

/* A bar at a time for several states, as when a bar closes for several symbols: one need not wait
 * for what the other has written. */
static double time_abreast(struct subject *self, size_t n)
{
    const struct indicator *row = self->spec->row;
    void *states[ABREAST];
    for (size_t k = 0; k < ABREAST; k++) {
        states[k] = mem_alloc_zero(self->state_size, 1);
        indicator_state_init(row, self->spec->params, states[k]);
    }
    uint64_t start_ns = own_cpu_ns();
    for (size_t i = 0; i < n / ABREAST; i++)
        for (size_t k = 0; k < ABREAST; k++)
            row->commit(states[k], self->in + i * self->n_inputs, self->out + i * self->n_outputs);
    double ns = (double)(own_cpu_ns() - start_ns) / (double)(n / ABREAST * ABREAST);
    for (size_t k = 0; k < ABREAST; k++)
        free(states[k]);
    return ns;
}

/* Of a state that has seen all the bars and moves on now and then. */
static double time_peek(struct subject *self, size_t n)
{
    const struct indicator *row = self->spec->row;
    uint64_t start_ns = own_cpu_ns();
    for (size_t i = 0; i < n; i++) {
        const double *in = self->in + i * self->n_inputs;
        row->peek(self->state, in, self->out + i * self->n_outputs);
        if (i % PEEKS_A_COMMIT == 0)
            row->commit(self->state, in, self->out + i * self->n_outputs);
    }
    return (double)(own_cpu_ns() - start_ns) / (double)n;
}

/* ---- the reference ----------------------------------------------------------------------------
 */

struct columns {
    double *at[INDICATOR_OUTPUTS_MAX];
};

static struct columns make_columns(size_t n)
{
    struct columns columns;
    for (size_t k = 0; k < INDICATOR_OUTPUTS_MAX; k++)
        columns.at[k] = mem_alloc_zero(n, sizeof(double));
    return columns;
}

static void destroy_columns(struct columns *self)
{
    for (size_t k = 0; k < INDICATOR_OUTPUTS_MAX; k++)
        free(self->at[k]);
}

static double time_reference(const struct formula *formula, const struct history *bars,
                             const double *params, struct columns *columns)
{
    uint64_t start_ns = own_cpu_ns();
    formula->run(bars, params, columns->at);
    return (double)(own_cpu_ns() - start_ns) / (double)bars->n;
}

/* A ratio says something only if both compute the same: the last bars are compared. */
static void compare(const char *text, const struct subject *subject, const struct columns *columns,
                    size_t n)
{
    enum { LAST = 100 };
    for (size_t i = n - LAST; i < n; i++)
        for (size_t k = 0; k < subject->n_outputs; k++) {
            double one = subject->out[i * subject->n_outputs + k], other = columns->at[k][i];
            if (!(fabs(one - other) <= 1e-6 * (1 + fabs(other))))
                die("%s, output %zu, bar %zu: %.17g here, %.17g by the plain loop", text, k, i, one,
                    other);
        }
}

/* ---- how little a call can take ----------------------------------------------------------------
 */

/* The plain formulas a bar at a time: what they keep has been written by the call before, and must
 * have come back from memory. No commit of one bar takes less. */
struct bare {
    double value, factor, past[20];
    size_t at;
};

static void bare_ema(void *state, const double *in, double *out)
{
    struct bare *self = state;
    out[0] = self->value = (in[0] - self->value) * self->factor + self->value;
}

static void bare_sma(void *state, const double *in, double *out)
{
    struct bare *self = state;
    self->value += in[0] - self->past[self->at];
    self->past[self->at] = in[0];
    self->at = self->at + 1 == sizeof self->past / sizeof *self->past ? 0 : self->at + 1;
    out[0] = self->value * self->factor;
}

static double time_bare(void (*step)(void *, const double *, double *), double factor,
                        const struct history *bars)
{
    struct bare bare = {.factor = factor};
    struct indicator row = {.commit = step};
    const struct indicator *volatile called = &row;
    uint64_t start_ns = own_cpu_ns();
    for (size_t i = 0; i < bars->n; i++)
        called->commit(&bare, bars->close + i, bars->scratch + i);
    return (double)(own_cpu_ns() - start_ns) / (double)bars->n;
}

static void report_bare(const char *name, void (*step)(void *, const double *, double *),
                        double factor, const struct history *bars, struct columns *columns)
{
    const struct formula *formula = FORMULAS;
    const double params[] = {20};
    struct best call = {0}, loop = {0};
    char what[96];
    while (strcmp(formula->name, name) != 0)
        formula++;
    for (int round = 0; round < ROUNDS; round++) {
        best_of_least(&call, time_bare(step, factor, bars));
        best_of_least(&loop, time_reference(formula, bars, params, columns));
    }
    snprintf(what, sizeof what, "%s: no more than its formula, a call a bar", formula->short_form);
    report(what, "ns/bar", call.value, loop.value, "");
}

/* ---- measurements -----------------------------------------------------------------------------
 */

struct times {
    struct best commit, many, abreast, peek, reference;
    size_t state_size;
};

static struct times measure(const struct formula *formula, const char *text, struct history bars)
{
    struct times times = {0};
    struct subject subject = make_subject(text, &bars);
    struct columns columns = make_columns(bars.n);
    times.state_size = subject.state_size;
    for (int round = 0; round < ROUNDS; round++) {
        best_of_least(&times.reference,
                      time_reference(formula, &bars, subject.spec->params, &columns));
        best_of_least(&times.commit, time_commit(&subject, bars.n));
        if (round == 0)
            compare(text, &subject, &columns, bars.n);
        best_of_least(&times.many, time_commit_many(&subject, bars.n));
        if (round == 0)
            compare(text, &subject, &columns, bars.n);
        best_of_least(&times.peek, time_peek(&subject, bars.n));
        best_of_least(&times.abreast, time_abreast(&subject, bars.n));
    }
    destroy_columns(&columns);
    destroy_subject(&subject);
    return times;
}

static void report_formula(const struct formula *formula, const struct history *bars)
{
    struct history some = *bars;
    char what[96];
    if (formula->long_n > 0)
        some.n = formula->long_n;
    struct times brief = measure(formula, formula->short_form, *bars),
                 lengthy = measure(formula, formula->long_form, some);
    snprintf(what, sizeof what, "%s: commit, to a plain loop", formula->short_form);
    report(what, "ns/bar", brief.commit.value, brief.reference.value, "<= 1.5");
    snprintf(what, sizeof what, "%s: the same, %d bars in a run", formula->short_form, MANY);
    report(what, "ns/bar", brief.many.value, brief.reference.value, "<= 1.5");
    snprintf(what, sizeof what, "%s: the same, %d abreast", formula->short_form, ABREAST);
    report(what, "ns/bar", brief.abreast.value, brief.reference.value, "<= 1.5");
    snprintf(what, sizeof what, "%s: commit, to a plain loop", formula->long_form);
    report(what, "ns/bar", lengthy.commit.value, lengthy.reference.value, "<= 1.5");
    snprintf(what, sizeof what, "%s: peek, to commit", formula->short_form);
    report(what, "ns/bar", brief.peek.value, brief.commit.value, "<= 1");
    snprintf(what, sizeof what, "%s: commit, to %s", formula->long_form, formula->short_form);
    report(what, "ns/bar", lengthy.commit.value, brief.commit.value, "<= 1");
    snprintf(what, sizeof what, "%s: state", formula->short_form);
    report(what, "bytes", (double)brief.state_size, 0,
           strcmp(formula->name, "RSI") == 0 ? "<= 128" : "");
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    struct history bars = make_history(options.is_short ? 100000 : 1000000);
    for (size_t i = 0; i < formula_count(); i++) {
        if (indicator_find(FORMULAS[i].name))
            report_formula(&FORMULAS[i], &bars);
        else
            fprintf(stderr, "bench: there is no indicator %s\n", FORMULAS[i].name);
    }
    struct columns columns = make_columns(bars.n);
    report_bare("SMA", bare_sma, 1.0 / 20, &bars, &columns);
    report_bare("EMA", bare_ema, 2.0 / 21, &bars, &columns);
    destroy_columns(&columns);
    destroy_history(&bars);
    return EXIT_SUCCESS;
}
