#include "daemon/keep/row.h"

#include <string.h>

const void *row_take_bytes(struct row *self, size_t size)
{
    const char *at = self->at;
    if (self->left < size)
        return NULL;
    self->at += size;
    self->left -= size;
    return at;
}

bool row_take(struct row *self, void *into, size_t size)
{
    const void *bytes = row_take_bytes(self, size);
    if (bytes)
        memcpy(into, bytes, size);
    return bytes != NULL;
}

const char *row_take_text(struct row *self)
{
    const char *end = self->left > 0 ? memchr(self->at, '\0', self->left) : NULL;
    return end ? row_take_bytes(self, (size_t)(end - self->at) + 1) : NULL;
}
