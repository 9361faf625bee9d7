#include "daemon/sessions/sessions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The keys of sessions are secrets: how long it takes to compare two says nothing of where they
 * differ. */
static int differ(const void *a, const void *b, size_t size)
{
    const unsigned char *one = a, *other = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= one[i] ^ other[i];
    return difference;
}
#define HASH_KEYCMP(a, b, n) differ(a, b, n)
#include <uthash.h>

#include "common/base/mem.h"

struct entry {
    struct session session;         /* first: a session's address is its entry's */
    char *full_name;                /* user, newline, name: neither holds a newline */
    char digest[DIGEST_SIZE + 1];   /* of a dormant one */
    UT_hash_handle by_key, by_name; /* by_key: by its digest while it is dormant */
};

struct user {
    size_t n_sessions;
    struct session_user share;
    LIST_ENTRY(user) leaving; /* while n_sessions is 0 */
    UT_hash_handle hh;
    char name[];
};

struct sessions {
    const struct sessions_limits *limits;
    struct entry *keys, *names, *dormant;
    struct user *users;
    LIST_HEAD(, user) leaving;
    struct session **all;
    size_t n, capacity;
    atomic_size_t tally;
};

struct sessions *sessions_new(const struct sessions_limits *limits)
{
    struct sessions *self = mem_alloc_zero(1, sizeof *self);
    self->limits = limits;
    return self;
}

static void forget_user(struct sessions *self, struct user *user)
{
    LIST_REMOVE(user, leaving);
    HASH_DEL(self->users, user);
    free(user);
}

void sessions_destroy(struct sessions **self)
{
    if (!*self)
        return;
    while ((*self)->n > 0) {
        struct session *last = (*self)->all[(*self)->n - 1];
        sessions_end(*self, &last);
    }
    while (!LIST_EMPTY(&(*self)->leaving))
        forget_user(*self, LIST_FIRST(&(*self)->leaving));
    free((*self)->all);
    free(*self);
    *self = NULL;
}

atomic_size_t *sessions_tally(struct sessions *self)
{
    return &self->tally;
}

const struct sessions_limits *sessions_limits(const struct sessions *self)
{
    return self->limits;
}

size_t sessions_count(const struct sessions *self)
{
    return self->n;
}

struct session *sessions_at(const struct sessions *self, size_t i)
{
    return self->all[i];
}

struct session *sessions_find(const struct sessions *self, const char key[SESSION_KEY_SIZE])
{
    struct entry *entry;
    HASH_FIND(by_key, self->keys, key, SESSION_KEY_SIZE, entry);
    return entry ? &entry->session : NULL;
}

static char *join_name(const char *user, const char *name)
{
    size_t size = strlen(user) + strlen(name) + 2;
    char *full = mem_alloc(size);
    snprintf(full, size, "%s\n%s", user, name);
    return full;
}

struct session *sessions_find_name(const struct sessions *self, const char *user, const char *name)
{
    char *full = join_name(user, name);
    struct entry *entry;
    HASH_FIND(by_name, self->names, full, strlen(full), entry);
    free(full);
    return entry ? &entry->session : NULL;
}

static struct user *find_user(const struct sessions *self, const char *name)
{
    struct user *user;
    HASH_FIND(hh, self->users, name, strlen(name), user);
    return user;
}

static struct user *count_in(struct sessions *self, const char *name)
{
    struct user *user = find_user(self, name);
    if (!user) {
        size_t length = strlen(name);
        user = mem_alloc_zero(1, sizeof *user + length + 1);
        memcpy(user->name, name, length + 1);
        user->share.values_rate = &self->limits->values;
        HASH_ADD_KEYPTR(hh, self->users, user->name, length, user);
    } else if (user->n_sessions == 0)
        LIST_REMOVE(user, leaving);
    user->n_sessions++;
    return user;
}

static void count_out(struct sessions *self, const char *name)
{
    struct user *user = find_user(self, name);
    if (--user->n_sessions == 0)
        LIST_INSERT_HEAD(&self->leaving, user, leaving);
}

void sessions_forget_users(struct sessions *self, struct bucket_rate rate, int64_t now_ms)
{
    for (struct user *user = LIST_FIRST(&self->leaving), *next; user; user = next) {
        next = LIST_NEXT(user, leaving);
        if (bucket_left(&user->share.requests, rate, now_ms) >= rate.burst)
            forget_user(self, user);
    }
}

/* A session that has no key yet, and is in by_name only. */
static enum err_code begin(struct sessions *self, const char *user, const char *name,
                           struct entry **begun, struct err *err)
{
    const struct user *known = find_user(self, user);
    if (sessions_find_name(self, user, name))
        return err_set(err, ERR_SESSION_IN_USE,
                       "session \"%s\" is open under another key; choose another session_id", name);
    if (known && known->n_sessions >= self->limits->sessions_per_user)
        return err_set(err, ERR_QUOTA_EXCEEDED, "%zu sessions are open, the most a user may have",
                       known->n_sessions);
    if (self->n >= self->limits->sessions_max)
        return err_set(err, ERR_BUSY, "the daemon has no room for another session now");

    struct entry *entry = mem_alloc_zero(1, sizeof *entry);
    struct session *fresh = &entry->session;
    snprintf(fresh->user, sizeof fresh->user, "%s", user);
    snprintf(fresh->name, sizeof fresh->name, "%s", name);
    fresh->outbox = outbox_new(&self->limits->outbox, &self->tally);
    fresh->flight = flight_new(&self->tally);
    entry->full_name = join_name(fresh->user, fresh->name);
    HASH_ADD_KEYPTR(by_name, self->names, entry->full_name, strlen(entry->full_name), entry);
    fresh->share = &count_in(self, fresh->user)->share;
    self->all = mem_grow(self->all, self->n, &self->capacity, sizeof(struct session *));
    fresh->place = self->n;
    self->all[self->n++] = fresh;
    *begun = entry;
    return ERR_OK;
}

enum err_code sessions_begin(struct sessions *self, const char key[SESSION_KEY_SIZE],
                             const char *user, const char *name, struct session **session,
                             struct err *err)
{
    assert(!sessions_find(self, key));
    struct entry *entry;
    enum err_code code = begin(self, user, name, &entry, err);
    if (code != ERR_OK)
        return code;
    memcpy(entry->session.key, key, SESSION_KEY_SIZE);
    HASH_ADD_KEYPTR(by_key, self->keys, entry->session.key, SESSION_KEY_SIZE, entry);
    *session = &entry->session;
    return ERR_OK;
}

static struct entry *find_digest(const struct sessions *self, const char *digest)
{
    struct entry *entry;
    HASH_FIND(by_key, self->dormant, digest, DIGEST_SIZE, entry);
    return entry;
}

enum err_code sessions_begin_dormant(struct sessions *self, const char *digest, const char *user,
                                     const char *name, struct session **session, struct err *err)
{
    struct entry *entry;
    if (strlen(digest) != DIGEST_SIZE || find_digest(self, digest))
        return err_set(err, ERR_SESSION_IN_USE, "no key, or one that has a session");
    enum err_code code = begin(self, user, name, &entry, err);
    if (code != ERR_OK)
        return code;
    snprintf(entry->digest, sizeof entry->digest, "%s", digest);
    HASH_ADD_KEYPTR(by_key, self->dormant, entry->digest, DIGEST_SIZE, entry);
    *session = &entry->session;
    return ERR_OK;
}

struct session *sessions_find_dormant(const struct sessions *self, const char key[SESSION_KEY_SIZE])
{
    char digest[DIGEST_SIZE + 1];
    if (!self->dormant)
        return NULL;
    digest_of(key, SESSION_KEY_SIZE, digest);
    struct entry *entry = find_digest(self, digest);
    return entry ? &entry->session : NULL;
}

void sessions_wake(struct sessions *self, struct session *session, const char key[SESSION_KEY_SIZE])
{
    struct entry *entry = (struct entry *)session;
    assert(session_is_dormant(session));
    HASH_DELETE(by_key, self->dormant, entry);
    memcpy(session->key, key, SESSION_KEY_SIZE);
    HASH_ADD_KEYPTR(by_key, self->keys, session->key, SESSION_KEY_SIZE, entry);
}

bool session_is_dormant(const struct session *session)
{
    return session->key[0] == '\0';
}

void session_speaks_on(struct session *session, uint64_t connection)
{
    if (session->connection != 0 && session->connection != connection)
        session->earlier = session->connection;
    session->connection = connection;
}

void sessions_digest(const struct session *session, char digest[DIGEST_SIZE + 1])
{
    if (session_is_dormant(session))
        memcpy(digest, ((const struct entry *)session)->digest, DIGEST_SIZE + 1);
    else
        digest_of(session->key, SESSION_KEY_SIZE, digest);
}

void sessions_end(struct sessions *self, struct session **session)
{
    struct entry *entry = (struct entry *)*session;
    struct session *gone = *session;
    *session = NULL;
    if (!gone)
        return;
    assert(gone->n_subscriptions == 0);
    if (gone->is_dirty)
        LIST_REMOVE(gone, dirty);
    if (gone->n_awaited > 0)
        LIST_REMOVE(gone, awaiting);
    if (session_is_dormant(gone))
        HASH_DELETE(by_key, self->dormant, entry);
    else
        HASH_DELETE(by_key, self->keys, entry);
    HASH_DELETE(by_name, self->names, entry);
    count_out(self, gone->user);
    self->all[gone->place] = self->all[--self->n];
    self->all[gone->place]->place = gone->place;
    outbox_destroy(&gone->outbox);
    flight_release(&gone->flight);
    free(gone->subscriptions);
    free(gone->awaited);
    free(gone->symbols);
    free(entry->full_name);
    explicit_bzero(gone->key, sizeof gone->key);
    free(entry);
}
