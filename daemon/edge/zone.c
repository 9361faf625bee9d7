#include "daemon/edge/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "daemon/edge/files.h"

enum { HEADER_SIZE = 44, ZONE_FILE_MAX = 1 << 20 };

struct header {
    size_t n_utc, n_std, n_leap, n_times, n_types, n_chars;
};

static uint64_t read_big_endian(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static struct header read_header(const unsigned char *at)
{
    size_t counts[6];
    for (int i = 0; i < 6; i++)
        counts[i] = (size_t)read_big_endian(at + 20 + 4 * i, 4);
    return (struct header){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

/* Bytes of the data block behind a header whose times have that many bytes. */
static size_t block_size(const struct header *header, size_t time_size)
{
    return header->n_times * (time_size + 1) + header->n_types * 6 + header->n_chars +
           header->n_leap * (time_size + 4) + header->n_std + header->n_utc;
}

static bool read_changes(const unsigned char *block, const struct header *header, int32_t *offset_s,
                         struct zone_change *changes)
{
    const unsigned char *kinds = block + header->n_times * 8, *types = kinds + header->n_times;
    *offset_s = (int32_t)(uint32_t)read_big_endian(types, 4);
    for (size_t i = 0; i < header->n_times; i++) {
        if (kinds[i] >= header->n_types)
            return false;
        changes[i].at_ms = (int64_t)read_big_endian(block + 8 * i, 8) * 1000;
        changes[i].offset_s = (int32_t)(uint32_t)read_big_endian(types + 6 * kinds[i], 4);
    }
    return true;
}

enum err_code zone_load(const char *name, int32_t *offset_s, struct zone_change **changes,
                        size_t *n, struct err *err)
{
    char path[512];
    size_t size;
    *changes = NULL;
    *n = 0;
    if (name[0] == '/' || strstr(name, ".."))
        return err_set(err, ERR_INTERNAL, "zone must be a name such as Asia/Kolkata");
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    unsigned char *file = (unsigned char *)file_read(path, ZONE_FILE_MAX, &size, err);
    if (!file)
        return err->code;
    enum err_code code = err_set(err, ERR_INTERNAL, "%s is no time zone file", path);
    if (size >= HEADER_SIZE && memcmp(file, "TZif", 4) == 0 && file[4] >= '2') {
        struct header old = read_header(file);
        size_t second = HEADER_SIZE + block_size(&old, 4), first_byte = second + HEADER_SIZE;
        if (first_byte <= size) {
            struct header header = read_header(file + second);
            if (first_byte + block_size(&header, 8) <= size && header.n_types > 0) {
                *changes = mem_alloc_zero(header.n_times, sizeof **changes);
                *n = header.n_times;
                if (read_changes(file + first_byte, &header, offset_s, *changes))
                    code = ERR_OK;
            }
        }
    }
    free(file);
    if (code != ERR_OK) {
        free(*changes);
        *changes = NULL;
    }
    return code;
}
