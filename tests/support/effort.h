/* effort - how much of what a test tries at random is tried: all of it, or the part that
 * INDSUB_EFFORT says, in percent. Under valgrind and the sanitizers the question is what a case
 * does to memory, which a few show as well as many. */
#ifndef INDSUB_TESTS_EFFORT_H
#define INDSUB_TESTS_EFFORT_H

#include <stddef.h>

/* How many of so many cases; one at least. */
size_t effort(size_t cases);

#endif
