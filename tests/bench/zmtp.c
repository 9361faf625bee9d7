#include "tests/bench/zmtp.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { FLAG_MORE = 1, FLAG_LONG = 2, FLAG_COMMAND = 4, SHORT_MAX = 255 };

void zmtp_recording_reset(struct zmtp_recording *self)
{
    buf_reset(&self->bytes);
    self->n = 0;
}

void zmtp_recording_destroy(struct zmtp_recording *self)
{
    buf_destroy(&self->bytes);
    free(self->frames);
    *self = (struct zmtp_recording){0};
}

static void record_frame(struct zmtp_recording *self, size_t size, bool more)
{
    self->frames = mem_grow(self->frames, self->n, &self->capacity, sizeof *self->frames);
    self->frames[self->n++] = (struct zmtp_frame){size, more};
}

void zmtp_recording_add(struct zmtp_recording *self, const void *bytes, size_t size, bool more)
{
    record_frame(self, size, more);
    buf_put(&self->bytes, bytes, size);
}

/* ---- in ---------------------------------------------------------------------------------------
 */

static bool read_greeting(struct zmtp_reader *self, uint8_t byte)
{
    enum { SIGNATURE_LAST = 9, MAJOR = 10 };
    size_t at = self->n_greeting++;
    return (at != 0 || byte == 0xFF) && (at != SIGNATURE_LAST || byte == 0x7F) &&
           (at != MAJOR || byte >= 3);
}

static size_t header_size(const struct zmtp_reader *self)
{
    return self->header[0] & FLAG_LONG ? 9 : 2;
}

static void begin_frame(struct zmtp_reader *self)
{
    bool more = self->header[0] & FLAG_MORE;
    self->payload_left = 0;
    for (size_t i = 1; i < self->n_header; i++)
        self->payload_left = self->payload_left << 8 | self->header[i];
    self->in_payload = true;
    if (self->header[0] & FLAG_COMMAND)
        return;
    self->n_frames++;
    self->n_in_message++;
    if (self->recording)
        record_frame(self->recording, (size_t)self->payload_left, more);
}

/* A command's name stands at its start behind its length; READY ends the handshake. */
static bool end_command(struct zmtp_reader *self)
{
    bool is_whole = self->n_command == ZMTP_COMMAND_NAME;
    self->n_command = 0;
    if (is_whole && memcmp(self->command, "\5READY", ZMTP_COMMAND_NAME) == 0)
        self->is_ready = true;
    return !is_whole || memcmp(self->command, "\5ERROR", ZMTP_COMMAND_NAME) != 0;
}

static bool end_frame(struct zmtp_reader *self)
{
    uint8_t flags = self->header[0];
    self->in_payload = false;
    self->n_header = 0;
    if (flags & FLAG_COMMAND)
        return end_command(self);
    if (flags & FLAG_MORE)
        return true;
    self->n_messages++;
    self->n_singles += self->n_in_message == 1;
    self->n_in_message = 0;
    return true;
}

/* Takes bytes of a frame's payload; returns how many. */
static size_t take_payload(struct zmtp_reader *self, const uint8_t *bytes, size_t size)
{
    size_t n = self->payload_left < size ? (size_t)self->payload_left : size;
    if (self->header[0] & FLAG_COMMAND)
        for (size_t i = 0; i < n && self->n_command < ZMTP_COMMAND_NAME; i++)
            self->command[self->n_command++] = (char)bytes[i];
    else if (self->recording)
        buf_put(&self->recording->bytes, bytes, n);
    self->payload_left -= n;
    return n;
}

bool zmtp_read(struct zmtp_reader *self, const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    for (; at < size && self->n_greeting < ZMTP_GREETING_SIZE; at++)
        if (!read_greeting(self, bytes[at]))
            return false;
    while (at < size || self->in_payload) {
        if (!self->in_payload) {
            self->header[self->n_header++] = bytes[at++];
            if (self->n_header < 2 || self->n_header < header_size(self))
                continue;
            begin_frame(self);
        }
        at += take_payload(self, bytes + at, size - at);
        if (self->payload_left > 0)
            break;
        if (!end_frame(self))
            return false;
    }
    return true;
}

/* ---- out --------------------------------------------------------------------------------------
 */

static void put_header(struct buf *out, unsigned flags, size_t size)
{
    bool is_long = size > SHORT_MAX;
    buf_put_char(out, (char)(flags | (is_long ? FLAG_LONG : 0)));
    for (int shift = is_long ? 56 : 0; shift >= 0; shift -= 8)
        buf_put_char(out, (char)((uint64_t)size >> shift));
}

static void put_property(struct buf *out, const char *name, const char *value)
{
    size_t size = strlen(value);
    buf_put_char(out, (char)strlen(name));
    buf_put_text(out, name);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_char(out, (char)(size >> shift));
    buf_put_text(out, value);
}

void zmtp_put_hello(struct buf *out, const char *routing_id)
{
    static const uint8_t GREETING[ZMTP_GREETING_SIZE] = {
        [0] = 0xFF, [9] = 0x7F, [10] = 3, [12] = 'N', [13] = 'U', [14] = 'L', [15] = 'L'};
    struct buf ready = {0};
    buf_put_text(&ready, "\5READY");
    put_property(&ready, "Socket-Type", "DEALER");
    put_property(&ready, "Identity", routing_id);
    buf_put(out, GREETING, sizeof GREETING);
    put_header(out, FLAG_COMMAND, ready.size);
    buf_put(out, ready.data, ready.size);
    buf_destroy(&ready);
}

void zmtp_put_frame(struct buf *out, const void *bytes, size_t size, bool more)
{
    put_header(out, more ? FLAG_MORE : 0, size);
    buf_put(out, bytes, size);
}
