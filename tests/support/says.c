#include "tests/support/says.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

void assert_says(const char *text, const char *wanted)
{
    if (!text || !strstr(text, wanted))
        fail_msg("no %s in %s", wanted, text ? text : "(nothing)");
}

void assert_never_says(const char *text, const char *unwanted)
{
    if (text && strstr(text, unwanted))
        fail_msg("%s in %s", unwanted, text);
}
