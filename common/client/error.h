/* error - the library's code for a name that the daemon gave. */
#ifndef INDSUB_CLIENT_ERROR_H
#define INDSUB_CLIENT_ERROR_H

#include "common/client/indsub.h"

/* INDSUB_ERR_OTHER for a name that is new. */
indsub_err_t error_from_name(const char *name);

#endif
