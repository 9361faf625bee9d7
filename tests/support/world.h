/* world - an engine in a process of its own making: virtual time, recorded deliveries, no sockets.
 */
#ifndef INDSUB_TESTS_WORLD_H
#define INDSUB_TESTS_WORLD_H

#include <cjson/cJSON.h>

#include "daemon/engine.h"
#include "tests/support/rows.h"

#define WORLD_OPEN_MS  INT64_C(1762227900000) /* 2025-11-04, 09:15 in Kolkata, a Tuesday */
#define WORLD_START_MS (WORLD_OPEN_MS + 7 * 86400000LL) /* of the wall clock */
enum { WORLD_CLIENTS_MAX = 400, WORLD_MINUTE_MS = 60000 };

/* One client as the engine sees it: a key, a connection, what it was sent. */
struct client {
    char key[SESSION_KEY_SIZE + 1];
    uint64_t connection;
    bool is_there;     /* else a push finds nobody */
    bool is_reading;   /* else a push is refused */
    struct buf stream; /* "seq body\n" for each item, as it came */
    struct buf closed; /* the bodies of closed bars, a line each */
    struct buf reply;  /* the newest */
    struct buf all;    /* replies and items as they came, a line each: "R reply", "S seq body" */
    size_t n_replies, n_items, n_messages;
    uint64_t seq; /* of the newest item; checked to have no gap, but for a new session's first */
};

struct world {
    struct core_settings settings;
    struct calendar *calendar;
    struct token_keys *keys;
    struct engine *engine;
    struct now now;
    struct client clients[WORLD_CLIENTS_MAX];
    size_t n_clients;
    struct buf public; /* "topic body\n" */
    struct buf feed;   /* what the feeder was sent, a line each */
    uint64_t feed_seq;
    uint64_t last_cut; /* the connection that was ended last */
    size_t n_cut;
    uint64_t random;
    struct rows *rows;   /* what is kept over world_kill; NULL: nothing */
    struct batch *batch; /* under way to there */
};

struct world *world_new(void);
/* The same with some settings changed before the engine starts. */
struct world *world_new_with(void (*change)(struct core_settings *settings));
/* The same, but what is random is always the same: two worlds with the same life are alike. */
struct world *world_new_repeatable(void (*change)(struct core_settings *settings));
/* The same, and it keeps what it has over its end. */
struct world *world_new_kept(void (*change)(struct core_settings *settings));
void world_destroy(struct world **self);

/* The batch under way is kept, or is not; there may be none. */
void world_settle(struct world *self, bool kept);
/* The engine is gone, with the batch under way, and another begins with what was kept. Clients have
 * lost their connections. */
void world_kill(struct world *self);

/* What tokens are signed with here. */
const char *world_secret(void);
/* A token with those claims, good for an hour if they have no expiry, signed with that secret
 * (NULL: with the right one). For free. */
char *world_mint(const struct world *self, struct token_claims claims, const char *secret);

/* A new client of that user, with a session of that name (NULL: made up), open and reading. */
struct client *world_open(struct world *self, const char *user, const char *name);
/* A client that has not opened anything. */
struct client *world_stranger(struct world *self);
/* The JSON text of an open request for that user. Give it to free. */
char *world_open_request(struct world *self, const char *user, const char *name, const char *scope);

/* Sends a request and does nothing else. */
void world_send(struct world *self, struct client *client, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Does all that is to be done before the requests that have come can be answered. */
void world_work(struct world *self);

/* Sends a request (with %s and so on filled in) and ends the turn; the reply is in client->reply.
 */
const char *world_ask(struct world *self, struct client *client, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, parsed; for cJSON_Delete. */
cJSON *world_ask_json(struct world *self, struct client *client, const char *text);

/* Feeds a tick or a minute bar as source "test" and ends the turn. */
enum reject world_tick(struct world *self, const char *symbol, int64_t feed_ms, double price);
enum reject world_bar(struct world *self, const char *symbol, int64_t start_ms, double price);
/* A random walk of n minute bars from start_ms on. */
void world_walk(struct world *self, const char *symbol, int64_t start_ms, size_t n, unsigned seed);
/* Lets time pass, turn by turn of at most 50 ms. */
void world_pass(struct world *self, int64_t ms);

/* How many instances are at work, from the engine's own stats. */
size_t world_instances(const struct world *self);

#endif
