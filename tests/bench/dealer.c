#include "tests/bench/dealer.h"

#include <sys/random.h>
#include <zmq.h>

#include "tests/bench/measure.h"

enum { PATIENCE_MS = 10000 };

void dealer_make_key(char key[KEY_SIZE + 1])
{
    uint8_t raw[16];
    if (getrandom(raw, sizeof raw, 0) != sizeof raw)
        die("no randomness");
    session_key_encode(raw, key);
}

void *dealer_connect(void *context, const char *endpoint)
{
    char key[KEY_SIZE + 1];
    int patience = PATIENCE_MS, linger = 0;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    dealer_make_key(key);
    zmq_setsockopt(socket, ZMQ_ROUTING_ID, key, KEY_SIZE);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_connect(socket, endpoint);
    return socket;
}
