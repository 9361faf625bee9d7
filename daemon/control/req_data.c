/* req_data - data, history, resync: what a session's subscriptions hold and have held. */
#include <stdlib.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "daemon/control/history.h"
#include "daemon/control/request.h"

static enum err_code find_subscription(struct call *call, struct subscription **self)
{
    struct listing *listing;
    enum timeframe timeframe;
    enum err_code code = call_series(call, &listing, &timeframe);
    if (code != ERR_OK)
        return code;
    *self = subscriptions_find(call->session, listing, timeframe);
    if (!*self)
        return err_set(call->err, ERR_NO_SUBSCRIPTION,
                       "this session has nothing on %s %s; \"subscribe\" first", listing->name,
                       timeframe_name(timeframe));
    return ERR_OK;
}

static enum err_code handle_data(struct call *call)
{
    struct subscription *self;
    enum err_code code = find_subscription(call, &self);
    if (code != ERR_OK)
        return code;
    bool is_closed;
    struct bar bar;
    buf_put_text(call->reply, ",\"update\":");
    if (!view_put_snapshot(self->view, call->reply, &is_closed, &bar))
        buf_put_text(call->reply, "null");
    call->shows = self;
    return ERR_OK;
}

/* The past of a session's view, which is held meanwhile. */
struct recalling {
    struct errand errand; /* first */
    struct views *views;
    struct view *view; /* acquired */
    struct history *history;
};

static bool recall(struct errand *errand)
{
    return history_step(((struct recalling *)errand)->history);
}

static void end_recalling(struct errand *errand)
{
    struct recalling *self = (struct recalling *)errand;
    history_destroy(&self->history);
    views_release(self->views, &self->view);
    free(self);
}

static struct errand *begin_recalling(const struct call *call, struct view *view,
                                      const struct history_range *range)
{
    struct recalling *self = mem_alloc_zero(1, sizeof *self);
    self->errand = (struct errand){recall, end_recalling};
    self->views = call->core->views;
    self->view = view_hold(view);
    self->history = history_new(view, range);
    return &self->errand;
}

static enum err_code begin_history(struct call *call)
{
    struct subscription *self;
    size_t most = call->core->settings->history_max;
    struct history_range range = {.from_ms = FEEDTIME_NONE, .to_ms = FEEDTIME_MAX};
    int64_t limit = call_count(call, "limit", (int64_t)most);
    enum err_code code = find_subscription(call, &self);
    if (code != ERR_OK)
        return code;
    if (limit > (int64_t)most) {
        call->core->counters.limited[LIMIT_HISTORY]++;
        return err_set(call->err, ERR_BAD_REQUEST, "\"limit\" must be 0 to %zu bars", most);
    }
    if (!call_time(call, "from", &range.from_ms) || !call_time(call, "to", &range.to_ms))
        return ERR_BAD_REQUEST;
    range.n = (size_t)limit;
    if (history_has_too_much(self->view, &range, call->core->settings))
        return refuse_history(call);
    call->errand = begin_recalling(call, self->view, &range);
    return ERR_OK;
}

static enum err_code handle_history(struct call *call)
{
    struct subscription *self;
    enum err_code code = find_subscription(call, &self);
    if (code != ERR_OK)
        return code;
    buf_put_text(call->reply, ",\"updates\":");
    history_put(((const struct recalling *)call->errand)->history, call->reply);
    return ERR_OK;
}

static enum err_code handle_resync(struct call *call)
{
    struct outbox *outbox = call->session->outbox;
    struct body *const *bodies;
    bool complete;
    uint64_t last_seq = (uint64_t)call_count(call, "last_seq", 0);
    size_t n = outbox_since(outbox, last_seq, &bodies, &complete);
    buf_put_text(call->reply, ",\"updates\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_char(call->reply, ',');
        buf_put(call->reply, bodies[i]->data, bodies[i]->size);
    }
    buf_put_format(call->reply, "],\"seq\":%llu,\"complete\":%s",
                   (unsigned long long)outbox_seq(outbox),
                   complete && last_seq <= outbox_seq(outbox) ? "true" : "false");
    return ERR_OK;
}

const struct request request_data = {
    .type = "data",
    .reply = "data",
    .needs = NEEDS_SESSION,
    .members = {{"symbol", MEMBER_TEXT, true}, {"timeframe", MEMBER_TEXT, true}},
    .is_long = true,
    .handle = handle_data,
};

const struct request request_history = {
    .type = "history",
    .reply = "history",
    .needs = NEEDS_SESSION,
    .members = {{"symbol", MEMBER_TEXT, true},
                {"timeframe", MEMBER_TEXT, true},
                {"from", MEMBER_TIME, false},
                {"to", MEMBER_TIME, false},
                {"limit", MEMBER_COUNT, false}},
    .is_long = true,
    .begin = begin_history,
    .handle = handle_history,
};

const struct request request_resync = {
    .type = "resync",
    .reply = "resynced",
    .needs = NEEDS_SESSION,
    .members = {{"last_seq", MEMBER_COUNT, true}},
    .is_long = true,
    .handle = handle_resync,
};
