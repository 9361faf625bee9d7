#include "daemon/control/history.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct writer {
    struct buf *out, head;
    const struct view *view;
    bool follows; /* another bar, which has been written */
};

static void write_bar(void *context, const struct bar *bar, const struct buf *texts)
{
    struct writer *self = context;
    if (self->follows)
        buf_put_char(self->out, ',');
    self->follows = true;
    buf_reset(&self->head);
    update_put_head(&self->head, plan_listing(self->view->plan), plan_timeframe(self->view->plan),
                    bar, true);
    view_put_update_of(self->view, &self->head, texts, self->out);
}

void history_put(struct buf *out, const struct view *view, size_t first, size_t last)
{
    struct writer writer = {.out = out, .view = view};
    struct instance **instances = mem_alloc_zero(view->n_items, sizeof *instances);
    for (size_t i = 0; i < view->n_items; i++)
        instances[i] = view->items[i].instance;
    buf_put_char(out, '[');
    if (first < last)
        plan_replay(view->plan, instances, view->n_items, first, last, write_bar, &writer);
    buf_put_char(out, ']');
    free(instances);
    buf_destroy(&writer.head);
}

void history_put_newest(struct buf *out, const struct view *view, size_t n)
{
    size_t n_closed;
    series_closed(plan_series(view->plan), &n_closed);
    history_put(out, view, n < n_closed ? n_closed - n : 0, n > 0 ? n_closed : 0);
}

size_t history_find(const struct view *view, int64_t start_ms)
{
    size_t n;
    const struct bar *bars = series_closed(plan_series(view->plan), &n);
    return bars_find(bars, n, start_ms);
}
