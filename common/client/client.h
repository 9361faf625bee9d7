/* client - what the library's own files know of a client.
 *
 *      requests.c   the public requests as JSON          ─┐
 *      calls.c      who waits for which answer            ├─► client.c ─► link (sockets)
 *      session.c    what answers and the stream mean      │   goes round
 *      heal.c       from "something is missing" to whole ─┘
 */
#ifndef INDSUB_CLIENT_CLIENT_H
#define INDSUB_CLIENT_CLIENT_H

#include <sys/queue.h>

#include "common/client/backoff.h"
#include "common/client/held.h"
#include "common/client/indsub.h"
#include "common/client/link.h"
#include "common/client/reply.h"
#include "common/client/stream.h"
#include "common/client/text.h"

/* A request without an answer yet. */
struct call {
    TAILQ_ENTRY(call) entry;
    int64_t id;
    char *frame; /* as it is sent */
    size_t size;
    char *mode; /* of a subscribe: how it is to be delivered, for asking again; or NULL */
    int64_t deadline_ms;
    indsub_reply_fn *fn;
    void *context;
    bool is_waited;   /* a caller waits in it: fn is NULL */
    bool is_internal; /* made by heal or the heartbeat */
    bool is_open;     /* the `open` request */
    bool is_sent;     /* on the connection there is now */
};
TAILQ_HEAD(calls, call);

enum phase {
    PHASE_CLOSED,
    PHASE_OPENING, /* the user's `open` is under way */
    PHASE_OPEN,
    PHASE_HEALING /* it was open and will be; requests and stream wait */
};

enum heal_step { HEAL_WAIT_LINK, HEAL_RESYNC, HEAL_OPEN, HEAL_SERIES };

struct heal {
    enum heal_step step;
    bool after_loss; /* the user has been told that it is lost */
    bool after_gap;  /* messages were missing */
    bool restarted;  /* the daemon did not know the session any more */
    bool gap_again;  /* another gap since the resync was asked for */
    size_t n_recovered, n_refused;
    int64_t since_ms;
    struct backoff backoff;   /* of the steps */
    int64_t retry_ms;         /* when to try the step again; INT64_MAX: it is under way */
    int64_t refused_retry_ms; /* when to try what was refused; INT64_MAX: nothing was */
    char trouble[280];        /* the first refusal, "" if there was none */
    struct held held;
};

struct indsub {
    struct link link;
    struct stream stream;
    struct calls calls; /* oldest first */
    struct heal heal;
    struct backoff refused_backoff; /* of what was refused: over one heal after another */
    enum phase phase;
    char *endpoint, *name;
    bool requests_only;
    unsigned timeout_ms;
    char *token, *offered_token; /* in use; of a `refresh` under way */
    char *wanted_session_id;
    char *session_id, *public_endpoint, *epoch; /* as the daemon said */
    unsigned history_max;                       /* bars in one `history` */
    int64_t heartbeat_ms, next_heartbeat_ms;
    int64_t feed_age_ms;
    int64_t last_id;
    bool in_callback;
    bool no_memory; /* something was lost for want of memory since indsub_poll last told */
    char error[320];
    struct indsub_reply last_reply;
    bool has_last_reply;
    int64_t waited_id; /* of the call that a caller waits for; 0: nobody does */
    indsub_err_t waited_err;

    indsub_update_fn *on_update;
    indsub_notice_fn *on_notice;
    indsub_bar_complete_fn *on_bar_complete;
    indsub_event_fn *on_event;
    indsub_public_fn *on_public;
    void *update_context, *notice_context, *bar_complete_context, *event_context, *public_context;
};

int64_t client_now_ms(void);
/* Notes the sentence of an error and returns its code. */
indsub_err_t client_fail(indsub_t *self, indsub_err_t err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void client_note_no_memory(indsub_t *self);
/* Puts a copy of value (NULL: nothing) in *place; false without memory, then *place stays. */
bool client_set_string(char **place, const char *value);

/* ---- calls --------------------------------------------------------------------------- */

struct call_options {
    indsub_reply_fn *fn;
    void *context;
    char *mode; /* taken */
    bool is_internal, is_open;
};
/* Begins a request of that type; takes members. Without fn it waits for the answer. */
indsub_err_t calls_begin(indsub_t *self, const char *type, struct text *members,
                         struct call_options options);
/* Sends what may be sent and has not been. */
void calls_send(indsub_t *self);
/* Gives up internal calls: an answer that still comes is passed over. */
void calls_drop_internal(indsub_t *self);
/* The connection is gone: nothing counts as sent, internal calls are given up. */
void calls_on_link_down(indsub_t *self);
void calls_take_reply(indsub_t *self, const char *body, size_t size);
void calls_expire(indsub_t *self, int64_t now_ms);
int64_t calls_next_ms(const indsub_t *self);
/* Answers every call that is not internal with that failure. */
void calls_fail_all(indsub_t *self, indsub_err_t err, const char *message);
void calls_destroy(indsub_t *self);

/* ---- requests ------------------------------------------------------------------------ */

/* The members of the `open` request. */
void requests_put_open(const indsub_t *self, struct text *members);

/* ---- session ------------------------------------------------------------------------- */

/* What a good answer changes, before its callback is called. */
void session_absorb(indsub_t *self, const struct call *call, const struct indsub_reply *reply);
/* What comes after the callback: bars to deliver, an event. */
void session_follow_up(indsub_t *self, const struct call *call, const struct indsub_reply *reply);
/* Notes what `opened` says; gives whether it is the session that it was before. */
bool session_store_opened(indsub_t *self, const struct indsub_reply *reply);
void session_take_item(indsub_t *self, struct span seq, struct span body);
/* was_held: it waited for older bars, and may have become old itself. */
void session_take_body(indsub_t *self, const char *body, size_t size, bool was_held);
/* Delivers a bar unless it has been; true if it was. */
bool session_deliver(indsub_t *self, const struct indsub_update *update);
void session_tell_event(indsub_t *self, const indsub_event_t *event);
void session_heartbeat(indsub_t *self, int64_t now_ms);

/* ---- heal ---------------------------------------------------------------------------- */

void heal_on_link_down(indsub_t *self);
void heal_on_link_up(indsub_t *self);
void heal_on_silence(indsub_t *self);
void heal_on_gap(indsub_t *self);
/* The daemon will not have a connection: why is in link.refused. */
void heal_on_refused(indsub_t *self);
/* The daemon knows nothing of the session. */
void heal_on_not_open(indsub_t *self);
/* An `open` was answered after it had been given up: libzmq sends what it could not send on one
 * connection on the next one. Changes nothing unless the session is being mended. */
void heal_on_late_opened(indsub_t *self, const indsub_reply_t *reply);
/* Closed bars of this subscription were left out. */
void heal_on_lagging(indsub_t *self, const char *symbol, const char *timeframe);
/* The session has been opened anew by the user while subscriptions were remembered. */
void heal_on_new_session(indsub_t *self);
void heal_on_time(indsub_t *self, int64_t now_ms);
int64_t heal_next_ms(const indsub_t *self);

#endif
