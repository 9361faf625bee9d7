/* error - the names of the library's codes. */
#include "common/client/indsub.h"

#include <string.h>

#include "common/client/error.h"

static const char *const NAMES[] = {
#define NAME(code) [INDSUB_ERR_##code] = #code
    [INDSUB_OK] = "OK",
    NAME(BAD_REQUEST),
    NAME(UNSUPPORTED_PROTOCOL),
    NAME(KEY_REQUIRED),
    NAME(UNAUTHENTICATED),
    NAME(TOKEN_EXPIRED),
    NAME(FORBIDDEN),
    NAME(NOT_OPEN),
    NAME(ALREADY_OPEN),
    NAME(SESSION_IN_USE),
    NAME(UNKNOWN_SYMBOL),
    NAME(UNKNOWN_TIMEFRAME),
    NAME(UNKNOWN_INDICATOR),
    NAME(BAD_PARAMETER),
    NAME(NO_SUBSCRIPTION),
    NAME(QUOTA_EXCEEDED),
    NAME(TOO_LARGE),
    NAME(RATE_LIMITED),
    NAME(BUSY),
    NAME(INTERNAL),
    NAME(OTHER),
    NAME(NO_DAEMON),
    NAME(TIMEOUT),
    NAME(NO_MEMORY),
    NAME(MISUSE),
    NAME(INTERRUPTED),
    NAME(PROTOCOL),
    NAME(SYSTEM),
#undef NAME
};

const char *indsub_err_name(indsub_err_t err)
{
    return (size_t)err < sizeof NAMES / sizeof *NAMES ? NAMES[err] : NAMES[INDSUB_ERR_OTHER];
}

indsub_err_t error_from_name(const char *name)
{
    for (size_t i = INDSUB_ERR_BAD_REQUEST; i < INDSUB_ERR_OTHER; i++)
        if (strcmp(NAMES[i], name) == 0)
            return (indsub_err_t)i;
    return INDSUB_ERR_OTHER;
}

const char *indsub_version(void)
{
    return INDSUB_VERSION;
}
