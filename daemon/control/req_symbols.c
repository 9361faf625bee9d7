/* req_symbols - symbols: what is listed or has been fed. */
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/glob.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "daemon/control/allowance.h"
#include "daemon/control/request.h"

enum { MATCH_MAX = 64 }; /* as a symbol */

static void put_expiry(struct buf *out, const struct instrument *one)
{
    int64_t year;
    int month, day;
    buf_put_text(out, ",\"expiry\":");
    if (one->expiry_day == INT64_MIN) {
        buf_put_text(out, "null");
        return;
    }
    feedtime_civil_from_days(one->expiry_day, &year, &month, &day);
    buf_put_format(out, "\"%04d-%02d-%02d\"", (int)year, month, day);
}

/* The symbol of what a derivative is tied to, which may be listed under another name than the dump
 * calls it; that name where it is tied to nothing. "" of what is no derivative. */
static const char *underlying_of(const struct instrument *one, const struct listing *listing)
{
    const struct contract *contract = listing->contract;
    bool is_tied = contract && contract->expiry;
    return is_tied ? contract->underlying->contract.listing->name : one->underlying;
}

static void put_symbol(struct buf *out, const struct instrument *one, const struct listing *listing)
{
    const char *underlying = underlying_of(one, listing);
    buf_put_text(out, "{\"symbol\":");
    json_put_string(out, one->symbol);
    buf_put_format(out,
                   ",\"instrument_type\":\"%s\",\"underlying\":", instrument_type_name(one->type));
    if (underlying[0])
        json_put_string(out, underlying);
    else
        buf_put_text(out, "null");
    buf_put_text(out, ",\"strike\":");
    json_put_number(out, one->strike > 0 ? one->strike : NAN);
    put_expiry(out, one);
    buf_put_text(out, ",\"last\":");
    json_put_number(out, listing->last);
    buf_put_text(out, ",\"last_time\":");
    if (isnan(listing->last))
        buf_put_text(out, "null");
    else
        json_put_time(out, listing->last_ms);
    buf_put_char(out, '}');
}

/* A list in the making. */
struct listing_up {
    struct errand errand; /* first */
    const struct core *core;
    char *match, *underlying, *globs; /* owned; NULL: any */
    size_t n_seen;
    struct buf text;
};

static bool is_asked_for(const struct listing_up *self, const struct instrument *one,
                         const struct listing *listing)
{
    return (!self->match || glob_matches(self->match, strlen(self->match), one->symbol)) &&
           (!self->underlying || strcmp(self->underlying, one->underlying) == 0 ||
            strcmp(self->underlying, underlying_of(one, listing)) == 0) &&
           allowance_covers(self->globs, one->symbol);
}

static bool list_some(struct errand *errand)
{
    enum { AT_ONCE = 500 };
    struct listing_up *self = (struct listing_up *)errand;
    const struct core *core = self->core;
    size_t n = instruments_count(core->instruments);
    for (size_t end = self->n_seen + AT_ONCE; self->n_seen < n && self->n_seen < end;
         self->n_seen++) {
        const struct instrument *one = instruments_at(core->instruments, self->n_seen);
        const struct listing *listing = market_find(core->market, one->symbol);
        if (!is_asked_for(self, one, listing))
            continue;
        buf_put_text(&self->text, self->text.size > 0 ? "," : "");
        put_symbol(&self->text, one, listing);
    }
    return self->n_seen == n;
}

static void end_listing_up(struct errand *errand)
{
    struct listing_up *self = (struct listing_up *)errand;
    free(self->match);
    free(self->underlying);
    free(self->globs);
    buf_destroy(&self->text);
    free(self);
}

static char *copy_of(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static enum err_code begin_symbols(struct call *call)
{
    const char *match = call_text(call, "match");
    if (match && strlen(match) > MATCH_MAX)
        return err_set(call->err, ERR_BAD_REQUEST, "\"match\" may have %d bytes", MATCH_MAX);
    struct listing_up *self = mem_alloc_zero(1, sizeof *self);
    self->errand = (struct errand){list_some, end_listing_up};
    self->core = call->core;
    self->match = copy_of(match);
    self->underlying = copy_of(call_text(call, "underlying"));
    self->globs = copy_of(call->session->symbols);
    call->errand = &self->errand;
    return ERR_OK;
}

static enum err_code handle_symbols(struct call *call)
{
    const struct listing_up *self = (const struct listing_up *)call->errand;
    buf_put_text(call->reply, ",\"symbols\":[");
    buf_put(call->reply, self->text.data ? self->text.data : "", self->text.size);
    buf_put_char(call->reply, ']');
    call_note_names(call, self->n_seen,
                    (self->match ? strlen(self->match) : 0) +
                        (self->globs ? strlen(self->globs) : 0));
    return ERR_OK;
}

const struct request request_symbols = {
    .type = "symbols",
    .reply = "symbols",
    .needs = NEEDS_SESSION,
    .members = {{"match", MEMBER_TEXT, false}, {"underlying", MEMBER_TEXT, false}},
    .is_long = true,
    .begin = begin_symbols,
    .handle = handle_symbols,
};
