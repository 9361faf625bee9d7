/* measure - time, processor time, memory, and the rows of the table that tests/bench/run prints. */
#ifndef INDSUB_BENCH_MEASURE_H
#define INDSUB_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints a sentence on standard error and ends the program. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Monotonic. */
uint64_t now_ns(void);
/* Processor time of the calling thread: it stands while others have the processor. */
uint64_t own_cpu_ns(void);
/* Processor time of a process, all its threads, user and system. */
uint64_t cpu_ns_of(pid_t pid);
/* The same of its first thread alone. */
uint64_t main_cpu_ns_of(pid_t pid);
/* Resident memory of a process. */
size_t rss_bytes_of(pid_t pid);

/* As many descriptors as the machine allows; ends the program where that is less than needed. */
void raise_descriptors(size_t needed);

/* What the benchmarks are told on the command line. */
struct options {
    bool is_short; /* --short: fewer and smaller rounds */
};
struct options options_read(int argc, char **argv);

/* Of repeated measurements of the same work, the least disturbed one. Start with {0}. */
struct best {
    double value;
    bool is_known;
};
void best_of_least(struct best *self, double value);
void best_of_most(struct best *self, double value);

/* Sorts values; p of 0 to 1. */
double percentile(double *values, size_t n, double p);

/* Writes a row: what was measured, of indsub and of the reference, and what the ratio of the two
 * should be (aim such as ">= 0.85"; "" where there is none). reference 0: there is none. */
void report(const char *what, const char *unit, double indsub, double reference, const char *aim);

#endif
