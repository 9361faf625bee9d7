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
    MEMBER_FLAG,  /* true or false */
    MEMBER_TIME,  /* RFC 3339, or milliseconds since 1970 */
    MEMBER_LIST,
    MEMBER_ANY
};

struct request_member {
    const char *name;
    enum member_kind kind;
    bool required;
};

/* What the check of a token under a public key takes, in steps: a bar of a plain indicator is one.
 */
enum { REQUEST_TOKEN_STEPS = 16000 };

enum request_needs { NEEDS_NOTHING, NEEDS_SESSION, NEEDS_ADMIN };

/* The id of a message, to be echoed: borrowed JSON text, NULL if there is none. */
struct request_id {
    const char *text;
    size_t size;
};

/* One request while it is answered. Unless said otherwise, pointers are borrowed. */
struct call {
    /* From the caller of request_answer. */
    struct core *core;
    struct now now;
    const char *key; /* SESSION_KEY_SIZE bytes, or NULL if the routing id is no key */
    uint64_t connection;
    struct session *session; /* of that key, NULL if it has none; `open` sets it */
    bool is_restoring;       /* the daemon asks itself, to restore a session: no limit of rate */
    bool is_admitted;        /* it has been counted already */
    bool must_wait;          /* nothing that is long may be begun */

    /* Of a request that takes long. */
    bool waits;            /* it has not been answered: it has to be asked again */
    struct errand *errand; /* what has to be done first, and then is; owned */

    /* For the handler. */
    const cJSON *message;
    struct request_id id; /* of the message */
    size_t size;          /* of its text */
    uint64_t steps;       /* it has taken beside the bars that indicators were carried through */
    struct buf *reply;    /* takes the reply's members after type and id, a comma before each */
    struct buf *details;  /* of an error: takes a JSON object, or nothing */
    struct err *err;

    /* For the caller: what is to be done once the reply is on its way. */
    struct subscription *shows; /* whose bar as it stands is in the reply, NULL if none is */
    bool snapshots_due;         /* the session is to be sent fresh snapshots */
    bool ends_session;
    bool has_changed; /* the session's row in the store is to be written anew */
    bool is_flood;    /* the connection is to be cut off */
};

struct request {
    const char *type, *reply; /* as they are on the wire */
    enum request_needs needs;
    bool outlives_token; /* may also be asked after the session's token has expired */
    struct request_member members[REQUEST_MEMBERS_MAX + 1];
    bool changes_session; /* its row in the store is to be written anew */
    /* Its reply can be long: BUSY where there is no room for it to wait, and not begun while
     * another of the user's is under way. */
    bool is_long;
    /* Of a request that can take long: checks it, and begins call->errand if it does. NULL: it
     * never does. */
    enum err_code (*begin)(struct call *call);
    enum err_code (*handle)(struct call *call);
};

extern const struct request *const REQUESTS[];
size_t request_count(void);

/* Counts a request of that size. False, and err is filled, if there have been too many. */
bool request_admit(struct call *call, size_t size, struct err *err);

/* Answers one request, of which text is the client's frame; NULL if it sent another number of them.
 * Returns the whole reply, which the caller has to release; call then says what else is to be done.
 * Returns NULL, with call->waits, if it takes long: call->errand (if it has been begun) is to be
 * carried out, and the same request to be answered with it. */
struct body *request_answer(struct call *call, const char *text, size_t size);
/* The reply to a request that is refused before it is looked at. */
struct body *request_refuse(struct call *call, const char *text, size_t size,
                            const struct err *why);

/* An id must be a string or an integer; there may be none. */
enum err_code request_check_id(const cJSON *message, struct err *err);
/* text is what the message was read from; message NULL: it could not be read. An id that no message
 * may have counts as none. */
struct request_id request_id_of(const cJSON *message, const char *text, size_t size);

/* For handlers: members that the row has declared. NULL, or `otherwise`, if the client left them
 * out. */
const char *call_text(const struct call *call, const char *name);
int64_t call_count(const struct call *call, const char *name, int64_t otherwise);
bool call_flag(const struct call *call, const char *name, bool otherwise);
const cJSON *call_member(const struct call *call, const char *name);
/* A time. False, and err is filled, if it is there but is no time; *ms stays as it is if it was
 * left out. */
bool call_time(const struct call *call, const char *name, int64_t *ms);
/* The members `symbol` and `timeframe`. Errors: UNKNOWN_SYMBOL, with the nearest that the session
 * may see, UNKNOWN_TIMEFRAME. */
enum err_code call_series(struct call *call, struct listing **listing, enum timeframe *timeframe);

/* n names have been looked through, each compared with `size` bytes: that counts, too. */
void call_note_names(struct call *call, size_t n, size_t size);

/* Appends an error reply to the request of that id. details is a JSON object, NULL or empty if
 * there are none. */
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
