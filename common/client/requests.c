/* requests - the public requests as the JSON of the protocol. */
#include <stdlib.h>
#include <string.h>

#include "common/client/client.h"

/* Puts ,"name":"value" unless value is NULL. */
static void put_string(struct text *out, const char *name, const char *value)
{
    if (!value)
        return;
    text_put_format(out, "%s\"%s\":", out->size > 0 ? "," : "", name);
    text_put_quoted(out, value);
}

static void put_count(struct text *out, const char *name, unsigned value)
{
    text_put_format(out, "%s\"%s\":%u", out->size > 0 ? "," : "", name, value);
}

static void put_time(struct text *out, const char *name, int64_t ms)
{
    if (ms == INDSUB_NO_TIME)
        return;
    text_put_format(out, "%s\"%s\":", out->size > 0 ? "," : "", name);
    text_put_time(out, ms);
}

/* The next of the words with blanks between them, where those within brackets belong to the word;
 * moved behind it. Its size, 0 at the end. */
static size_t next_word(const char **at, const char **word)
{
    int depth = 0;
    *at += strspn(*at, " \t\r\n");
    *word = *at;
    for (; **at && (depth > 0 || !strchr(" \t\r\n", **at)); (*at)++)
        depth += (**at == '(') - (**at == ')');
    return (size_t)(*at - *word);
}

/* "RSI(14) MACD(12, 26)" as ["RSI(14)","MACD(12, 26)"]. */
static void put_words(struct text *out, const char *words)
{
    const char *word;
    size_t size, n = 0;
    text_put_string(out, "[");
    while ((size = next_word(&words, &word)) > 0) {
        char *copy = strndup(word, size);
        if (n++ > 0)
            text_put_string(out, ",");
        if (copy)
            text_put_quoted(out, copy);
        else
            out->failed = true;
        free(copy);
    }
    text_put_string(out, "]");
}

static indsub_err_t begin(indsub_t *self, const char *type, struct text *members,
                          indsub_reply_fn *fn, void *context)
{
    return calls_begin(self, type, members, (struct call_options){.fn = fn, .context = context});
}

void requests_put_open(const indsub_t *self, struct text *members)
{
    put_string(members, "token", self->token);
    put_string(members, "session_id", self->wanted_session_id);
    put_string(members, "client", self->name);
    text_put_string(members, ",\"protocol\":1");
    if (self->requests_only)
        text_put_string(members, ",\"stream\":false");
}

indsub_err_t indsub_open(indsub_t *self, const char *token, const char *session_id,
                         indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    if (self->phase != PHASE_CLOSED)
        return client_fail(self, INDSUB_ERR_ALREADY_OPEN, "the session is open");
    if (!token)
        return client_fail(self, INDSUB_ERR_MISUSE, "a session is opened with a token");
    if (!client_set_string(&self->token, token) ||
        !client_set_string(&self->wanted_session_id, session_id))
        return client_fail(self, INDSUB_ERR_NO_MEMORY, "no memory for a token");
    requests_put_open(self, &members);
    self->phase = PHASE_OPENING;
    indsub_err_t err =
        calls_begin(self, "open", &members,
                    (struct call_options){.fn = on_reply, .context = context, .is_open = true});
    if (err != INDSUB_OK && self->phase == PHASE_OPENING)
        self->phase = PHASE_CLOSED;
    return err;
}

/* The members that say how a subscription is delivered; NULL if nothing is said. */
static indsub_err_t take_mode(indsub_t *self, const indsub_subscription_t *what, char **mode)
{
    struct text text = {0};
    *mode = NULL;
    if (what->updates == INDSUB_UPDATES_AS_BEFORE && what->throttle_ms == 0)
        return INDSUB_OK;
    if (what->updates != INDSUB_UPDATES_AS_BEFORE)
        text_put_format(&text, ",\"updates\":\"%s\"",
                        what->updates == INDSUB_UPDATES_CLOSE ? "close" : "tick");
    if (what->throttle_ms > 0)
        text_put_format(&text, ",\"throttle_ms\":%u", what->throttle_ms);
    *mode = text_take(&text);
    return *mode ? INDSUB_OK
                 : client_fail(self, INDSUB_ERR_NO_MEMORY, "no memory for a subscription");
}

indsub_err_t indsub_subscribe(indsub_t *self, const indsub_subscription_t *what,
                              indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    char *mode;
    if (!what || !what->symbol || !what->timeframe || !what->indicators)
        return client_fail(self, INDSUB_ERR_MISUSE,
                           "a subscription has a symbol, a timeframe and indicators");
    indsub_err_t err = take_mode(self, what, &mode);
    if (err != INDSUB_OK)
        return err;
    put_string(&members, "symbol", what->symbol);
    put_string(&members, "timeframe", what->timeframe);
    text_put_string(&members, ",\"indicators\":");
    if (what->indicators[strspn(what->indicators, " \t\r\n")] == '{')
        text_put_string(&members, what->indicators);
    else
        put_words(&members, what->indicators);
    text_put_string(&members, mode ? mode : "");
    if (what->history > 0)
        put_count(&members, "history", what->history);
    if (what->atomic)
        text_put_string(&members, ",\"atomic\":true");
    return calls_begin(self, "subscribe", &members,
                       (struct call_options){.fn = on_reply, .context = context, .mode = mode});
}

/* What the daemon has forgotten, and the client would ask for again, it cannot unsubscribe. */
static void forget_refused(indsub_t *self, const char *symbol, const char *timeframe)
{
    for (size_t i = self->stream.n_series; i-- > 0;) {
        const struct series *one = &self->stream.series[i];
        if (one->is_refused && (!symbol || strcmp(one->symbol, symbol) == 0) &&
            (!timeframe || strcmp(one->timeframe, timeframe) == 0))
            stream_forget(&self->stream, i);
    }
}

indsub_err_t indsub_unsubscribe(indsub_t *self, const char *symbol, const char *timeframe,
                                const char *ids, indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    if (!symbol != !timeframe || (ids && !symbol))
        return client_fail(self, INDSUB_ERR_MISUSE, "a symbol and a timeframe go together");
    forget_refused(self, symbol, timeframe);
    put_string(&members, "symbol", symbol);
    put_string(&members, "timeframe", timeframe);
    if (ids) {
        text_put_string(&members, ",\"indicators\":");
        put_words(&members, ids);
    }
    return begin(self, "unsubscribe", &members, on_reply, context);
}

indsub_err_t indsub_list(indsub_t *self, indsub_reply_fn *on_reply, void *context)
{
    struct text none = {0};
    return begin(self, "list", &none, on_reply, context);
}

static indsub_err_t refuse_nothing(indsub_t *self)
{
    return client_fail(self, INDSUB_ERR_MISUSE, "a symbol or a timeframe is missing");
}

indsub_err_t indsub_data(indsub_t *self, const char *symbol, const char *timeframe,
                         indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    if (!symbol || !timeframe)
        return refuse_nothing(self);
    put_string(&members, "symbol", symbol);
    put_string(&members, "timeframe", timeframe);
    return begin(self, "data", &members, on_reply, context);
}

indsub_err_t indsub_history(indsub_t *self, const char *symbol, const char *timeframe,
                            const indsub_range_t *range, indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    if (!symbol || !timeframe)
        return refuse_nothing(self);
    put_string(&members, "symbol", symbol);
    put_string(&members, "timeframe", timeframe);
    if (range) {
        put_time(&members, "from", range->from_ms);
        put_time(&members, "to", range->to_ms);
        if (range->limit > 0)
            put_count(&members, "limit", range->limit);
    }
    return begin(self, "history", &members, on_reply, context);
}

indsub_err_t indsub_resync(indsub_t *self, uint64_t last_seq, indsub_reply_fn *on_reply,
                           void *context)
{
    struct text members = {0};
    text_put_format(&members, "\"last_seq\":%llu", (unsigned long long)last_seq);
    return begin(self, "resync", &members, on_reply, context);
}

indsub_err_t indsub_catalog(indsub_t *self, const char *name, indsub_reply_fn *on_reply,
                            void *context)
{
    struct text members = {0};
    put_string(&members, "name", name);
    return begin(self, "catalog", &members, on_reply, context);
}

indsub_err_t indsub_symbols(indsub_t *self, const char *match, const char *underlying,
                            indsub_reply_fn *on_reply, void *context)
{
    struct text members = {0};
    put_string(&members, "match", match);
    put_string(&members, "underlying", underlying);
    return begin(self, "symbols", &members, on_reply, context);
}

indsub_err_t indsub_stats(indsub_t *self, indsub_reply_fn *on_reply, void *context)
{
    struct text none = {0};
    return begin(self, "stats", &none, on_reply, context);
}

indsub_err_t indsub_refresh(indsub_t *self, const char *token, indsub_reply_fn *on_reply,
                            void *context)
{
    struct text members = {0};
    if (!token || !client_set_string(&self->offered_token, token))
        return client_fail(self, token ? INDSUB_ERR_NO_MEMORY : INDSUB_ERR_MISUSE,
                           token ? "no memory for a token" : "a token is missing");
    put_string(&members, "token", token);
    return begin(self, "refresh", &members, on_reply, context);
}

indsub_err_t indsub_close(indsub_t *self, indsub_reply_fn *on_reply, void *context)
{
    struct text none = {0};
    return begin(self, "close", &none, on_reply, context);
}

indsub_err_t indsub_request(indsub_t *self, const char *type, const char *members,
                            indsub_reply_fn *on_reply, void *context)
{
    struct text text = {0};
    if (!type)
        return client_fail(self, INDSUB_ERR_MISUSE, "a request has a type");
    text_put_string(&text, members ? members : "");
    return begin(self, type, &text, on_reply, context);
}
