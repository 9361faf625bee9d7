/* shown - which streams are on the screen. A session may have others; they are not printed. Pure.
 */
#ifndef INDSUB_CLI_SHOWN_H
#define INDSUB_CLI_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a stream is to be shown. */
struct shown_manner {
    bool closed_only;
    bool is_awaited; /* the command that shows it goes on until it ends */
    uint64_t left;   /* bars to print before it ends; UINT64_MAX: until it is stopped */
};

struct shown_stream {
    char *symbol, *timeframe;
    struct shown_manner manner;
};

/* Start with {0}. */
struct shown {
    struct shown_stream *items;
    size_t n, capacity;
};

/* Shows a stream from now on, in place of what was said of it before. */
void shown_add(struct shown *self, const char *symbol, const char *timeframe,
               struct shown_manner manner);
/* True while one is shown that is awaited. */
bool shown_is_awaited(const struct shown *self);
/* True if a bar is to be printed; it counts. */
bool shown_take(struct shown *self, const char *symbol, const char *timeframe, bool closed,
                bool is_snapshot);
/* Ends one that is shown; or, with NULL, all of them. */
void shown_stop(struct shown *self, const char *symbol, const char *timeframe);
void shown_destroy(struct shown *self);

#endif
