#include "daemon/store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "common/base/mem.h"

/* Schema versions: entry i brings version i to i + 1. */
static const char *const MIGRATIONS[] = {
    "CREATE TABLE listing(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE bars(name TEXT NOT NULL, timeframe INTEGER NOT NULL, span INTEGER NOT NULL,"
    "                  value BLOB NOT NULL, PRIMARY KEY(name, timeframe, span)) WITHOUT ROWID;"
    "CREATE TABLE source(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE session(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
};
enum { SCHEMA_VERSION = sizeof MIGRATIONS / sizeof *MIGRATIONS };

static const struct {
    const char *put, *drop, *load;
} SQL[RECORD_KINDS] = {
#define NAMED(TABLE)                                                                  \
    {                                                                                 \
        "INSERT INTO " TABLE "(name, value) VALUES(?1, ?2)"                           \
        " ON CONFLICT DO UPDATE SET value = excluded.value",                          \
            "DELETE FROM " TABLE " WHERE name = ?1", "SELECT name, value FROM " TABLE \
    }
    [RECORD_LISTING] = NAMED("listing"),
    [RECORD_SOURCE] = NAMED("source"),
    [RECORD_SESSION] = NAMED("session"),
    [RECORD_BARS] = {"INSERT INTO bars(name, value, timeframe, span) VALUES(?1, ?2, ?3, ?4)"
                     " ON CONFLICT DO UPDATE SET value = excluded.value",
                     "DELETE FROM bars WHERE name = ?1 AND timeframe = ?3 AND span <= ?4",
                     "SELECT name, value, timeframe, span FROM bars"
                     " ORDER BY name, timeframe, span"},
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *put[RECORD_KINDS], *drop[RECORD_KINDS];
    struct store_settings settings;
    pthread_t thread;
    bool has_thread;
    int event_fd;

    pthread_mutex_t lock; /* of all members below */
    pthread_cond_t changed;
    struct batch *batch; /* for the writer */
    bool is_done, has_failed, is_ending;
    struct err err;
};

/* ---- opening ----------------------------------------------------------------------------------
 */

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int read_number(sqlite3 *db, const char *sql, int otherwise)
{
    sqlite3_stmt *statement = NULL;
    int value = otherwise;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static bool is_sound(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool sound =
        sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return sound;
}

static bool migrate(sqlite3 *db)
{
    for (int version; (version = read_number(db, "PRAGMA user_version", -1)) < SCHEMA_VERSION;) {
        char pragma[64];
        if (version < 0)
            return false;
        snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version + 1);
        if (!run(db, "BEGIN IMMEDIATE") || !run(db, MIGRATIONS[version]) || !run(db, pragma) ||
            !run(db, "COMMIT"))
            return false;
    }
    return true;
}

static bool prepare(struct store *self)
{
    for (int i = 0; i < RECORD_KINDS; i++)
        if (sqlite3_prepare_v3(self->db, SQL[i].put, -1, SQLITE_PREPARE_PERSISTENT, &self->put[i],
                               NULL) != SQLITE_OK ||
            sqlite3_prepare_v3(self->db, SQL[i].drop, -1, SQLITE_PREPARE_PERSISTENT, &self->drop[i],
                               NULL) != SQLITE_OK)
            return false;
    return true;
}

enum opened { OPENED, OPENED_DAMAGED, OPENED_NOT };

static enum opened open_file(struct store *self, struct err *err)
{
    const char *path = self->settings.path;
    if (sqlite3_open_v2(path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        err_set(err, ERR_INTERNAL, "%s: %s", path, sqlite3_errmsg(self->db));
        return OPENED_NOT;
    }
    sqlite3_busy_timeout(self->db, 2000);
    int version = read_number(self->db, "PRAGMA user_version", -1);
    if (version > SCHEMA_VERSION) {
        err_set(err, ERR_INTERNAL, "%s was written by a newer indsubd (schema %d, known is %d)",
                path, version, SCHEMA_VERSION);
        return OPENED_NOT;
    }
    int code = sqlite3_errcode(self->db);
    if (version >= 0 && is_sound(self->db) && run(self->db, "PRAGMA journal_mode = WAL") &&
        run(self->db,
            self->settings.sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL") &&
        migrate(self->db) && prepare(self))
        return OPENED;
    if (version >= 0)
        code = sqlite3_errcode(self->db);
    err_set(err, ERR_INTERNAL, "%s: %s", path, sqlite3_errmsg(self->db));
    bool is_damage = code != SQLITE_READONLY && code != SQLITE_FULL && code != SQLITE_IOERR &&
                     code != SQLITE_BUSY && code != SQLITE_CANTOPEN && code != SQLITE_PERM;
    return is_damage ? OPENED_DAMAGED : OPENED_NOT;
}

static void close_file(struct store *self)
{
    for (int i = 0; i < RECORD_KINDS; i++) {
        sqlite3_finalize(self->put[i]);
        sqlite3_finalize(self->drop[i]);
        self->put[i] = self->drop[i] = NULL;
    }
    sqlite3_close(self->db);
    self->db = NULL;
}

/* The file, and its log, under a name that tells when it was found damaged. */
static bool set_aside(const char *path, store_tell_fn *tell, void *context)
{
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    struct buf from = {0}, to = {0};
    bool moved = true;
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        buf_reset(&from);
        buf_reset(&to);
        buf_put_format(&from, "%s%s", path, SUFFIXES[i]);
        buf_put_format(&to, "%s.damaged-%lld%s", path, (long long)time(NULL), SUFFIXES[i]);
        moved &= rename(from.data, to.data) == 0 || i > 0;
        if (i == 0 && moved) {
            struct buf sentence = {0};
            buf_put_format(&sentence, "%s is damaged; it is kept as %s", path, to.data);
            tell(context, sentence.data);
            buf_destroy(&sentence);
        }
    }
    buf_destroy(&from);
    buf_destroy(&to);
    return moved;
}

/* ---- values -----------------------------------------------------------------------------------
 */

enum { PLAIN = 0, PACKED = 1, PACK_FROM = 256 /* bytes from which packing is worth it */ };

/* What is stored of a value: a byte that tells how, and when it is packed its size. */
static void pack(const struct buf *value, struct buf *out)
{
    uLongf size = compressBound((uLong)value->size);
    uint64_t plain_size = value->size;
    buf_reset(out);
    if (value->size >= PACK_FROM) {
        buf_put_char(out, PACKED);
        buf_put(out, &plain_size, sizeof plain_size);
        char *at = buf_reserve(out, size);
        if (compress2((Bytef *)at, &size, (const Bytef *)value->data, (uLong)value->size, 1) ==
            Z_OK) {
            out->size += size;
            return;
        }
        buf_reset(out);
    }
    buf_put_char(out, PLAIN);
    buf_put(out, value->data, value->size);
}

enum { UNPACKED_MAX = 64 << 20 };

static bool unpack(const char *bytes, size_t size, struct buf *out)
{
    uint64_t plain_size;
    buf_reset(out);
    if (size == 0)
        return false;
    if (bytes[0] == PLAIN) {
        buf_put(out, bytes + 1, size - 1);
        return true;
    }
    if (bytes[0] != PACKED || size < 1 + sizeof plain_size)
        return false;
    memcpy(&plain_size, bytes + 1, sizeof plain_size);
    if (plain_size > UNPACKED_MAX)
        return false;
    uLongf room = (uLongf)plain_size;
    char *at = buf_reserve(out, room);
    size_t head = 1 + sizeof plain_size;
    if (uncompress((Bytef *)at, &room, (const Bytef *)bytes + head, (uLong)(size - head)) != Z_OK ||
        room != plain_size)
        return false;
    out->size += room;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static bool write_record(struct store *self, const struct record *record, struct buf *scratch)
{
    bool goes = record->value.size == 0;
    sqlite3_stmt *statement = goes ? self->drop[record->kind] : self->put[record->kind];
    sqlite3_bind_text(statement, 1, record->name, -1, SQLITE_STATIC);
    if (!goes) {
        pack(&record->value, scratch);
        sqlite3_bind_blob(statement, 2, scratch->data, (int)scratch->size, SQLITE_STATIC);
    }
    if (record->kind == RECORD_BARS) {
        sqlite3_bind_int64(statement, 3, record->timeframe);
        sqlite3_bind_int64(statement, 4, record->span);
    }
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

static bool write_batch(struct store *self, const struct batch *batch, struct err *err)
{
    struct buf scratch = {0};
    bool kept = run(self->db, "BEGIN IMMEDIATE");
    for (size_t i = 0; kept && i < batch_count(batch); i++)
        kept = write_record(self, batch_at(batch, i), &scratch);
    kept = kept && run(self->db, "COMMIT");
    if (!kept) {
        err_set(err, ERR_INTERNAL, "%s: %s", self->settings.path, sqlite3_errmsg(self->db));
        if (!sqlite3_get_autocommit(self->db))
            run(self->db, "ROLLBACK");
    }
    buf_destroy(&scratch);
    return kept;
}

static void *write_on(void *context)
{
    struct store *self = context;
    const uint64_t one = 1;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        while (!self->batch && !self->is_ending)
            pthread_cond_wait(&self->changed, &self->lock);
        if (!self->batch)
            break;
        struct batch *batch = self->batch;
        struct err err = {0};
        pthread_mutex_unlock(&self->lock);
        bool kept = write_batch(self, batch, &err);
        batch_destroy(&batch);
        pthread_mutex_lock(&self->lock);
        self->batch = NULL;
        self->is_done = true;
        self->has_failed = !kept;
        self->err = err;
        pthread_cond_broadcast(&self->changed);
        if (write(self->event_fd, &one, sizeof one) < 0)
            continue; /* its count is full: it is readable already */
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- for the engine's thread ------------------------------------------------------------------
 */

struct store *store_open(const struct store_settings *settings, store_tell_fn *tell, void *context,
                         struct err *err)
{
    struct store *self = mem_alloc_zero(1, sizeof *self);
    self->settings = *settings;
    self->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    enum opened opened = open_file(self, err);
    if (opened == OPENED_DAMAGED) {
        close_file(self);
        if (set_aside(settings->path, tell, context))
            opened = open_file(self, err);
    }
    if (opened == OPENED) {
        self->has_thread = pthread_create(&self->thread, NULL, write_on, self) == 0;
        if (!self->has_thread)
            err_set(err, ERR_INTERNAL, "%s: no thread can be begun to write it", settings->path);
    }
    if (!self->has_thread)
        store_close(&self);
    return self;
}

void store_close(struct store **self)
{
    struct store *store = *self;
    *self = NULL;
    if (!store)
        return;
    if (store->has_thread) {
        pthread_mutex_lock(&store->lock);
        store->is_ending = true;
        pthread_cond_broadcast(&store->changed);
        pthread_mutex_unlock(&store->lock);
        pthread_join(store->thread, NULL);
    }
    close_file(store);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->changed);
    close(store->event_fd);
    free(store);
}

bool store_load(struct store *self, enum record_kind kind,
                void (*take)(void *context, const struct record *record), void *context,
                struct err *err)
{
    sqlite3_stmt *statement = NULL;
    struct record record = {.kind = kind};
    int code = sqlite3_prepare_v2(self->db, SQL[kind].load, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        record.name = (char *)(uintptr_t)sqlite3_column_text(statement, 0);
        const char *bytes = sqlite3_column_blob(statement, 1);
        if (!bytes || !unpack(bytes, (size_t)sqlite3_column_bytes(statement, 1), &record.value)) {
            code = SQLITE_CORRUPT;
            break;
        }
        if (kind == RECORD_BARS) {
            record.timeframe = sqlite3_column_int64(statement, 2);
            record.span = sqlite3_column_int64(statement, 3);
        }
        take(context, &record);
    }
    if (code != SQLITE_DONE)
        err_set(err, ERR_INTERNAL, "%s: %s", self->settings.path, sqlite3_errstr(code));
    sqlite3_finalize(statement);
    buf_destroy(&record.value);
    return code == SQLITE_DONE;
}

void store_write(struct store *self, struct batch **batch)
{
    pthread_mutex_lock(&self->lock);
    self->batch = *batch;
    self->is_done = false;
    *batch = NULL;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

int store_fd(const struct store *self)
{
    return self->event_fd;
}

static enum store_outcome take_outcome(struct store *self, struct err *err)
{
    uint64_t count;
    if (!self->is_done)
        return STORE_BUSY;
    self->is_done = false;
    if (read(self->event_fd, &count, sizeof count) < 0)
        count = 0; /* nothing was there to be told */
    *err = self->err;
    return self->has_failed ? STORE_FAILED : STORE_KEPT;
}

enum store_outcome store_take_outcome(struct store *self, struct err *err)
{
    pthread_mutex_lock(&self->lock);
    enum store_outcome outcome = take_outcome(self, err);
    pthread_mutex_unlock(&self->lock);
    return outcome;
}

enum store_outcome store_wait(struct store *self, struct err *err)
{
    pthread_mutex_lock(&self->lock);
    while (self->batch)
        pthread_cond_wait(&self->changed, &self->lock);
    enum store_outcome outcome = take_outcome(self, err);
    pthread_mutex_unlock(&self->lock);
    return outcome;
}
