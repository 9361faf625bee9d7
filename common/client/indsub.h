/* indsub - receive market data and indicators from indsubd.
 *
 *      indsub_t *client = indsub_new("tcp://127.0.0.1:5570");
 *      indsub_on_update(client, show, NULL);
 *      indsub_open(client, token, NULL, NULL, NULL);
 *      indsub_subscription_t what = {
 *          .symbol = "NIFTY50", .timeframe = "5min", .indicators = "RSI(14) MACD(12,26,9)"};
 *      indsub_subscribe(client, &what, NULL, NULL);
 *      while (indsub_poll(client, -1) == INDSUB_OK)
 *          ;
 *      indsub_destroy(&client);
 *
 * A client is one session. It keeps itself alive, and whole: when the connection is lost, the
 * daemon starts anew or messages go missing, it connects again, asks again for what it had
 * subscribed to, and fills the gap, so that every closed bar reaches its callback once and in
 * order.
 *
 * Requests come in two manners. With a reply callback a request returns at once, and the callback
 * is called from a later indsub_poll. Without one (NULL) it waits for the answer and returns its
 * code; other callbacks may be called meanwhile. In a callback only the first manner is allowed.
 *
 * There is no global state: a process may have any number of clients, each used by one thread at a
 * time. Nothing is printed, no signal handler is set, and nothing aborts for want of memory. After
 * a fork the child may do one thing with a client of its parent: indsub_destroy.
 *
 * Strings are UTF-8; times are milliseconds since 1970-01-01 UTC. What a callback is given is lent
 * to it until it returns. */
#ifndef INDSUB_H
#define INDSUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define INDSUB_API __attribute__((visibility("default")))
#else
#define INDSUB_API
#endif

#define INDSUB_DEFAULT_ENDPOINT "tcp://127.0.0.1:5570"
#define INDSUB_NO_TIME          INT64_MIN

typedef struct indsub indsub_t;
typedef struct indsub_update indsub_update_t;
typedef struct indsub_reply indsub_reply_t;

/* ---- errors -------------------------------------------------------------------------- */

typedef enum indsub_err {
    INDSUB_OK = 0,
    /* What the daemon answers; see indsub-protocol(7). */
    INDSUB_ERR_BAD_REQUEST,
    INDSUB_ERR_UNSUPPORTED_PROTOCOL,
    INDSUB_ERR_KEY_REQUIRED,
    INDSUB_ERR_UNAUTHENTICATED,
    INDSUB_ERR_TOKEN_EXPIRED,
    INDSUB_ERR_FORBIDDEN,
    INDSUB_ERR_NOT_OPEN,
    INDSUB_ERR_ALREADY_OPEN,
    INDSUB_ERR_SESSION_IN_USE,
    INDSUB_ERR_UNKNOWN_SYMBOL,
    INDSUB_ERR_UNKNOWN_TIMEFRAME,
    INDSUB_ERR_UNKNOWN_INDICATOR,
    INDSUB_ERR_BAD_PARAMETER,
    INDSUB_ERR_NO_SUBSCRIPTION,
    INDSUB_ERR_QUOTA_EXCEEDED,
    INDSUB_ERR_TOO_LARGE,
    INDSUB_ERR_RATE_LIMITED,
    INDSUB_ERR_BUSY,
    INDSUB_ERR_INTERNAL,
    INDSUB_ERR_OTHER, /* a code that this library does not know: see the message */
    /* What happens on this side. */
    INDSUB_ERR_NO_DAEMON, /* nobody answers at the endpoint */
    INDSUB_ERR_TIMEOUT,   /* connected, but no answer in time */
    INDSUB_ERR_NO_MEMORY,
    INDSUB_ERR_MISUSE,      /* the call makes no sense here or so; nothing was sent */
    INDSUB_ERR_INTERRUPTED, /* a signal came while waiting */
    INDSUB_ERR_PROTOCOL,    /* the daemon said something that is not the protocol */
    INDSUB_ERR_SYSTEM       /* a system call or libzmq failed */
} indsub_err_t;

/* "UNKNOWN_SYMBOL", "NO_DAEMON", ...; "OK". */
INDSUB_API const char *indsub_err_name(indsub_err_t err);

/* The version of the library that is loaded, "0.1.0". */
INDSUB_API const char *indsub_version(void);

/* ---- updates: a bar and its indicators ----------------------------------------------- */

typedef struct indsub_bar {
    int64_t start_ms; /* its name */
    bool closed;      /* false: still forming */
    double open, high, low, close, volume;
} indsub_bar_t;

/* One number of one indicator; NAN while it is not warm. */
typedef struct indsub_value {
    const char *id;     /* "MACD_12_26_9" */
    const char *output; /* "MACDh"; NULL if the indicator has one output */
    double value;
} indsub_value_t;

/* Why an update comes. */
typedef enum indsub_origin {
    INDSUB_LIVE,     /* the stream */
    INDSUB_SNAPSHOT, /* how things stood when it was subscribed to */
    INDSUB_HISTORY,  /* earlier bars, asked for with the subscription or by indsub_history */
    INDSUB_RECOVERED /* a closed bar that was missed and has been asked for again */
} indsub_origin_t;

INDSUB_API const char *indsub_update_symbol(const indsub_update_t *self);
INDSUB_API const char *indsub_update_timeframe(const indsub_update_t *self);
/* The market's time: of the newest tick in it. */
INDSUB_API int64_t indsub_update_time_ms(const indsub_update_t *self);
INDSUB_API const indsub_bar_t *indsub_update_bar(const indsub_update_t *self);
INDSUB_API indsub_origin_t indsub_update_origin(const indsub_update_t *self);
/* An indicator's value by its id, and by the name of its output (NULL: the first). NAN if it is not
 * warm, or not there. */
INDSUB_API double indsub_update_value(const indsub_update_t *self, const char *id,
                                      const char *output);
/* All values, in the daemon's order. */
INDSUB_API size_t indsub_update_n_values(const indsub_update_t *self);
INDSUB_API const indsub_value_t *indsub_update_value_at(const indsub_update_t *self, size_t i);
/* Any number of the body by its dotted path: "greeks.iv", "greeks.call.delta", "oi.pcr". NAN where
 * there is none. */
INDSUB_API double indsub_update_number(const indsub_update_t *self, const char *path);
/* The JSON as the daemon wrote it; not NUL-terminated. */
INDSUB_API const char *indsub_update_body(const indsub_update_t *self, size_t *size);

/* Reads a body that was kept. NULL if it is no market_update, or there is no memory; else the
 * caller destroys it. */
INDSUB_API indsub_update_t *indsub_update_parse(const char *body, size_t size);
INDSUB_API void indsub_update_destroy(indsub_update_t **self);

/* ---- a client ------------------------------------------------------------------------ */

/* A client of the daemon at that endpoint (NULL: INDSUB_DEFAULT_ENDPOINT). Connects when the first
 * request is made. NULL if there is no memory, or no descriptor to be had. */
INDSUB_API indsub_t *indsub_new(const char *endpoint);
/* Ends it at once, without waiting, and sets *self to NULL; *self may be NULL. The daemon keeps the
 * session for a while unless indsub_close was called before. Not in a callback. */
INDSUB_API void indsub_destroy(indsub_t **self);

/* Before indsub_open: how long a request may wait for its answer (5000 ms); who the client says it
 * is (at most 64 bytes); that it makes requests only and wants nothing pushed. */
INDSUB_API void indsub_set_timeout(indsub_t *self, unsigned timeout_ms);
INDSUB_API indsub_err_t indsub_set_name(indsub_t *self, const char *name);
INDSUB_API void indsub_set_requests_only(indsub_t *self, bool requests_only);

/* Before anything connects: encrypts what goes to and fro (CURVE). server_key: the daemon's public
 * key of 40 characters, or a file with its certificate; NULL: nothing is encrypted. certificate: a
 * file with a secret certificate of one's own, as indsub-cli keygen makes it, that nobody else may
 * read; NULL: a fresh key, for a daemon that lets any in. INDSUB_ERR_MISUSE where that is not so.
 */
INDSUB_API indsub_err_t indsub_set_curve(indsub_t *self, const char *server_key,
                                         const char *certificate);

/* ---- what it calls ------------------------------------------------------------------- */

/* Each is called from within indsub_poll or a waiting request, with the context that was given with
 * it. NULL calls nobody. */

typedef void indsub_update_fn(indsub_t *self, const indsub_update_t *update, void *context);
INDSUB_API void indsub_on_update(indsub_t *self, indsub_update_fn *fn, void *context);

/* A word of the daemon: TOKEN_EXPIRING, FEED_STALE, SHUTDOWN, ... Members that it lacks are NULL or
 * INDSUB_NO_TIME. */
typedef struct indsub_notice {
    const char *code, *message, *symbol, *timeframe;
    int64_t bar_ms;
} indsub_notice_t;
typedef void indsub_notice_fn(indsub_t *self, const indsub_notice_t *notice, void *context);
INDSUB_API void indsub_on_notice(indsub_t *self, indsub_notice_fn *fn, void *context);

/* All of this session's symbols on that timeframe have closed this bar. */
typedef void indsub_bar_complete_fn(indsub_t *self, const char *timeframe, int64_t bar_ms,
                                    void *context);
INDSUB_API void indsub_on_bar_complete(indsub_t *self, indsub_bar_complete_fn *fn, void *context);

/* What happened to the session; the client mends it, so there is nothing to do but to know. */
typedef enum indsub_event_kind {
    INDSUB_OPENED,     /* the session is open for the first time */
    INDSUB_LOST,       /* the connection is gone or the daemon silent; it is being mended */
    INDSUB_RESUMED,    /* after INDSUB_LOST: all is as if nothing had happened */
    INDSUB_GAP_FILLED, /* messages had gone missing, and have been made up for */
    INDSUB_ENDED       /* it cannot be mended (see err): open it again with another token */
} indsub_event_kind_t;

typedef struct indsub_event {
    indsub_event_kind_t kind;
    indsub_err_t err;
    const char *text;   /* a sentence */
    size_t n_recovered; /* closed bars that were missed and have been delivered now */
    bool restarted;     /* the daemon had to be told everything anew */
} indsub_event_t;
typedef void indsub_event_fn(indsub_t *self, const indsub_event_t *event, void *context);
INDSUB_API void indsub_on_event(indsub_t *self, indsub_event_fn *fn, void *context);

/* What is public; see indsub_listen. */
typedef void indsub_public_fn(indsub_t *self, const char *topic, const char *body, size_t size,
                              void *context);
INDSUB_API void indsub_on_public(indsub_t *self, indsub_public_fn *fn, void *context);

/* ---- going round --------------------------------------------------------------------- */

/* Waits until something has happened, at most timeout_ms (negative: as long as it takes), and calls
 * back for all that has. Returns early, with INDSUB_OK, when a signal comes. */
INDSUB_API indsub_err_t indsub_poll(indsub_t *self, int timeout_ms);

/* For a loop of one's own: wait until indsub_fd is readable, at most indsub_timeout_ms (-1: no
 * limit), then call indsub_poll(self, 0). Ask for both again each time round; the descriptor stays
 * the same. */
INDSUB_API int indsub_fd(const indsub_t *self);
INDSUB_API int indsub_timeout_ms(indsub_t *self);

/* The sentence of what failed last. */
INDSUB_API const char *indsub_last_error(const indsub_t *self);

/* ---- requests ------------------------------------------------------------------------ */

/* The answer to a request. */
typedef void indsub_reply_fn(indsub_t *self, const indsub_reply_t *reply, void *context);

INDSUB_API indsub_err_t indsub_reply_error(const indsub_reply_t *self);
/* The name of the error's code, also of one that this library does not know. */
INDSUB_API const char *indsub_reply_code(const indsub_reply_t *self);
/* The sentence of the error; "" if there was none. */
INDSUB_API const char *indsub_reply_message(const indsub_reply_t *self);
/* "subscribed", "history", ..., "error"; "" if no answer came. */
INDSUB_API const char *indsub_reply_type(const indsub_reply_t *self);
/* The JSON as it came, NUL-terminated; NULL if no answer came. */
INDSUB_API const char *indsub_reply_body(const indsub_reply_t *self, size_t *size);
/* The bars in it (of history, data, subscribe), oldest first. */
INDSUB_API size_t indsub_reply_n_updates(const indsub_reply_t *self);
INDSUB_API const indsub_update_t *indsub_reply_update(const indsub_reply_t *self, size_t i);

/* The answer to the last request that waited for it; NULL before. Stays until the next one. */
INDSUB_API const indsub_reply_t *indsub_last_reply(const indsub_t *self);

/* Opens the session. session_id may be NULL: the token or the daemon says it. */
INDSUB_API indsub_err_t indsub_open(indsub_t *self, const char *token, const char *session_id,
                                    indsub_reply_fn *on_reply, void *context);

typedef enum indsub_updates {
    INDSUB_UPDATES_AS_BEFORE, /* every tick, if it is the first subscription of its kind */
    INDSUB_UPDATES_TICK,
    INDSUB_UPDATES_CLOSE /* closed bars only */
} indsub_updates_t;

typedef struct indsub_subscription {
    const char *symbol;
    const char *timeframe;
    const char *indicators; /* "RSI(14) MACD(12,26,9)": short forms with blanks between them; or a
                               JSON object of one's own ids: {"mine":{"name":"RSI"}} */
    indsub_updates_t updates;
    unsigned throttle_ms; /* at most one forming bar in that time */
    unsigned history;     /* so many closed bars come first, as updates */
    bool atomic;          /* all or nothing */
    uintptr_t reserved[4];
} indsub_subscription_t;

/* Adds indicators to what the session has on that symbol and timeframe. Afterwards the history that
 * was asked for and a snapshot are delivered as updates. Indicators that are refused are named in
 * the reply's "rejected"; it is an error only if all are, or with `atomic`. */
INDSUB_API indsub_err_t indsub_subscribe(indsub_t *self, const indsub_subscription_t *what,
                                         indsub_reply_fn *on_reply, void *context);
/* Ends everything (symbol NULL), one symbol and timeframe (ids NULL), or the ids named there with
 * blanks between them. */
INDSUB_API indsub_err_t indsub_unsubscribe(indsub_t *self, const char *symbol,
                                           const char *timeframe, const char *ids,
                                           indsub_reply_fn *on_reply, void *context);
INDSUB_API indsub_err_t indsub_list(indsub_t *self, indsub_reply_fn *on_reply, void *context);
/* How a subscription stands now. */
INDSUB_API indsub_err_t indsub_data(indsub_t *self, const char *symbol, const char *timeframe,
                                    indsub_reply_fn *on_reply, void *context);

typedef struct indsub_range {
    int64_t from_ms, to_ms; /* INDSUB_NO_TIME: not limited. With from_ms the oldest bars come, */
    unsigned limit;         /* else the newest; 0: the daemon's default */
} indsub_range_t;

/* Closed bars of a subscription, with its indicators; range may be NULL. */
INDSUB_API indsub_err_t indsub_history(indsub_t *self, const char *symbol, const char *timeframe,
                                       const indsub_range_t *range, indsub_reply_fn *on_reply,
                                       void *context);
/* The closed bars given out after that number of the stream. The client does this by itself where
 * it is needed. */
INDSUB_API indsub_err_t indsub_resync(indsub_t *self, uint64_t last_seq, indsub_reply_fn *on_reply,
                                      void *context);
/* What indicators there are (name NULL), or one of them. */
INDSUB_API indsub_err_t indsub_catalog(indsub_t *self, const char *name, indsub_reply_fn *on_reply,
                                       void *context);
/* What symbols there are; match is a pattern such as "NIFTY*", underlying a symbol, both may be
 * NULL. */
INDSUB_API indsub_err_t indsub_symbols(indsub_t *self, const char *match, const char *underlying,
                                       indsub_reply_fn *on_reply, void *context);
INDSUB_API indsub_err_t indsub_stats(indsub_t *self, indsub_reply_fn *on_reply, void *context);
/* A newer token of the same user, before the old one expires. */
INDSUB_API indsub_err_t indsub_refresh(indsub_t *self, const char *token, indsub_reply_fn *on_reply,
                                       void *context);
/* Ends the session: its subscriptions end with it. */
INDSUB_API indsub_err_t indsub_close(indsub_t *self, indsub_reply_fn *on_reply, void *context);
/* A request of any type. members: those of the request as JSON without the braces
 * ("\"match\":\"N*\""), or NULL. */
INDSUB_API indsub_err_t indsub_request(indsub_t *self, const char *type, const char *members,
                                       indsub_reply_fn *on_reply, void *context);

/* ---- what is known of the session ---------------------------------------------------- */

INDSUB_API bool indsub_is_open(const indsub_t *self);                /* and not being mended */
INDSUB_API bool indsub_is_connected(const indsub_t *self);           /* there is a connection */
INDSUB_API const char *indsub_session_id(const indsub_t *self);      /* NULL before it is open */
INDSUB_API const char *indsub_public_endpoint(const indsub_t *self); /* likewise */
/* The age of the feed's newest tick as the daemon told it last; -1 if it has not. */
INDSUB_API int64_t indsub_feed_age_ms(const indsub_t *self);

/* ---- what is public ------------------------------------------------------------------ */

/* Listens to the topics that start with `topic` ("status", "tape/NIFTY50/1min") on the public
 * socket. endpoint may be NULL once the session is open. Needs no session. A second endpoint is
 * added to the first. */
INDSUB_API indsub_err_t indsub_listen(indsub_t *self, const char *endpoint, const char *topic);

#ifdef __cplusplus
}
#endif
#endif
