#include "daemon/edge/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_fill(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size) {
        perror("indsubd: no randomness");
        abort();
    }
}
