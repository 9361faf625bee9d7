/* callers - the connections of a socket, as long as they last: since when each has been there
 * without having opened anything, and how much it may still ask as a stranger. */
#ifndef INDSUB_CONTROL_CALLERS_H
#define INDSUB_CONTROL_CALLERS_H

#include "daemon/control/limits.h"

struct caller {
    uint64_t connection;
    struct bucket requests, patience;
    bool is_stranger;
    bool is_cut;      /* it is being ended */
    int64_t since_ms; /* a stranger: since when; monotonic */
};

struct callers;

struct callers *callers_new(void);
void callers_destroy(struct callers **self);
size_t callers_count(const struct callers *self);
size_t callers_n_strangers(const struct callers *self);

/* The connection, a stranger if nothing is known of it yet. Borrowed until it goes. */
struct caller *callers_get(struct callers *self, uint64_t connection, int64_t now_ms);
bool callers_have_stranger(const struct callers *self, uint64_t connection);
bool callers_have(const struct callers *self, uint64_t connection);
void callers_forget(struct callers *self, uint64_t connection);

/* It has opened something, or has closed that again. */
void callers_note(struct callers *self, struct caller *caller, bool is_stranger, int64_t now_ms);

/* The one that has been a stranger for longest, if that is at least so long; else NULL. */
struct caller *callers_overdue(const struct callers *self, int64_t patience_ms, int64_t now_ms);

#endif
