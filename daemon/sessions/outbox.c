#include "daemon/sessions/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { ROOM_KEPT = 64 }; /* places that an empty outbox keeps */

struct outbox {
    const struct outbox_limits *limits;
    atomic_size_t *tally;
    struct outbox_item *items; /* waiting: items[head..n) */
    size_t head, n, capacity;
    size_t n_closed, n_replies, n_notices, n_announced; /* of those that wait */
    size_t weight;                                      /* bytes of those that wait */
    uint64_t seq;
    bool blocked, gave_up_forming;

    struct body **given; /* closed bars that left, oldest first: given[given_head..n_given) */
    uint64_t *given_seq;
    size_t given_head, n_given, given_capacity;
    uint64_t forgotten_seq; /* bars up to this number were forgotten, or never sent at all */

    struct lagging {
        void *owner;
        int64_t bar_ms;
    } * lagging;
    size_t n_lagging, lagging_capacity;
};

struct outbox *outbox_new(const struct outbox_limits *limits, atomic_size_t *tally)
{
    struct outbox *self = mem_alloc_zero(1, sizeof *self);
    self->limits = limits;
    self->tally = tally;
    return self;
}

static void tell_room(struct outbox *self, size_t before)
{
    atomic_fetch_add_explicit(self->tally, (self->capacity - before) * sizeof *self->items,
                              memory_order_relaxed); /* unsigned: adds a negative number, too */
}

void outbox_destroy(struct outbox **self)
{
    if (!*self)
        return;
    for (size_t i = (*self)->head; i < (*self)->n; i++)
        body_release(&(*self)->items[i].body);
    for (size_t i = (*self)->given_head; i < (*self)->n_given; i++)
        body_release(&(*self)->given[i]);
    size_t capacity = (*self)->capacity;
    (*self)->capacity = 0;
    tell_room(*self, capacity);
    free((*self)->items);
    free((*self)->given);
    free((*self)->given_seq);
    free((*self)->lagging);
    free(*self);
    *self = NULL;
}

uint64_t outbox_seq(const struct outbox *self)
{
    return self->seq;
}

bool outbox_is_empty(const struct outbox *self)
{
    return self->head == self->n;
}

/* Whether it is a closed bar of that owner (NULL: of any), or stands for one that was given up. */
static bool stands_for_closed(const struct outbox_item *item, const void *owner)
{
    bool is_one = item->kind == OUTBOX_CLOSED || (item->kind == OUTBOX_LAGGING && item->owner);
    return is_one && (!owner || item->owner == owner);
}

bool outbox_waits_closed(const struct outbox *self, const void *owner, int64_t *bar_ms)
{
    int64_t oldest_ms = INT64_MAX;
    for (size_t i = 0; i < self->n_lagging; i++)
        if ((!owner || self->lagging[i].owner == owner) && self->lagging[i].bar_ms < oldest_ms)
            oldest_ms = self->lagging[i].bar_ms;
    for (size_t i = self->head; self->n_closed + self->n_announced > 0 && i < self->n; i++)
        if (stands_for_closed(&self->items[i], owner)) {
            if (self->items[i].bar_ms < oldest_ms)
                oldest_ms = self->items[i].bar_ms;
            break;
        }
    if (bar_ms && oldest_ms != INT64_MAX)
        *bar_ms = oldest_ms;
    return oldest_ms != INT64_MAX;
}

void outbox_set_blocked(struct outbox *self, bool blocked)
{
    self->blocked = blocked;
}

bool outbox_is_blocked(const struct outbox *self)
{
    return self->blocked;
}

static size_t *count_of(struct outbox *self, enum outbox_kind kind)
{
    switch (kind) {
    case OUTBOX_CLOSED:
        return &self->n_closed;
    case OUTBOX_REPLY:
        return &self->n_replies;
    case OUTBOX_NOTICE:
    case OUTBOX_COMPLETE:
        return &self->n_notices;
    case OUTBOX_LAGGING:
        return &self->n_announced;
    default:
        return NULL;
    }
}

static size_t weight_of(const struct outbox_item *item)
{
    return sizeof *item + item->body->size;
}

static void count_in(struct outbox *self, const struct outbox_item *item)
{
    size_t *count = count_of(self, item->kind);
    self->weight += weight_of(item);
    if (count)
        ++*count;
}

static void count_out(struct outbox *self, const struct outbox_item *item)
{
    size_t *count = count_of(self, item->kind);
    self->weight -= weight_of(item);
    if (count)
        --*count;
}

/* Called when nothing waits any more: gives the memory of a long queue back. */
static void start_anew(struct outbox *self)
{
    self->head = self->n = 0;
    if (self->capacity <= ROOM_KEPT)
        return;
    size_t before = self->capacity;
    free(self->items);
    self->items = NULL;
    self->capacity = 0;
    tell_room(self, before);
}

static void put(struct outbox *self, struct outbox_item item)
{
    if (self->head > 64 && self->head > self->n / 2) {
        memmove(self->items, self->items + self->head,
                (self->n - self->head) * sizeof *self->items);
        self->n -= self->head;
        self->head = 0;
    }
    size_t before = self->capacity;
    self->items = mem_grow(self->items, self->n, &self->capacity, sizeof *self->items);
    if (self->capacity != before)
        tell_room(self, before);
    body_acquire(item.body);
    count_in(self, &item);
    self->items[self->n++] = item;
}

static bool is_announced(const struct outbox *self, const void *owner)
{
    for (size_t i = self->head; self->n_announced > 0 && i < self->n; i++)
        if (self->items[i].kind == OUTBOX_LAGGING && self->items[i].owner == owner)
            return true;
    return false;
}

static void note_lagging(struct outbox *self, void *owner, int64_t bar_ms)
{
    if (!owner || is_announced(self, owner))
        return;
    for (size_t i = 0; i < self->n_lagging; i++)
        if (self->lagging[i].owner == owner)
            return;
    self->lagging =
        mem_grow(self->lagging, self->n_lagging, &self->lagging_capacity, sizeof *self->lagging);
    self->lagging[self->n_lagging++] = (struct lagging){owner, bar_ms};
}

/* Drops of what waits the items that are doomed; the rest keeps its order. */
static void drop(struct outbox *self, bool (*doomed)(const struct outbox_item *))
{
    size_t kept = self->head;
    for (size_t i = self->head; i < self->n; i++) {
        if (!doomed(&self->items[i])) {
            self->items[kept++] = self->items[i];
            continue;
        }
        count_out(self, &self->items[i]);
        body_release(&self->items[i].body);
    }
    self->n = kept;
    if (outbox_is_empty(self))
        start_anew(self);
}

static bool is_bar(const struct outbox_item *item)
{
    return item->kind == OUTBOX_CLOSED || item->kind == OUTBOX_FORMING;
}

static bool is_of_bars(const struct outbox_item *item)
{
    return is_bar(item) || item->kind == OUTBOX_COMPLETE;
}

static bool is_stale(const struct outbox_item *item)
{
    return item->kind != OUTBOX_CLOSED && item->kind != OUTBOX_LAGGING;
}

void outbox_give_up_all(struct outbox *self)
{
    for (size_t i = self->head; i < self->n; i++) {
        if (self->items[i].kind == OUTBOX_CLOSED)
            note_lagging(self, self->items[i].owner, self->items[i].bar_ms);
        self->gave_up_forming |= self->items[i].kind == OUTBOX_FORMING;
    }
    drop(self, is_of_bars);
}

bool outbox_take_gave_up_forming(struct outbox *self)
{
    bool gave_up = self->gave_up_forming;
    self->gave_up_forming = false;
    return gave_up;
}

bool outbox_put_closed(struct outbox *self, void *owner, int64_t bar_ms, struct body *body)
{
    if (self->n_closed >= self->limits->closed_max) {
        outbox_give_up_all(self);
        note_lagging(self, owner, bar_ms);
        return false;
    }
    put(self, (struct outbox_item){
                  .body = body, .owner = owner, .bar_ms = bar_ms, .kind = OUTBOX_CLOSED});
    return true;
}

void outbox_give_up(struct outbox *self, void *owner, int64_t bar_ms)
{
    note_lagging(self, owner, bar_ms);
}

/* The forming bar of that owner that waits, if it is the owner's last item. In front of a closed
 * bar it is an older bar, and in front of a reply the reply shows how the bar stood later: its
 * place must not be taken. */
static struct outbox_item *find_forming(struct outbox *self, const void *owner)
{
    for (size_t i = self->n; i-- > self->head;)
        if (self->items[i].owner == owner)
            return self->items[i].kind == OUTBOX_FORMING ? &self->items[i] : NULL;
    return NULL;
}

bool outbox_put_forming(struct outbox *self, void *owner, int64_t bar_ms, struct body *body,
                        uint32_t merged)
{
    struct outbox_item *waiting = self->blocked ? find_forming(self, owner) : NULL;
    if (!waiting) {
        put(self, (struct outbox_item){.body = body,
                                       .owner = owner,
                                       .bar_ms = bar_ms,
                                       .merged = merged,
                                       .kind = OUTBOX_FORMING});
        return false;
    }
    self->weight += body->size - waiting->body->size;
    body_release(&waiting->body);
    waiting->body = body_acquire(body);
    waiting->bar_ms = bar_ms;
    waiting->merged += merged + 1;
    return true;
}

bool outbox_put_notice(struct outbox *self, struct body *body, enum outbox_kind kind)
{
    assert(kind == OUTBOX_NOTICE || kind == OUTBOX_COMPLETE);
    if (self->n_notices >= self->limits->closed_max)
        return false;
    put(self, (struct outbox_item){.body = body, .kind = kind});
    return true;
}

void outbox_put_lagging(struct outbox *self, void *owner, int64_t bar_ms, struct body *body)
{
    put(self, (struct outbox_item){
                  .body = body, .owner = owner, .bar_ms = bar_ms, .kind = OUTBOX_LAGGING});
}

bool outbox_put_reply(struct outbox *self, struct body *body, void *owner, bool delimited)
{
    if (self->n_replies >= self->limits->replies_max)
        return false;
    put(self, (struct outbox_item){
                  .body = body, .owner = owner, .kind = OUTBOX_REPLY, .delimited = delimited});
    return true;
}

void outbox_forget_owner(struct outbox *self, const void *owner)
{
    for (size_t i = self->head; i < self->n; i++)
        if (self->items[i].owner == owner)
            self->items[i].owner = NULL;
    for (size_t i = 0; i < self->n_lagging; i++)
        if (self->lagging[i].owner == owner) {
            self->lagging[i] = self->lagging[--self->n_lagging];
            break;
        }
}

void outbox_drop_stale(struct outbox *self)
{
    drop(self, is_stale);
}

size_t outbox_weight(const struct outbox *self)
{
    return self->weight;
}

size_t outbox_n_replies(const struct outbox *self)
{
    return self->n_replies;
}

size_t outbox_n_remembered(const struct outbox *self)
{
    return self->n_given - self->given_head;
}

void outbox_forget_given(struct outbox *self)
{
    for (; self->given_head < self->n_given; self->given_head++) {
        self->forgotten_seq = self->given_seq[self->given_head];
        body_release(&self->given[self->given_head]);
    }
    self->given_head = self->n_given = 0;
}

bool outbox_take_lagging(struct outbox *self, void **owner, int64_t *bar_ms)
{
    if (self->n_lagging == 0)
        return false;
    struct lagging *last = &self->lagging[--self->n_lagging];
    *owner = last->owner;
    *bar_ms = last->bar_ms;
    return true;
}

size_t outbox_next(const struct outbox *self, size_t max, const struct outbox_item **items)
{
    size_t waiting = self->n - self->head, n = 0;
    if (waiting == 0)
        return 0;
    *items = self->items + self->head;
    if ((*items)[0].kind == OUTBOX_REPLY)
        return 1;
    while (n < waiting && n < max && (*items)[n].kind != OUTBOX_REPLY)
        n++;
    return n;
}

/* Takes over the outbox's hold of the body. */
static void remember(struct outbox *self, struct body *body, uint64_t seq)
{
    if (self->limits->remembered_max == 0) {
        self->forgotten_seq = seq;
        body_release(&body);
        return;
    }
    if (self->n_given - self->given_head == self->limits->remembered_max) {
        if (self->forgotten_seq < self->given_seq[self->given_head])
            self->forgotten_seq = self->given_seq[self->given_head];
        body_release(&self->given[self->given_head++]);
    }
    if (self->given_head > 64 && self->given_head > self->n_given / 2) {
        size_t left = self->n_given - self->given_head;
        memmove(self->given, self->given + self->given_head, left * sizeof *self->given);
        memmove(self->given_seq, self->given_seq + self->given_head,
                left * sizeof *self->given_seq);
        self->n_given = left;
        self->given_head = 0;
    }
    size_t capacity = self->given_capacity;
    self->given = mem_grow(self->given, self->n_given, &capacity, sizeof *self->given);
    self->given_seq =
        mem_grow(self->given_seq, self->n_given, &self->given_capacity, sizeof *self->given_seq);
    self->given[self->n_given] = body;
    self->given_seq[self->n_given++] = seq;
}

void outbox_sent(struct outbox *self, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct outbox_item *item = &self->items[self->head++];
        count_out(self, item);
        if (item->kind == OUTBOX_REPLY) {
            body_release(&item->body);
            continue;
        }
        self->seq++;
        if (item->kind == OUTBOX_CLOSED) {
            remember(self, item->body, self->seq);
        } else {
            if (item->kind == OUTBOX_LAGGING) /* who asks from before it has to hear of the gap */
                self->forgotten_seq = self->seq;
            body_release(&item->body);
        }
    }
    if (outbox_is_empty(self))
        start_anew(self);
}

size_t outbox_since(const struct outbox *self, uint64_t seq, struct body *const **bodies,
                    bool *complete)
{
    size_t from = self->given_head;
    while (from < self->n_given && self->given_seq[from] <= seq)
        from++;
    *complete = seq >= self->forgotten_seq;
    *bodies = from < self->n_given ? self->given + from : NULL;
    return self->n_given - from;
}
