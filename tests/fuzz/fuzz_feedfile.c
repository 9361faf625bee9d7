/* A CSV file of ticks or bars, plain or packed: every row that is taken is an item as the daemon
 * reads them, every other one is refused with a sentence, and a second reading gives the same. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/feedfile.h"
#include "common/base/json.h"
#include "daemon/feed/item.h"
#include "tests/fuzz/fuzz.h"

#define WALL_MS INT64_C(1762500000000) /* 2025-11-07 */

static void check_row(const struct feedfile_row *row)
{
    struct item item;
    cJSON *json = json_parse(row->item.data, row->item.size, NULL);
    assert(cJSON_IsObject(json));
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(json, "t");
    assert(cJSON_IsNumber(time) && time->valuedouble == (double)row->ms);
    enum reject reject = item_parse(json, WALL_MS, &item);
    assert(reject != REJECT_MALFORMED && reject != REJECT_UNKNOWN_TIMEFRAME);
    assert(reject != REJECT_NONE || item.kind != ITEM_CLOCK);
    cJSON_Delete(json);
}

/* All rows, a line each. */
static struct buf read_all(struct feedfile *file)
{
    struct buf rows = {0};
    struct feedfile_row *row;
    uint64_t line = 0, number = 0;
    for (;;) {
        struct err err = {0};
        enum feedfile_result result = feedfile_next(file, &row, &err);
        if (result == FEEDFILE_END || result == FEEDFILE_BROKEN)
            return rows;
        assert(row->line > line);
        line = row->line;
        if (result == FEEDFILE_BAD) {
            assert(err.message[0] != '\0');
            continue;
        }
        assert(row->number == ++number);
        check_row(row);
        buf_put(&rows, row->item.data, row->item.size);
        buf_put_char(&rows, '\n');
    }
}

static void check_source(const char *source)
{
    assert(strlen(source) < FEEDROW_SOURCE_SIZE);
    assert(source[0] != '\0');
    assert(!strpbrk(source, "/ \"\\"));
}

static void check(struct feedfile *file)
{
    struct buf once = read_all(file);
    check_source(feedfile_source(file));
    if (feedfile_rewind(file)) {
        struct buf twice = read_all(file);
        assert(once.size == twice.size);
        assert(once.size == 0 || memcmp(once.data, twice.data, once.size) == 0);
        buf_destroy(&twice);
    }
    buf_destroy(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct err err = {0};
    int fd = memfd_create("rows", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct feedfile *file = feedfile_open(path, "NIFTY 50", TIMEFRAME_NONE, &err);
    if (!file)
        file = feedfile_open(path, "NIFTY 50", TIMEFRAME_5MIN, &err);
    if (file)
        check(file);
    else
        assert(err.code != ERR_OK && err.message[0] != '\0');
    feedfile_close(&file);
    close(fd);
    return 0;
}
