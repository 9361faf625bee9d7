/* buf - growing bytes, and bodies: finished bytes that many hold at once. */
#ifndef INDSUB_BASE_BUF_H
#define INDSUB_BASE_BUF_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Start with {0}. data is NUL-terminated whenever something has been put. */
struct buf {
    char *data;
    size_t size;
    size_t capacity;
};

/* bytes may be NULL where size is 0. */
void buf_put(struct buf *self, const void *bytes, size_t size);
void buf_put_text(struct buf *self, const char *text);
void buf_put_char(struct buf *self, char c);
void buf_put_format(struct buf *self, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
/* The same with the arguments of whoever takes a format himself. */
void buf_put_args(struct buf *self, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0), nonnull(2)));
/* Room for `more` bytes beyond size; returns where they start. */
char *buf_reserve(struct buf *self, size_t more);
void buf_reset(struct buf *self);
void buf_destroy(struct buf *self);

/* Immutable bytes with a count of holders. The count is atomic because libzmq's I/O threads let go
 * of what they have sent. */
struct body {
    atomic_uint references;
    uint32_t size;
    atomic_size_t *tally; /* NULL: nobody counts */
    char data[];
};

/* A new body of these bytes, held once. While it lives its size is part of *tally (NULL: of
 * nothing), which must outlive it. */
struct body *body_new(atomic_size_t *tally, const void *bytes, size_t size);
/* A body of all that has been put into text, which is empty afterwards and keeps its room. */
struct body *body_of_text(atomic_size_t *tally, struct buf *text);
struct body *body_acquire(struct body *self);
/* Lets go and sets the holder's pointer to NULL; the last one frees. *self may be NULL. */
void body_release(struct body **self);

#endif
