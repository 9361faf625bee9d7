/* request - what clients may ask: a row for each type, with its members and its handler.
 *
 * A request is answered with exactly one reply. Members are checked against the row before the
 * handler sees them, so a handler reads what is there and of its kind. Adding a request is one row
 * and its handler in a req_*.c, and its name in request.c's list. */
#ifndef INDSUB_CONTROL_REQUEST_H
#define INDSUB_CONTROL_REQUEST_H

#include <cjson/cJSON.h>

#include "daemon/control/core.h"
#include "daemon/control/errand.h"

enum { REQUEST_MEMBERS_MAX = 9, REQUEST_ID_MAX = 128 };

enum member_kind {
    MEMBER_NONE, /* ends the list */
    MEMBER_TEXT,
    MEMBER_COUNT, /* a whole number >= 0 */
    MEMBER_FLAG,
    MEMBER_TIME, /* RFC 3339, or milliseconds since 1970 */
    MEMBER_LIST,
    MEMBER_ANY
};

struct request_member {
    const char *name;
    enum member_kind kind;
    bool required;
};

enum request_needs { NEEDS_NOTHING, NEEDS_SESSION, NEEDS_ADMIN };

/* What a message has for an id, as it is to be echoed: borrowed JSON text, NULL if there is none.
 */
struct request_id {
    const char *text;
    size_t size;
};

/* What a handler works with. */
struct call {
    struct core *core;
    struct now now;
    const char *key; /* SESSION_KEY_SIZE bytes, or NULL where the routing id is no key */
    uint64_t connection;
    struct session *session; /* of that key; NULL before open and after close */
    bool is_restoring;       /* the request is the daemon's own: no rate is limited */
    bool is_flood;           /* nothing more is to be taken from that connection */
    bool is_admitted;        /* it has been counted already */
    bool must_wait;          /* nothing that is long may be begun */
    bool waits;              /* it has not been answered: it has to be asked again */
    struct errand *errand;   /* what has to be done first, and then is: owned */
    const cJSON *message;
    struct request_id id; /* of the message */
    size_t size;          /* of its text */
    uint64_t steps;    /* what it has taken beside the bars that indicators were carried through */
    struct buf *reply; /* members after type and id, each with a comma before it */
    struct buf *details; /* of an error, a JSON object; empty if none */
    struct err *err;
    struct subscription *shows; /* whose bar as it stands is in the reply, NULL if none is */
    bool snapshots_due;         /* the session is to be sent fresh snapshots after the reply */
    bool ends_session;          /* after the reply */
    bool has_changed;           /* what is to be kept of the session */
};

struct request {
    const char *type, *reply;
    enum request_needs needs;
    struct request_member members[REQUEST_MEMBERS_MAX + 1];
    bool changes_session; /* what is to be kept of it */
    bool is_long;         /* its reply can be: BUSY where there is no room for it to wait */
    /* Where it can take long: checks it, and begins call->errand if it does. NULL: it never does.
     */
    enum err_code (*begin)(struct call *call);
    enum err_code (*handle)(struct call *call);
};

extern const struct request *const REQUESTS[];
size_t request_count(void);

/* Counts a request of that size. False (err filled) if there have been too many. */
bool request_admit(struct call *call, size_t size, struct err *err);

/* Answers one request: text is the client's frame, NULL where it sent another number of them. Fills
 * call->session as it is afterwards and returns the whole reply, held once. NULL with call->waits:
 * it takes long. Then call->errand (if it has been begun) is to be carried out, and the same
 * request to be answered with it. */
struct body *request_answer(struct call *call, const char *text, size_t size);
/* The reply to one that is refused before it is looked at. */
struct body *request_refuse(struct call *call, const char *text, size_t size,
                            const struct err *why);

/* An id must be a string or an integer; there may be none. */
enum err_code request_check_id(const cJSON *message, struct err *err);
/* text is what the message (NULL: none) was read from. An id that may not be is none. */
struct request_id request_id_of(const cJSON *message, const char *text, size_t size);

/* For handlers: members that the row has declared. NULL, or `otherwise`, where they are left out.
 */
const char *call_text(const struct call *call, const char *name);
int64_t call_count(const struct call *call, const char *name, int64_t otherwise);
bool call_flag(const struct call *call, const char *name, bool otherwise);
const cJSON *call_member(const struct call *call, const char *name);
/* A time; false (err filled) if it is there and no time. *ms stays if it is not there. */
bool call_time(const struct call *call, const char *name, int64_t *ms);
/* The symbol and timeframe members. Errors: UNKNOWN_SYMBOL (with the nearest), UNKNOWN_TIMEFRAME.
 */
enum err_code call_series(struct call *call, struct listing **listing, enum timeframe *timeframe);

/* So many names have been looked through, each compared with `size` bytes: that counts, too. */
void call_note_names(struct call *call, size_t n, size_t size);

/* Appends an error as it is told to whoever sent the request of that id. details is a JSON object;
 * NULL or empty: there are none. */
void put_error(struct buf *out, struct request_id id, const struct err *err,
               const struct buf *details);
/* Appends ,"id":... if there is one. */
void put_id(struct buf *out, struct request_id id);
/* More values than a reply may have are asked for. */
enum err_code refuse_history(const struct call *call);

/* Appends the member that says which sockets are encrypted. */
void put_curve(struct buf *out, const struct core_settings *settings);
/* Appends the array of a session's subscriptions, as `list` has it. */
void put_subscriptions(struct buf *out, const struct session *session);

#endif
