#include "daemon/edge/public_socket.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define ENDPOINT "inproc://public"

struct public_socket {
    void *here, *there; /* the two ends of what is to go out */
    void *socket;
    pthread_t thread;
    bool runs;
};

/* Passes on what comes, a frame at a time, until an empty message does: a topic is never empty. */
static void *run(void *argument)
{
    struct public_socket *self = argument;
    bool begins = true, ends = false;
    while (!ends) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, self->there, 0) < 0)
            continue; /* interrupted */
        bool more = zmq_msg_more(&frame);
        ends = begins && !more && zmq_msg_size(&frame) == 0;
        begins = !more;
        if (ends || zmq_msg_send(&frame, self->socket, more ? ZMQ_SNDMORE : 0) < 0)
            zmq_msg_close(&frame);
    }
    return NULL;
}

static void *open_end(void *context, bool binds)
{
    int linger = 0;
    void *end = zmq_socket(context, ZMQ_PAIR);
    if (end && (zmq_setsockopt(end, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
                (binds ? zmq_bind(end, ENDPOINT) : zmq_connect(end, ENDPOINT)) != 0)) {
        zmq_close(end);
        end = NULL;
    }
    return end;
}

struct public_socket *public_socket_new(void *context, void *socket)
{
    struct public_socket *self = mem_alloc_zero(1, sizeof *self);
    self->socket = socket;
    self->there = open_end(context, true);
    self->here = self->there ? open_end(context, false) : NULL;
    self->runs = self->here && pthread_create(&self->thread, NULL, run, self) == 0;
    if (!self->runs)
        public_socket_destroy(&self);
    return self;
}

void public_socket_destroy(struct public_socket **self)
{
    if (!*self)
        return;
    if ((*self)->runs) {
        zmq_send((*self)->here, "", 0, 0);
        pthread_join((*self)->thread, NULL);
    }
    if ((*self)->here)
        zmq_close((*self)->here);
    if ((*self)->there)
        zmq_close((*self)->there);
    free(*self);
    *self = NULL;
}

void public_socket_send(struct public_socket *self, const char *topic, zmq_msg_t *body)
{
    if (zmq_send(self->here, topic, strlen(topic), ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ||
        zmq_msg_send(body, self->here, ZMQ_DONTWAIT) < 0)
        zmq_msg_close(body);
}
