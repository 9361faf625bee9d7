/* One CSV line: what is split can be quoted and split again, and comes out the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/csv.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

enum { FIELDS_MAX = 8 };

static void put_quoted(struct buf *out, const char *field)
{
    buf_put_char(out, '"');
    for (; *field; field++) {
        if (*field == '"')
            buf_put_char(out, '"');
        buf_put_char(out, *field);
    }
    buf_put_char(out, '"');
}

static void check_again(char *const *fields, size_t n)
{
    struct buf line = {0};
    char *again[FIELDS_MAX];
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_char(&line, ',');
        put_quoted(&line, fields[i]);
    }
    assert(csv_split(line.data, again, FIELDS_MAX) == n);
    for (size_t i = 0; i < n; i++)
        assert(strcmp(again[i], fields[i]) == 0);
    buf_destroy(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = mem_strndup((const char *)data, size), *fields[FIELDS_MAX + 1] = {NULL};
    size_t length = strlen(line);
    size_t n = csv_split(line, fields, FIELDS_MAX), stored = n < FIELDS_MAX ? n : FIELDS_MAX;
    assert(n <= length + 1);
    assert(!fields[FIELDS_MAX]);
    for (size_t i = 0; i < stored; i++) {
        assert(fields[i] >= line && fields[i] <= line + length);
        assert(strlen(fields[i]) <= length);
        assert(!strchr(fields[i], '\n'));
    }
    if (stored > 0)
        check_again(fields, stored);
    free(line);
    return 0;
}
