/* errand - what a request needs done before it can be answered, where that takes long: done a bit
 * at a time, so that nobody else waits for it. What it does changes nothing that anybody could see.
 */
#ifndef INDSUB_CONTROL_ERRAND_H
#define INDSUB_CONTROL_ERRAND_H

#include <stdbool.h>

/* Embedded, as the first member, in what a request makes of it. */
struct errand {
    /* Goes on for a bit. True when it is done. */
    bool (*step)(struct errand *self);
    void (*destroy)(struct errand *self);
};

#endif
