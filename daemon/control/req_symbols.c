/* req_symbols - symbols: what is listed or has been fed. */
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/glob.h"
#include "common/base/json.h"
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

static enum err_code handle_symbols(struct call *call)
{
    const char *match = call_text(call, "match"), *underlying = call_text(call, "underlying");
    const struct core *core = call->core;
    size_t size = match ? strlen(match) : 0;
    bool follows = false;
    if (size > MATCH_MAX)
        return err_set(call->err, ERR_BAD_REQUEST, "\"match\" may have %d bytes", MATCH_MAX);
    buf_put_text(call->reply, ",\"symbols\":[");
    for (size_t i = 0; i < instruments_count(core->instruments); i++) {
        const struct instrument *one = instruments_at(core->instruments, i);
        const struct listing *listing = market_find(core->market, one->symbol);
        if ((match && !glob_matches(match, size, one->symbol)) ||
            (underlying && strcmp(underlying, one->underlying) != 0 &&
             strcmp(underlying, underlying_of(one, listing)) != 0) ||
            !allowance_covers(call->session->symbols, one->symbol))
            continue;
        buf_put_text(call->reply, follows ? "," : "");
        put_symbol(call->reply, one, listing);
        follows = true;
    }
    buf_put_char(call->reply, ']');
    call_note_names(call, instruments_count(core->instruments),
                    size + (call->session->symbols ? strlen(call->session->symbols) : 0));
    return ERR_OK;
}

const struct request request_symbols = {
    .type = "symbols",
    .reply = "symbols",
    .needs = NEEDS_SESSION,
    .members = {{"match", MEMBER_TEXT, false}, {"underlying", MEMBER_TEXT, false}},
    .is_long = true,
    .handle = handle_symbols,
};
