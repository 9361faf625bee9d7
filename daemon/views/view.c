#include "daemon/views/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "daemon/options/value.h"

struct entry {
    struct view view;
    char *key;
    UT_hash_handle hh;
};

struct views {
    struct compute *compute;
    struct entry *by_key;
};

struct views *views_new(struct compute *compute)
{
    struct views *self = mem_alloc_zero(1, sizeof *self);
    self->compute = compute;
    return self;
}

void views_destroy(struct views **self)
{
    if (!*self)
        return;
    assert(!(*self)->by_key);
    free(*self);
    *self = NULL;
}

size_t views_count(const struct views *self)
{
    return HASH_COUNT(self->by_key);
}

struct plan_views *views_of_plan(const struct plan *plan)
{
    return plan_user(plan);
}

static void list_view(struct plan *plan, struct view *view)
{
    struct plan_views *all = plan_user(plan);
    if (!all) {
        all = mem_alloc_zero(1, sizeof *all);
        plan_set_user(plan, all);
    }
    all->views = mem_grow(all->views, all->n, &all->capacity, sizeof(struct view *));
    all->views[all->n++] = view;
}

static void unlist_view(struct plan *plan, struct view *view)
{
    struct plan_views *all = plan_user(plan);
    size_t i = 0;
    while (all->views[i] != view)
        i++;
    memmove(&all->views[i], &all->views[i + 1], (--all->n - i) * sizeof(struct view *));
    if (all->n == 0) {
        free(all->views);
        free(all);
        plan_set_user(plan, NULL);
    }
}

static int compare_wishes(const void *a, const void *b)
{
    return strcmp(((const struct view_wish *)a)->id, ((const struct view_wish *)b)->id);
}

/* Ids are quoted, so no two sets give one key. */
static void put_key(struct buf *out, const struct listing *listing, enum timeframe timeframe,
                    const struct view_wish *wishes, size_t n)
{
    buf_put_format(out, "%u %s", (unsigned)listing->id, timeframe_name(timeframe));
    for (size_t i = 0; i < n; i++) {
        json_put_string(out, wishes[i].id);
        spec_put_key(wishes[i].spec, out);
    }
}

static struct entry *make_view(struct views *self, struct listing *listing,
                               enum timeframe timeframe, const struct view_wish *wishes, size_t n,
                               char *key)
{
    struct entry *entry = mem_alloc_zero(1, sizeof *entry);
    struct view *view = &entry->view;
    entry->key = key;
    view->plan = compute_acquire_plan(self->compute, listing, timeframe);
    view->items = mem_alloc_zero(n, sizeof *view->items);
    view->n_items = n;
    for (size_t i = 0; i < n; i++) {
        view->items[i].id = mem_strdup(wishes[i].id);
        view->items[i].instance = plan_acquire_instance(view->plan, wishes[i].spec);
    }
    list_view(view->plan, view);
    HASH_ADD_KEYPTR(hh, self->by_key, entry->key, strlen(entry->key), entry);
    return entry;
}

struct view *views_acquire(struct views *self, struct listing *listing, enum timeframe timeframe,
                           const struct view_wish *wishes, size_t n)
{
    struct view_wish *sorted = mem_alloc_zero(n, sizeof *sorted);
    memcpy(sorted, wishes, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_wishes);
    struct buf key = {0};
    put_key(&key, listing, timeframe, sorted, n);
    struct entry *entry;
    HASH_FIND_STR(self->by_key, key.data, entry);
    if (entry)
        buf_destroy(&key);
    else
        entry = make_view(self, listing, timeframe, sorted, n, key.data);
    free(sorted);
    entry->view.users++;
    return &entry->view;
}

struct view *view_hold(struct view *self)
{
    self->users++;
    return self;
}

void views_release(struct views *self, struct view **view)
{
    struct entry *entry = (struct entry *)*view; /* a view is the first member of its entry */
    *view = NULL;
    if (!entry || --entry->view.users > 0)
        return;
    struct view *gone = &entry->view;
    assert(gone->n_subscribers == 0);
    view_catch_up(gone);
    HASH_DEL(self->by_key, entry);
    unlist_view(gone->plan, gone);
    for (size_t i = 0; i < gone->n_items; i++) {
        free(gone->items[i].id);
        plan_release_instance(gone->plan, &gone->items[i].instance);
    }
    compute_release_plan(&gone->plan);
    free(gone->items);
    free(gone->subscribers);
    free(entry->key);
    free(entry);
}

void view_catch_up(struct view *self)
{
    if (self->n_late > 0)
        LIST_REMOVE(self, late);
    self->n_late = 0;
}

size_t view_add_subscriber(struct view *self, struct subscription *subscriber, bool on_ticks)
{
    self->subscribers = mem_grow(self->subscribers, self->n_subscribers,
                                 &self->subscribers_capacity, sizeof(struct subscription *));
    self->subscribers[self->n_subscribers] = subscriber;
    self->n_on_ticks += on_ticks;
    views_of_plan(self->plan)->n_on_ticks += on_ticks;
    return self->n_subscribers++;
}

struct subscription *view_remove_subscriber(struct view *self, size_t place, bool on_ticks)
{
    assert(place < self->n_subscribers);
    self->n_on_ticks -= on_ticks;
    views_of_plan(self->plan)->n_on_ticks -= on_ticks;
    self->n_subscribers--;
    if (place == self->n_subscribers)
        return NULL;
    self->subscribers[place] = self->subscribers[self->n_subscribers];
    return self->subscribers[place];
}

/* ---- bodies -----------------------------------------------------------------------------------
 */

static void put_member(struct buf *out, const char *name, double value)
{
    buf_put_text(out, name);
    json_put_number(out, value);
}

void update_put_head(struct buf *out, const struct listing *listing, enum timeframe timeframe,
                     const struct bar *bar, bool closed)
{
    buf_put_text(out, "{\"type\":\"market_update\",\"symbol\":");
    json_put_string(out, listing->name);
    buf_put_text(out, ",\"timeframe\":\"");
    buf_put_text(out, timeframe_name(timeframe));
    buf_put_text(out, "\",\"timestamp\":");
    json_put_time(out, bar->last_ms);
    buf_put_text(out, ",\"bar\":");
    json_put_time(out, bar->start_ms);
    buf_put_text(out, closed ? ",\"closed\":true,\"ohlcv\":{" : ",\"closed\":false,\"ohlcv\":{");
    put_member(out, "\"open\":", bar->open);
    put_member(out, ",\"high\":", bar->high);
    put_member(out, ",\"low\":", bar->low);
    put_member(out, ",\"close\":", bar->close);
    put_member(out, ",\"volume\":", bar->volume);
    buf_put_char(out, '}');
    int64_t start_ms, end_ms = INT64_MAX;
    if (closed)
        calendar_bar_start(listing->calendar, timeframe, bar->start_ms, &start_ms, &end_ms);
    value_put(out, listing, bar, (struct moment){bar->last_ms, end_ms});
    buf_put_text(out, ",\"indicators\":{");
}

static void put_item(struct buf *out, size_t i, const char *id, const struct buf *text)
{
    if (i > 0)
        buf_put_char(out, ',');
    json_put_string(out, id);
    buf_put_char(out, ':');
    buf_put(out, text->data, text->size);
}

void view_put_update(struct view *self, const struct buf *head, struct buf *out)
{
    buf_put(out, head->data, head->size);
    for (size_t i = 0; i < self->n_items; i++)
        put_item(out, i, self->items[i].id, instance_text(self->items[i].instance));
    buf_put(out, "}}", 2);
}

void view_put_update_of(const struct view *self, const struct buf *head, const struct buf *texts,
                        struct buf *out)
{
    buf_put(out, head->data, head->size);
    for (size_t i = 0; i < self->n_items; i++)
        put_item(out, i, self->items[i].id, &texts[i]);
    buf_put(out, "}}", 2);
}

void view_want(const struct view *self)
{
    for (size_t i = 0; i < self->n_items; i++)
        plan_want(self->plan, self->items[i].instance);
}

bool view_put_snapshot(struct view *self, struct buf *out, bool *is_closed, struct bar *bar)
{
    size_t n_open, n_closed;
    const struct open_bar *open = series_open(plan_series(self->plan), &n_open);
    const struct bar *closed = series_closed(plan_series(self->plan), &n_closed);
    if (n_open > 0) {
        plan_want_nothing(self->plan);
        view_want(self);
        plan_form_wanted(self->plan, n_open - 1);
        *bar = open[n_open - 1].bar;
    } else if (n_closed > 0) {
        plan_recall(self->plan);
        *bar = closed[n_closed - 1];
    } else {
        return false;
    }
    *is_closed = n_open == 0;
    struct buf head = {0};
    update_put_head(&head, plan_listing(self->plan), plan_timeframe(self->plan), bar, *is_closed);
    view_put_update(self, &head, out);
    buf_destroy(&head);
    return true;
}
