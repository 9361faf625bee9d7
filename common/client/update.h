/* update - a market_update, read: what the public accessors look at. */
#ifndef INDSUB_CLIENT_UPDATE_H
#define INDSUB_CLIENT_UPDATE_H

#include <cjson/cJSON.h>

#include "common/client/indsub.h"
#include "common/client/span.h"

struct indsub_update {
    const char *symbol, *timeframe; /* borrowed from the tree */
    int64_t time_ms;
    indsub_bar_t bar;
    indsub_origin_t origin;
    indsub_value_t *values; /* owned */
    size_t n_values;
    const cJSON *tree; /* borrowed */
    struct span body;  /* borrowed */
    cJSON *own_tree;   /* of an update that was parsed by itself, else NULL */
    char *own_body;
};

enum update_result { UPDATE_OK, UPDATE_NOT_ONE, UPDATE_NO_MEMORY };

/* Reads a tree that was parsed from body; keeps both. Clear it afterwards where it was UPDATE_OK.
 */
enum update_result update_read(struct indsub_update *self, const cJSON *tree, struct span body,
                               indsub_origin_t origin);
void update_clear(struct indsub_update *self);

#endif
