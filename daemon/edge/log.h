/* log - a line a message on standard error, with its time. Never a secret, never a key. */
#ifndef INDSUB_EDGE_LOG_H
#define INDSUB_EDGE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    enum log_level level; /* what is graver or equal is written */
};

/* "info" and so on; LOG_LEVEL_INFO for anything else. */
enum log_level log_level_parse(const char *name);

void log_write(const struct log *self, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
