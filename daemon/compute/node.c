#include "daemon/compute/node.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

struct fields fields_of_bar(const struct bar *bar, int64_t trading_day)
{
    struct fields fields = {.at = {
                                [FIELD_NONE] = NAN,
                                [FIELD_OPEN] = bar->open,
                                [FIELD_HIGH] = bar->high,
                                [FIELD_LOW] = bar->low,
                                [FIELD_CLOSE] = bar->close,
                                [FIELD_VOLUME] = bar->volume,
                                [FIELD_OI] = bar->oi,
                                [FIELD_HL2] = (bar->high + bar->low) / 2,
                                [FIELD_HLC3] = (bar->high + bar->low + bar->close) / 3,
                                [FIELD_OHLC4] = (bar->open + bar->high + bar->low + bar->close) / 4,
                                [FIELD_DAY] = (double)trading_day,
                            }};
    for (int i = FIELD_IV; i < FIELD_COUNT; i++)
        fields.at[i] = NAN;
    return fields;
}

static void forget(const struct node *self, double *values)
{
    for (size_t i = 0; i < self->n_outputs; i++)
        values[i] = NAN;
}

static void forget_values(struct node *self)
{
    forget(self, self->values);
}

void node_init(struct node *self, const struct indicator *row, const double *params)
{
    *self = (struct node){.row = row,
                          .n_inputs = indicator_n_inputs(row),
                          .n_outputs = indicator_n_outputs(row),
                          .state_size = indicator_state_size(row, params)};
    memcpy(self->params, params, indicator_n_params(row) * sizeof *params);
    self->state = mem_alloc_zero(1, self->state_size);
    indicator_state_init(self->row, self->params, self->state);
    forget_values(self);
}

void node_clear(struct node *self)
{
    free(self->state);
    free(self->ahead);
    free(self->run);
    *self = (struct node){0};
}

/* The inputs of a bar; false if one is undefined. */
static bool gather(const struct node *self, const struct fields *fields, double *in)
{
    for (size_t i = 0; i < self->n_inputs; i++) {
        const struct node_input *input = &self->inputs[i];
        in[i] = input->from ? input->from->values[input->output] : fields->at[input->field];
        if (!isfinite(in[i]))
            return false;
    }
    return true;
}

void node_commit(struct node *self, const struct fields *fields)
{
    double in[INDICATOR_INPUTS_MAX];
    if (!gather(self, fields, in)) {
        forget_values(self);
        return;
    }
    self->row->commit(self->state, in, self->values);
    self->n_committed++;
}

void node_take_values(struct node *self, const double *values)
{
    if (values)
        memcpy(self->values, values, self->n_outputs * sizeof *values);
    else
        forget_values(self);
}

/* ---- runs -------------------------------------------------------------------------------------
 */

void node_begin_runs(struct node *self)
{
    self->run = mem_alloc_zero(NODE_RUN * self->n_outputs, sizeof *self->run);
}

double *node_run_values(const struct node *self, size_t i)
{
    return self->run + i * self->n_outputs;
}

void node_recall(struct node *self, size_t i)
{
    memcpy(self->values, node_run_values(self, i), self->n_outputs * sizeof *self->values);
}

/* The inputs of bar i of a run; false if one is undefined. */
static bool gather_of_run(const struct node *self, const struct fields *fields, size_t i,
                          double *in)
{
    for (size_t k = 0; k < self->n_inputs; k++) {
        const struct node_input *input = &self->inputs[k];
        in[k] = input->from ? node_run_values(input->from, i)[input->output]
                            : fields[i].at[input->field];
        if (!isfinite(in[k]))
            return false;
    }
    return true;
}

void node_commit_run(struct node *self, const struct fields *fields, size_t n)
{
    double in[NODE_RUN * INDICATOR_INPUTS_MAX];
    for (size_t i = 0, gathered = 0; i < n; i += gathered + 1, gathered = 0) {
        while (i + gathered < n &&
               gather_of_run(self, fields, i + gathered, in + gathered * self->n_inputs))
            gathered++;
        indicator_commit_many(self->row, self->state, gathered, in, node_run_values(self, i));
        self->n_committed += gathered;
        if (i + gathered < n)
            forget(self, node_run_values(self, i + gathered));
    }
    node_recall(self, n - 1);
}

/* ---- a bar that forms -------------------------------------------------------------------------
 */

void node_commit_ahead(struct node *self, const struct fields *fields)
{
    double in[INDICATOR_INPUTS_MAX];
    if (gather(self, fields, in))
        self->row->commit(self->ahead, in, self->values);
    else
        forget_values(self);
}

static void peek(struct node *self, const void *state, const struct fields *fields)
{
    double in[INDICATOR_INPUTS_MAX];
    if (gather(self, fields, in))
        self->row->peek(state, in, self->values);
    else
        forget_values(self);
}

void node_peek(struct node *self, const struct fields *fields)
{
    peek(self, self->state, fields);
}

void node_peek_ahead(struct node *self, const struct fields *fields)
{
    peek(self, self->ahead, fields);
}

void node_begin_ahead(struct node *self)
{
    if (!self->ahead)
        self->ahead = mem_alloc(self->state_size);
    indicator_state_copy(self->row, self->params, self->state, self->ahead);
}

void node_put_values(const struct node *self, struct buf *out)
{
    if (self->n_outputs == 1) {
        json_put_number(out, self->values[0]);
        return;
    }
    for (size_t i = 0; i < self->n_outputs; i++) {
        buf_put(out, i == 0 ? "{\"" : ",\"", 2);
        buf_put_text(out, self->row->outputs[i]);
        buf_put(out, "\":", 2);
        json_put_number(out, self->values[i]);
    }
    buf_put_char(out, '}');
}
