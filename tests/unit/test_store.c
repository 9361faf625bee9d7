/* The file over a restart: rows come back, a batch is whole or not there, damage is set aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/store.h"

struct place {
    char folder[64], path[96];
    struct buf told;
};

static int make_place(void **state)
{
    struct place *self = calloc(1, sizeof *self);
    snprintf(self->folder, sizeof self->folder, "%s", "indsub-store-XXXXXX");
    if (!self || !mkdtemp(self->folder))
        return -1;
    snprintf(self->path, sizeof self->path, "%s/indsub.db", self->folder);
    *state = self;
    return 0;
}

static int remove_place(void **state)
{
    struct place *self = *state;
    char command[96];
    chmod(self->folder, 0700);
    snprintf(command, sizeof command, "rm -rf %s", self->folder);
    buf_destroy(&self->told);
    int status = system(command);
    free(self);
    return status;
}

static void tell(void *context, const char *sentence)
{
    struct place *self = context;
    buf_put_text(&self->told, sentence);
}

static struct store *open_at(struct place *self, struct err *err)
{
    return store_open(&(struct store_settings){.path = self->path}, tell, self, err);
}

static struct store *opened(struct place *self)
{
    struct err err = {0};
    struct store *store = open_at(self, &err);
    if (!store)
        fail_msg("%s", err.message);
    return store;
}

static void put(struct batch *batch, enum record_kind kind, const char *name, const void *bytes,
                size_t size)
{
    struct buf value = {0};
    buf_put(&value, bytes, size);
    batch_put(batch, kind, name, &value);
}

static void put_bars(struct batch *batch, const char *name, int64_t span, const char *text)
{
    struct buf value = {0};
    buf_put_text(&value, text);
    batch_put_bars(batch, name, 5, span, &value);
}

static void keep(struct store *store, struct batch *batch)
{
    struct err err = {0};
    store_write(store, &batch);
    assert_null(batch);
    assert_int_equal(store_wait(store, &err), STORE_KEPT);
    assert_int_equal(store_take_outcome(store, &err), STORE_BUSY);
}

/* Rows as "name=value;" */
static void take(void *context, const struct record *record)
{
    struct buf *out = context;
    buf_put_text(out, record->name);
    if (record->kind == RECORD_BARS)
        buf_put_format(out, "/%lld/%lld", (long long)record->timeframe, (long long)record->span);
    buf_put_format(out, "=%.*s;", (int)(record->value.size < 40 ? record->value.size : 40),
                   record->value.data);
}

static void assert_rows(struct store *store, enum record_kind kind, const char *wanted)
{
    struct buf rows = {0};
    struct err err = {0};
    buf_put_text(&rows, "");
    assert_true(store_load(store, kind, take, &rows, &err));
    assert_string_equal(rows.data, wanted);
    buf_destroy(&rows);
}

static void rows_come_back(void **state)
{
    struct store *store = opened(*state);
    struct batch *batch = batch_new();
    put(batch, RECORD_LISTING, "NIFTY50", "one", 3);
    put(batch, RECORD_SOURCE, "nse", "seven", 5);
    put(batch, RECORD_SESSION, "digest", "{}", 2);
    put_bars(batch, "NIFTY50", 2, "b");
    put_bars(batch, "NIFTY50", 1, "a");
    put_bars(batch, "ABB", 3, "c");
    keep(store, batch);
    batch = batch_new();
    put(batch, RECORD_LISTING, "NIFTY50", "two", 3);
    batch_put(batch, RECORD_SESSION, "digest", NULL);
    keep(store, batch);
    store_close(&store);
    assert_null(store);
    store = opened(*state);
    assert_rows(store, RECORD_LISTING, "NIFTY50=two;");
    assert_rows(store, RECORD_SOURCE, "nse=seven;");
    assert_rows(store, RECORD_SESSION, "");
    assert_rows(store, RECORD_BARS, "ABB/5/3=c;NIFTY50/5/1=a;NIFTY50/5/2=b;");
    store_close(&store);
}

static void old_spans_go_together(void **state)
{
    struct store *store = opened(*state);
    struct batch *batch = batch_new();
    for (int64_t span = 1; span <= 5; span++)
        put_bars(batch, "A", span, "x");
    put_bars(batch, "B", 1, "x");
    batch_put_bars(batch, "A", 5, 3, NULL);
    keep(store, batch);
    assert_rows(store, RECORD_BARS, "A/5/4=x;A/5/5=x;B/5/1=x;");
    store_close(&store);
}

static void large_values_come_back_whole(void **state)
{
    struct store *store = opened(*state);
    struct batch *batch = batch_new();
    size_t size = 3 << 20;
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + i * i % 23);
    put(batch, RECORD_LISTING, "L", bytes, size);
    keep(store, batch);
    struct stat status;
    struct buf rows = {0};
    struct err err = {0};
    assert_true(store_load(store, RECORD_LISTING, take, &rows, &err));
    assert_memory_equal(rows.data + 2, bytes, 40);
    store_close(&store);
    assert_int_equal(stat(((struct place *)*state)->path, &status), 0);
    assert_true((size_t)status.st_size < size); /* packed */
    buf_destroy(&rows);
    free(bytes);
}

/* Overwrites a stretch of the file. */
static void damage(const char *path, off_t at, size_t size)
{
    char noise[4096];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    memset(noise, 0x5A, sizeof noise);
    assert_true(fd >= 0);
    assert_true(pwrite(fd, noise, size, at) == (ssize_t)size);
    close(fd);
}

static size_t count_files(const char *folder, const char *part)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += strstr(entry->d_name, part) != NULL;
    closedir(dir);
    return n;
}

static void a_damaged_file_is_set_aside(void **state)
{
    static const off_t WHERE[] = {0, 20, 4096};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof WHERE / sizeof *WHERE; i++) {
        struct store *store = opened(place);
        struct batch *batch = batch_new();
        for (int k = 0; k < 500; k++) {
            char name[16];
            snprintf(name, sizeof name, "S%d", k);
            put(batch, RECORD_LISTING, name, name, strlen(name));
        }
        keep(store, batch);
        store_close(&store);
        damage(place->path, WHERE[i], 2000);
        buf_reset(&place->told);
        store = opened(place);
        assert_non_null(strstr(place->told.data, "damaged"));
        assert_rows(store, RECORD_LISTING, "");
        store_close(&store);
        assert_true(count_files(place->folder, "damaged") > 0);
        char command[128];
        snprintf(command, sizeof command, "rm -f %s/*", place->folder);
        assert_int_equal(system(command), 0);
    }
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct place *place = *state;
    struct store *store = opened(place);
    struct err err = {0};
    sqlite3 *db;
    store_close(&store);
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_null(open_at(place, &err));
    assert_non_null(strstr(err.message, "newer"));
    assert_int_equal(count_files(place->folder, "damaged"), 0);
}

/* As a file of that version is: what comes later has to bring it forward, and keep what is in it.
 */
static void a_file_of_the_first_schema_is_read(void **state)
{
    static const char FIRST[] =
        "CREATE TABLE listing(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE bars(name TEXT NOT NULL, timeframe INTEGER NOT NULL, span INTEGER NOT NULL,"
        "                  value BLOB NOT NULL, PRIMARY KEY(name, timeframe, span)) WITHOUT ROWID;"
        "CREATE TABLE source(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE session(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
        "INSERT INTO source VALUES('nse', x'003137');"
        "INSERT INTO listing VALUES('NIFTY50', x'0078');"
        "PRAGMA user_version = 1";
    struct place *place = *state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, FIRST, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct store *store = opened(place);
    assert_rows(store, RECORD_SOURCE, "nse=17;");
    assert_rows(store, RECORD_LISTING, "NIFTY50=x;");
    assert_int_equal(count_files(place->folder, "damaged"), 0);
    store_close(&store);
}

/* A file without tables, as a start that was cut off leaves it, is begun; one whose tables are not
 * those of its version is damaged, and set aside whole. */
static void a_file_that_is_half_begun(void **state)
{
    struct place *place = *state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct store *store = opened(place);
    assert_rows(store, RECORD_LISTING, "");
    store_close(&store);
    assert_int_equal(count_files(place->folder, "damaged"), 0);
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE bars", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    store = opened(place);
    assert_non_null(strstr(place->told.data, "damaged"));
    assert_true(count_files(place->folder, "damaged") > 0);
    store_close(&store);
}

static void where_there_can_be_no_file_it_says_so(void **state)
{
    struct place nowhere = {.path = "no-such-folder/indsub.db"};
    struct err err = {0};
    (void)state;
    assert_null(open_at(&nowhere, &err));
    assert_non_null(strstr(err.message, "no-such-folder"));
}

/* ---- a disk that cannot be read ----------------------------------------------------------------
 */

static const sqlite3_io_methods *readable;

/* The head of the file can be read, its pages cannot. */
static int read_head_alone(sqlite3_file *file, void *into, int size, sqlite3_int64 offset)
{
    enum { HEAD_SIZE = 100 };
    return size <= HEAD_SIZE ? readable->xRead(file, into, size, offset) : SQLITE_IOERR_READ;
}

static int open_unreadable(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                           int *out)
{
    static sqlite3_io_methods unreadable;
    sqlite3_vfs *real = sqlite3_vfs_find("unix");
    (void)vfs;
    int code = real->xOpen(real, name, file, flags, out);
    if (code == SQLITE_OK) {
        readable = file->pMethods;
        unreadable = *readable;
        unreadable.xRead = read_head_alone;
        file->pMethods = &unreadable;
    }
    return code;
}

static void a_file_on_a_disk_that_cannot_be_read_is_left_alone(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    sqlite3_vfs unreadable = *sqlite3_vfs_find("unix");
    struct store *store = opened(place);
    store_close(&store);
    unreadable.zName = "unreadable";
    unreadable.xOpen = open_unreadable;
    sqlite3_vfs_register(&unreadable, 1);
    store = open_at(place, &err);
    sqlite3_vfs_unregister(&unreadable);
    assert_null(store);
    assert_non_null(strstr(err.message, "I/O"));
    assert_int_equal(count_files(place->folder, "damaged"), 0);
}

/* A batch that cannot be written leaves nothing behind, and the next one may be kept. */
static void a_batch_is_kept_whole_or_not_at_all(void **state)
{
    struct place *place = *state;
    struct store *store = opened(place);
    struct batch *batch = batch_new();
    struct err err = {0};
    sqlite3 *other;
    put(batch, RECORD_LISTING, "A", "1", 1);
    put(batch, RECORD_LISTING, "B", "1", 1);
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    store_write(store, &batch);
    assert_int_equal(store_wait(store, &err), STORE_FAILED);
    assert_non_null(strstr(err.message, "locked"));
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    assert_rows(store, RECORD_LISTING, "");
    batch = batch_new();
    put(batch, RECORD_LISTING, "A", "2", 1);
    keep(store, batch);
    assert_rows(store, RECORD_LISTING, "A=2;");
    store_close(&store);
}

int main(void)
{
#define IN_A_PLACE(TEST) cmocka_unit_test_setup_teardown(TEST, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(rows_come_back),
        IN_A_PLACE(old_spans_go_together),
        IN_A_PLACE(large_values_come_back_whole),
        IN_A_PLACE(a_damaged_file_is_set_aside),
        IN_A_PLACE(a_newer_schema_is_refused_and_left_alone),
        IN_A_PLACE(a_file_of_the_first_schema_is_read),
        IN_A_PLACE(a_file_that_is_half_begun),
        cmocka_unit_test(where_there_can_be_no_file_it_says_so),
        IN_A_PLACE(a_file_on_a_disk_that_cannot_be_read_is_left_alone),
        IN_A_PLACE(a_batch_is_kept_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
