/* out - where what is said goes: answers and streams to standard output, trouble and news of the
 * session to standard error, both above the prompt where there is one. */
#ifndef INDSUB_CLI_OUT_H
#define INDSUB_CLI_OUT_H

#include <stdbool.h>

#include "cli/format.h"

/* The prompt, to be out of the way while lines are written. */
struct out_prompt {
    void (*hide)(void *context);
    void (*show)(void *context);
    void *context;
};

/* Somebody who may want to stop while output waits for its reader. */
struct out_stop {
    int fd; /* readable when there is something to ask about */
    bool (*is_wanted)(void *context);
    void *context;
};

enum out_end {
    OUT_GOES_ON,
    OUT_CLOSED, /* its reader has gone (| head): no more is wanted */
    OUT_FAILED, /* it cannot be written, and that has been said */
    OUT_STOPPED /* its reader does not read, and somebody wanted to stop */
};

struct out {
    const struct formatter *formatter;
    struct look look;
    bool is_json;
    enum out_end end;         /* of standard output: once it has ended, what comes is dropped */
    struct out_prompt prompt; /* hide NULL: there is none */
    struct out_stop stop;     /* is_wanted NULL: there is nobody */
    struct buf text;          /* for standard output, not written yet */
};

/* Finds out about the terminal: its width, whether it has colours (NO_COLOR says no) and Unicode.
 */
void out_init(struct out *self, bool json);
void out_destroy(struct out *self);
/* The terminal has another size. */
void out_measure(struct out *self);

/* Each of these puts whole lines; out_flush writes them. */
void out_update(struct out *self, const indsub_update_t *update);
void out_reply(struct out *self, const indsub_reply_t *reply);
void out_published(struct out *self, const char *body, size_t size);
/* A result that is text for people and programs alike. */
void out_text(struct out *self, const char *text);

/* Written at once to standard error: "indsub-cli: CODE: message", and news of the session. */
void out_error(struct out *self, const char *code, const char *message);
void out_news(struct out *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void out_flush(struct out *self);

#endif
