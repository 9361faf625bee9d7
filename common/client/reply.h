/* reply - the answer to a request: the daemon's, or why there is none. */
#ifndef INDSUB_CLIENT_REPLY_H
#define INDSUB_CLIENT_REPLY_H

#include "common/client/indsub.h"
#include "common/client/update.h"

struct indsub_reply {
    indsub_err_t err;
    char code[32];     /* the name of the error */
    char message[256]; /* "" if all is well */
    int64_t id;        /* of the request */
    char *body;        /* owned; NULL if no answer came */
    size_t size;
    cJSON *tree;      /* owned */
    const char *type; /* borrowed from the tree; "" without one */
    struct indsub_update *updates;
    size_t n_updates;
};

/* Reads what the daemon said. INDSUB_ERR_PROTOCOL if it is no reply, INDSUB_ERR_NO_MEMORY; then
 * there is nothing to clear. */
indsub_err_t reply_read(struct indsub_reply *self, const char *body, size_t size);

/* The answer that there is none. */
void reply_fail(struct indsub_reply *self, indsub_err_t err, const char *message);

void reply_clear(struct indsub_reply *self);

/* A member of the reply; NULL if there is none. */
const cJSON *reply_member(const struct indsub_reply *self, const char *name);
/* A string member; NULL if there is none. */
const char *reply_string(const struct indsub_reply *self, const char *name);
/* A number member; `otherwise` if there is none. */
double reply_number(const struct indsub_reply *self, const char *name, double otherwise);

#endif
