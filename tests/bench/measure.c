#include "tests/bench/measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

_Noreturn void die(const char *fmt, ...)
{
    va_list args;
    fputs("bench: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0)
        die("a clock cannot be read: is the process gone?");
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t own_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t cpu_ns_of(pid_t pid)
{
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0)
        die("no processor time of process %d", (int)pid);
    return read_clock(clock);
}

uint64_t main_cpu_ns_of(pid_t pid)
{
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%llu", &ns) != 1)
        die("%s cannot be read", path);
    fclose(file);
    return ns;
}

size_t rss_bytes_of(pid_t pid)
{
    char path[64], line[256];
    size_t kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        die("%s cannot be read", path);
    while (kib == 0 && fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %zu kB", &kib);
    fclose(file);
    return kib * 1024;
}

void raise_descriptors(size_t needed)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < needed)
        die("%zu descriptors are needed, %llu allowed", needed, (unsigned long long)limit.rlim_cur);
}

struct options options_read(int argc, char **argv)
{
    struct options options = {false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--short") != 0)
            die("usage: %s [--short]", argv[0]);
        options.is_short = true;
    }
    return options;
}

void best_of_least(struct best *self, double value)
{
    if (!self->is_known || value < self->value)
        *self = (struct best){value, true};
}

void best_of_most(struct best *self, double value)
{
    if (!self->is_known || value > self->value)
        *self = (struct best){value, true};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double percentile(double *values, size_t n, double p)
{
    qsort(values, n, sizeof *values, compare);
    return values[(size_t)(p * (double)(n - 1))];
}

void report(const char *what, const char *unit, double indsub, double reference, const char *aim)
{
    printf("%s\t%s\t%.4g\t", what, unit, indsub);
    if (reference > 0)
        printf("%.4g\t%.2f\t%s\n", reference, indsub / reference, aim);
    else
        printf("-\t-\t%s\n", aim);
    fflush(stdout);
}
