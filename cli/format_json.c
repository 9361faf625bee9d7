/* format_json - one JSON body a line, as the daemon wrote it. */
#include "cli/format.h"

#include <string.h>

static void put_line(struct buf *out, const char *body, size_t size)
{
    buf_put(out, body, size);
    buf_put_char(out, '\n');
}

static void put_update(struct buf *out, const struct look *look, const indsub_update_t *update)
{
    size_t size;
    const char *body = indsub_update_body(update, &size);
    (void)look;
    put_line(out, body, size);
}

/* A reply that holds bars and nothing else is those bars, so that a bar is a line wherever it comes
 * from. */
static void put_reply(struct buf *out, const struct look *look, const indsub_reply_t *reply)
{
    size_t size;
    const char *body = indsub_reply_body(reply, &size);
    size_t n = indsub_reply_n_updates(reply);
    for (size_t i = 0; i < n; i++)
        put_update(out, look, indsub_reply_update(reply, i));
    if (n == 0 && strcmp(indsub_reply_type(reply), "history") != 0)
        put_line(out, body, size);
}

static void put_published(struct buf *out, const struct look *look, const char *body, size_t size)
{
    (void)look;
    put_line(out, body, size);
}

const struct formatter format_json = {
    .update = put_update,
    .reply = put_reply,
    .published = put_published,
};
