/* random - bytes from the system, for keys and names. */
#ifndef INDSUB_EDGE_RANDOM_H
#define INDSUB_EDGE_RANDOM_H

#include <stddef.h>

/* Fills bytes; stops the program if the system has none to give. */
void random_fill(void *bytes, size_t size);

#endif
