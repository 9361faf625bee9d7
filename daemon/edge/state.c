#include "daemon/edge/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "daemon/edge/files.h"

char *state_default_dir(void)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct buf path = {0};
    if (xdg && xdg[0] == '/')
        buf_put_format(&path, "%s/indsub", xdg);
    else if (home && home[0] == '/' && home[1])
        buf_put_format(&path, "%s/.local/state/indsub", home);
    else
        buf_put_text(&path, "/var/lib/indsub");
    return path.data;
}

enum err_code state_lock(const char *dir, int *lock_fd, struct err *err)
{
    struct buf path = {0};
    enum err_code code = file_make_dirs(dir, err);
    if (code != ERR_OK)
        return code;
    buf_put_format(&path, "%s/lock", dir);
    *lock_fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock_fd < 0)
        code = err_set(err, ERR_INTERNAL, "cannot write in %s: %s", dir, strerror(errno));
    else if (flock(*lock_fd, LOCK_EX | LOCK_NB) != 0) {
        code = err_set(err, ERR_INTERNAL, "another indsubd has the state directory %s", dir);
        close(*lock_fd);
        *lock_fd = -1;
    }
    buf_destroy(&path);
    return code;
}
