/* format - what the daemon says, as text: for people, or as one JSON body a line.
 *
 * Pure: what depends on the terminal and the place is in `look`. Each text is whole lines. */
#ifndef INDSUB_CLI_FORMAT_H
#define INDSUB_CLI_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/client/indsub.h"

struct look {
    size_t width;  /* of a line; 0: any */
    bool coloured; /* with escape sequences */
    bool unicode;
    /* Seconds that local time is ahead of UTC at that time; NULL: none. */
    int32_t (*utc_offset_s)(int64_t ms);
};

struct formatter {
    /* A bar of the stream. */
    void (*update)(struct buf *out, const struct look *look, const indsub_update_t *update);
    /* A good answer to a request. */
    void (*reply)(struct buf *out, const struct look *look, const indsub_reply_t *reply);
    /* What came on the public socket. */
    void (*published)(struct buf *out, const struct look *look, const char *body, size_t size);
};

extern const struct formatter format_table; /* for people */
extern const struct formatter format_json;

#endif
