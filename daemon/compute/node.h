/* node - one indicator at work: its state, where its inputs come from, its newest values.
 *
 * Used by live plans and by replays alike, so both compute the same to the bit. */
#ifndef INDSUB_COMPUTE_NODE_H
#define INDSUB_COMPUTE_NODE_H

#include "common/base/buf.h"
#include "common/indicators/indicator.h"
#include "common/protocol/tick.h"

/* A bar's numbers by enum field. */
struct fields {
    double at[FIELD_COUNT];
};
/* What options give is undefined. */
struct fields fields_of_bar(const struct bar *bar, int64_t trading_day);

enum { NODE_RUN = 64 }; /* bars that are committed at once where a past is worked off */

struct node {
    const struct indicator *row;
    size_t n_inputs, n_outputs, state_size;
    struct node_input {
        enum field field;        /* where from is NULL */
        const struct node *from; /* comes before this node */
        size_t output;
    } inputs[INDICATOR_INPUTS_MAX];
    double params[INDICATOR_PARAMS_MAX];
    double values[INDICATOR_OUTPUTS_MAX]; /* of the newest commit or peek */
    size_t n_committed;                   /* bars that moved the state */
    void *state;                          /* owned: after the last closed bar */
    void *ahead;                          /* owned: after the pending bars too; NULL until needed */
    double *run; /* owned: the values of the newest run, bar by bar; NULL until node_begin_runs */
};

/* A node at "no bar yet"; its inputs are the caller's to fill in. */
void node_init(struct node *self, const struct indicator *row, const double *params);
void node_clear(struct node *self);

/* Moves the state (or, with ahead, the copy) on by a bar and takes its values. A bar on which an
 * input is undefined is no bar for it: the state stays, the values are undefined. */
void node_commit(struct node *self, const struct fields *fields);
void node_commit_ahead(struct node *self, const struct fields *fields);
/* As node_commit for each of n bars in turn, NODE_RUN at most. What the node takes its inputs from
 * must have done the same run. Afterwards the values are those of the last. */
void node_commit_run(struct node *self, const struct fields *fields, size_t n);
/* Before the first run. */
void node_begin_runs(struct node *self);
/* Where the values of bar i of the newest run stand. */
double *node_run_values(const struct node *self, size_t i);
/* Makes the values those of that bar. */
void node_recall(struct node *self, size_t i);
/* Gives it these values (NULL: undefined ones), as of another node that it follows. */
void node_take_values(struct node *self, const double *values);
/* Takes the values without moving anything. */
void node_peek(struct node *self, const struct fields *fields);
void node_peek_ahead(struct node *self, const struct fields *fields);
/* Makes ahead equal to state. */
void node_begin_ahead(struct node *self);

/* Appends values as the protocol has them: a number, or an object by output. */
void node_put_values(const struct node *self, struct buf *out);

#endif
