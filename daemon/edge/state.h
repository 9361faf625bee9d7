/* state - the state directory: where it is, and that one daemon at a time has it. */
#ifndef INDSUB_EDGE_STATE_H
#define INDSUB_EDGE_STATE_H

#include "common/base/err.h"

/* The directory that is meant where none is given: $XDG_STATE_HOME/indsub, ~/.local/state/indsub,
 * or /var/lib/indsub for users without a home. For free. */
char *state_default_dir(void);

/* Makes the directory if need be and locks it for as long as *lock_fd stays open. Fails if another
 * daemon has it. */
enum err_code state_lock(const char *dir, int *lock_fd, struct err *err);

#endif
