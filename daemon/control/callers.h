/* callers - the connections of a socket. One that has opened nothing is a stranger: it may ask
 * little, and not stay for long. */
#ifndef INDSUB_CONTROL_CALLERS_H
#define INDSUB_CONTROL_CALLERS_H

#include "daemon/control/limits.h"

struct caller {
    uint64_t connection;
    struct bucket requests; /* what it may ask as a stranger */
    struct bucket patience; /* what it may ask beyond that, and is refused; see limits.h */
    bool is_stranger;
    bool is_cut;      /* it is being ended: what still comes from it is not answered */
    int64_t since_ms; /* monotonic; since when it is or is not a stranger */
};

struct callers;

struct callers *callers_new(void);
void callers_destroy(struct callers **self);
size_t callers_count(const struct callers *self);
size_t callers_n_strangers(const struct callers *self);

/* The caller on that connection, begun as a stranger if there is none. Borrowed until it is
 * forgotten. */
struct caller *callers_get(struct callers *self, uint64_t connection, int64_t now_ms);
/* Whether somebody is known on that connection; and is a stranger. */
bool callers_have(const struct callers *self, uint64_t connection);
bool callers_have_stranger(const struct callers *self, uint64_t connection);
/* The connection has ended. Nothing happens if none is known. */
void callers_forget(struct callers *self, uint64_t connection);

/* The caller has opened something (it is no stranger then), or has closed that again. */
void callers_note(struct callers *self, struct caller *caller, bool is_stranger, int64_t now_ms);

/* Who has been a stranger for longest, if that is at least patience_ms; else NULL. */
struct caller *callers_overdue(const struct callers *self, int64_t patience_ms, int64_t now_ms);

#endif
