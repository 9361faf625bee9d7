#include "common/protocol/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

static const char *behind(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static bool is_port(const char *text)
{
    size_t size = strlen(text);
    return strcmp(text, "*") == 0 ||
           (size > 0 && size <= 5 && strspn(text, "0123456789") == size && atoi(text) <= 65535);
}

bool endpoint_is_valid(const char *endpoint)
{
    const char *path = behind(endpoint, "ipc://"), *host = behind(endpoint, "tcp://");
    if (path)
        return path[0] != '\0' && path[0] != '@' &&
               strlen(path) < 100; /* of a Unix socket's 107 bytes */
    const char *colon = host ? strrchr(host, ':') : NULL;
    return colon && colon > host && is_port(colon + 1) && !strpbrk(host, " \t");
}

char *endpoint_as_reached(const char *told, const char *reached)
{
    const char *port = behind(told, "tcp://0.0.0.0:"), *host = behind(reached, "tcp://");
    struct buf text = {0};
    if (!port)
        port = behind(told, "tcp://[::]:");
    if (!port || !host || !endpoint_is_valid(reached))
        return mem_strdup(told);
    buf_put_format(&text, "tcp://%.*s:%s", (int)(strrchr(host, ':') - host), host, port);
    return text.data;
}

bool endpoint_is_local(const char *endpoint)
{
    const char *host = behind(endpoint, "tcp://");
    if (!endpoint_is_valid(endpoint))
        return false;
    if (!host)
        return true;
    size_t size = (size_t)(strrchr(host, ':') - host);
    if ((size == 9 && strncmp(host, "localhost", size) == 0) ||
        (size == 5 && strncmp(host, "[::1]", size) == 0))
        return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= size;
}
