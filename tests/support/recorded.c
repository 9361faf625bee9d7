#include "tests/support/recorded.h"

#include <stdlib.h>
#include <zlib.h>

#include "common/base/buf.h"

char *recorded_text(const char *name)
{
    const char *folder = getenv("INDSUB_DATA");
    struct buf path = {0}, text = {0};
    char piece[1 << 16];
    buf_put_format(&path, "%s/%s", folder ? folder : INDSUB_SOURCE_DIR "/../shared/data", name);
    gzFile file = gzopen(path.data, "rb");
    buf_destroy(&path);
    if (!file)
        return NULL;
    int size;
    while ((size = gzread(file, piece, sizeof piece)) > 0)
        buf_put(&text, piece, (size_t)size);
    gzclose(file);
    if (size == 0)
        return text.data;
    buf_destroy(&text);
    return NULL;
}
