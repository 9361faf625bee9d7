/* zmtp - the client's half of ZMTP 3 (RFC 23), as cheap as it can be read: only frame headers are
 * looked at, payload is skipped unless somebody records it. Bytes in, bytes out; no sockets. */
#ifndef INDSUB_BENCH_ZMTP_H
#define INDSUB_BENCH_ZMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum { ZMTP_GREETING_SIZE = 64, ZMTP_HEADER_MAX = 9, ZMTP_COMMAND_NAME = 6 };

/* What was received, whole: the frames one behind the other. */
struct zmtp_recording {
    struct buf bytes;
    struct zmtp_frame {
        size_t size;
        bool more; /* the message goes on */
    } * frames;
    size_t n, capacity;
};

/* A whole frame, of a socket that has read it. */
void zmtp_recording_add(struct zmtp_recording *self, const void *bytes, size_t size, bool more);
void zmtp_recording_reset(struct zmtp_recording *self);
void zmtp_recording_destroy(struct zmtp_recording *self);

/* Start with {0}. Counts are of messages, not of commands. */
struct zmtp_reader {
    uint64_t n_frames, n_messages;
    uint64_t n_singles;               /* messages of one frame */
    bool is_ready;                    /* the peer's READY has come */
    struct zmtp_recording *recording; /* NULL: nothing is kept */

    size_t n_greeting; /* bytes of the peer's greeting seen */
    uint8_t header[ZMTP_HEADER_MAX];
    size_t n_header;
    uint64_t payload_left;
    uint64_t n_in_message; /* frames of the message at hand */
    bool in_payload;
    char command[ZMTP_COMMAND_NAME]; /* how the command at hand starts */
    size_t n_command;
};

/* Takes what came off the wire. False if it is not ZMTP 3 or the peer says ERROR. */
bool zmtp_read(struct zmtp_reader *self, const uint8_t *bytes, size_t size);

/* Greeting and READY of a DEALER with that routing id, for the NULL mechanism. */
void zmtp_put_hello(struct buf *out, const char *routing_id);
void zmtp_put_frame(struct buf *out, const void *bytes, size_t size, bool more);

#endif
