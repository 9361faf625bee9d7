#include "daemon/edge/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/mem.h"
#include "daemon/edge/files.h"
#include "daemon/edge/zone_rule.h"

enum {
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    ZONE_FILE_MAX = 1 << 20,
    RULE_FIRST_YEAR = 1970,
    RULE_LAST_YEAR = 2100,
    RULE_CHANGES = 2 * (RULE_LAST_YEAR - RULE_FIRST_YEAR + 1)
};

struct header {
    uint64_t n_utc, n_std, n_leap, n_times, n_types, n_chars;
    uint64_t block_size; /* of the data behind it */
};

/* What is still to be read. */
struct cursor {
    const unsigned char *at;
    size_t left;
};

static uint64_t read_big_endian(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* Takes a header and makes sure that its data block, whose times have that many bytes, follows. */
static bool take_header(struct cursor *cursor, size_t time_size, struct header *out)
{
    uint64_t counts[6];
    if (cursor->left < HEADER_SIZE || memcmp(cursor->at, "TZif", 4) != 0 || cursor->at[4] < '2')
        return false;
    for (int i = 0; i < 6; i++)
        counts[i] = read_big_endian(cursor->at + 20 + 4 * i, 4);
    *out = (struct header){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], 0};
    out->block_size = out->n_times * (time_size + 1) + out->n_types * TYPE_SIZE + out->n_chars +
                      out->n_leap * (time_size + 4) + out->n_std + out->n_utc;
    cursor->at += HEADER_SIZE;
    cursor->left -= HEADER_SIZE;
    return out->block_size <= cursor->left;
}

static void skip_block(struct cursor *cursor, const struct header *header)
{
    cursor->at += header->block_size;
    cursor->left -= (size_t)header->block_size;
}

/* Seconds to milliseconds, within what a calendar can be asked about. */
static int64_t clamp_ms(int64_t seconds)
{
    if (seconds < FEEDTIME_MIN / 1000)
        return FEEDTIME_MIN;
    return seconds > FEEDTIME_MAX / 1000 ? FEEDTIME_MAX : seconds * 1000;
}

/* A block's changes; false if they are not in order or point nowhere. */
static bool read_changes(const unsigned char *block, const struct header *header, int32_t *offset_s,
                         struct zone_change *changes)
{
    const unsigned char *kinds = block + header->n_times * 8, *types = kinds + header->n_times;
    *offset_s = (int32_t)(uint32_t)read_big_endian(types, 4);
    for (uint64_t i = 0; i < header->n_times; i++) {
        if (kinds[i] >= header->n_types)
            return false;
        changes[i].at_ms = clamp_ms((int64_t)read_big_endian(block + 8 * i, 8));
        changes[i].offset_s = (int32_t)(uint32_t)read_big_endian(types + TYPE_SIZE * kinds[i], 4);
        if (i > 0 && changes[i].at_ms < changes[i - 1].at_ms)
            return false;
    }
    return true;
}

static void add_change(struct zone_change *changes, size_t *n, int64_t at_ms, int32_t offset_s)
{
    if (*n == 0 || at_ms > changes[*n - 1].at_ms)
        changes[(*n)++] = (struct zone_change){at_ms, offset_s};
}

/* A file may name only the changes that no rule explains: those of the rule are added behind. */
static void add_rule(const struct zone_rule *rule, struct zone_change *changes, size_t *n)
{
    for (int64_t year = RULE_FIRST_YEAR; rule->has_saving && year <= RULE_LAST_YEAR; year++) {
        int64_t begin_ms = zone_rule_begin(rule, year), end_ms = zone_rule_end(rule, year);
        if (begin_ms < end_ms)
            add_change(changes, n, begin_ms, rule->saving_offset_s);
        add_change(changes, n, end_ms, rule->offset_s);
        if (begin_ms > end_ms)
            add_change(changes, n, begin_ms, rule->saving_offset_s);
    }
}

bool zone_read(const void *bytes, size_t size, int32_t *offset_s, struct zone_change **changes,
               size_t *n)
{
    struct cursor cursor = {bytes, size};
    struct header header;
    struct zone_rule rule = {0};
    *changes = NULL;
    *n = 0;
    if (!take_header(&cursor, 4, &header))
        return false;
    skip_block(&cursor, &header); /* of 32-bit times: the same again follows in 64 */
    if (!take_header(&cursor, 8, &header) || header.n_types == 0)
        return false;
    *changes = mem_alloc_zero(header.n_times + RULE_CHANGES, sizeof **changes);
    *n = header.n_times;
    if (read_changes(cursor.at, &header, offset_s, *changes)) {
        skip_block(&cursor, &header);
        char *footer = mem_strndup((const char *)cursor.at, cursor.left);
        bool good = footer[0] == '\n' && strchr(footer + 1, '\n') &&
                    (footer[1] == '\n' || zone_rule_parse(footer + 1, &rule));
        free(footer);
        add_rule(&rule, *changes, n);
        if (good)
            return true;
    }
    free(*changes);
    *changes = NULL;
    *n = 0;
    return false;
}

enum err_code zone_load(const char *name, int32_t *offset_s, struct zone_change **changes,
                        size_t *n, struct err *err)
{
    char path[512];
    size_t size;
    *changes = NULL;
    *n = 0;
    if (name[0] == '\0' || name[0] == '/' || strstr(name, ".."))
        return err_set(err, ERR_INTERNAL, "zone must be a name such as Asia/Kolkata");
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    char *file = file_read(path, ZONE_FILE_MAX, &size, err);
    if (!file)
        return err->code;
    bool good = zone_read(file, size, offset_s, changes, n);
    free(file);
    return good ? ERR_OK : err_set(err, ERR_INTERNAL, "%s is no time zone file", path);
}
