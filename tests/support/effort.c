#include "tests/support/effort.h"

#include <stdlib.h>

size_t effort(size_t cases)
{
    const char *text = getenv("INDSUB_EFFORT");
    size_t percent = text ? strtoul(text, NULL, 10) : 100;
    return cases * percent / 100 > 1 ? cases * percent / 100 : 1;
}
