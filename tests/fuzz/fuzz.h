/* fuzz - the entry points of a fuzz target, as libFuzzer calls them (or replay.c, which runs the
 * corpus in every other build). A target aborts where an invariant does not hold. */
#ifndef INDSUB_TESTS_FUZZ_H
#define INDSUB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
