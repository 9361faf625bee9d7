#include "daemon/control/history.h"

#include <stdlib.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"

struct history {
    struct view *view;
    struct history_range range;
    size_t first, last; /* by index: the bars that are written */
    struct instance **instances;
    struct replay *replay; /* NULL before the first step */
    struct buf text, head;
    size_t *starts; /* of each update in the text */
    size_t n, capacity;
};

/* The first closed bar of the view that starts at that time or later. */
static size_t find(const struct view *view, int64_t feed_ms)
{
    size_t n;
    const struct bar *bars = series_closed(plan_series(view->plan), &n);
    return bars_find(bars, n, feed_ms);
}

/* With a start, the first bars from there on, so that a client can page forward; else the newest.
 */
static void locate(const struct view *view, const struct history_range *range, size_t *first,
                   size_t *last)
{
    *first = range->from_ms == FEEDTIME_NONE ? 0 : find(view, range->from_ms);
    *last = find(view, range->to_ms + 1);
    if (*last < *first)
        *last = *first;
    if (*last - *first <= range->n)
        return;
    if (range->from_ms == FEEDTIME_NONE)
        *first = *last - range->n;
    else
        *last = *first + range->n;
}

size_t history_length(const struct view *view, const struct history_range *range)
{
    size_t first, last;
    locate(view, range, &first, &last);
    return last - first;
}

bool history_has_too_much(const struct view *view, const struct history_range *range,
                          const struct core_settings *settings)
{
    size_t n_values = 0;
    for (size_t i = 0; i < view->n_items; i++)
        n_values += indicator_n_outputs(instance_spec(view->items[i].instance)->row);
    return n_values > 0 && history_length(view, range) > settings->history_values_max / n_values;
}

struct history *history_new(struct view *view, const struct history_range *range)
{
    struct history *self = mem_alloc_zero(1, sizeof *self);
    self->view = view;
    self->range = *range;
    self->instances = mem_alloc_zero(view->n_items, sizeof(struct instance *));
    for (size_t i = 0; i < view->n_items; i++)
        self->instances[i] = view->items[i].instance;
    return self;
}

void history_destroy(struct history **history)
{
    struct history *self = *history;
    *history = NULL;
    if (!self)
        return;
    replay_destroy(&self->replay);
    buf_destroy(&self->text);
    buf_destroy(&self->head);
    free(self->instances);
    free(self->starts);
    free(self);
}

static void write_bar(void *context, const struct bar *bar, const struct buf *texts)
{
    struct history *self = context;
    if (self->n > 0)
        buf_put_char(&self->text, ',');
    self->starts = mem_grow(self->starts, self->n, &self->capacity, sizeof *self->starts);
    self->starts[self->n++] = self->text.size;
    buf_reset(&self->head);
    update_put_head(&self->head, plan_listing(self->view->plan), plan_timeframe(self->view->plan),
                    bar, true);
    view_put_update_of(self->view, &self->head, texts, &self->text);
}

static bool is_open_ended(const struct history *self)
{
    return self->range.to_ms == FEEDTIME_MAX && self->range.from_ms == FEEDTIME_NONE;
}

static void begin(struct history *self)
{
    buf_reset(&self->text);
    self->n = 0;
    locate(self->view, &self->range, &self->first, &self->last);
    if (is_open_ended(self))
        self->last = SIZE_MAX;
    replay_destroy(&self->replay);
    self->replay = plan_begin_replay(self->view->plan, self->instances, self->view->n_items);
}

bool history_step(struct history *self)
{
    if (self->range.n == 0)
        return true;
    if (!self->replay || !replay_is_sound(self->replay))
        begin(self);
    return self->first == self->last ||
           replay_go_on(self->replay, self->first, self->last, write_bar, self);
}

const char *history_text(const struct history *self, size_t i, size_t *size)
{
    size_t end =
        i + 1 < self->n ? self->starts[i + 1] - 1 : self->text.size; /* a comma before it */
    *size = end - self->starts[i];
    return self->text.data + self->starts[i];
}

/* Bars that have closed since it began are written too, and push the oldest ones out. */
void history_put(const struct history *self, struct buf *out)
{
    size_t left_out = self->n > self->range.n ? self->n - self->range.n : 0;
    buf_put_char(out, '[');
    if (self->n > left_out)
        buf_put(out, self->text.data + self->starts[left_out],
                self->text.size - self->starts[left_out]);
    buf_put_char(out, ']');
}
