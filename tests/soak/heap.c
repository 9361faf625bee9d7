/* heap - preloaded into a program, tells what that has in use: who connects to the socket that
 * INDSUB_HEAP names gets a line with the bytes that malloc has given out and not had back (but for
 * SQLite's page cache, which has a size of its own) and the number of open descriptors.
 *
 *      cc -shared -fPIC heap.c -o heap.so
 *      LD_PRELOAD=./heap.so INDSUB_HEAP=heap.socket GLIBC_TUNABLES=glibc.malloc.tcache_count=0 ...
 *
 * (Without the last, malloc takes what each thread keeps for itself as given out.) */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static size_t heap_bytes(void)
{
    long long (*of_sqlite)(void) = (long long (*)(void))dlsym(RTLD_DEFAULT, "sqlite3_memory_used");
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd - (of_sqlite ? (size_t)of_sqlite() : 0);
}

static size_t descriptors(void)
{
    size_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n;
}

static void *answer(void *context)
{
    int listener = *(int *)context, peer;
    while ((peer = accept(listener, NULL, NULL)) >= 0) {
        dprintf(peer, "%zu %zu\n", heap_bytes(), descriptors());
        close(peer);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void)
{
    static int listener;
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    sigset_t all, before;
    pthread_t thread;
    const char *path = getenv("INDSUB_HEAP");
    if (!path)
        return;
    snprintf(place.sun_path, sizeof place.sun_path, "%s", path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* they are for the program's own threads */
    if (bind(listener, (struct sockaddr *)&place, sizeof place) != 0 || listen(listener, 4) != 0 ||
        pthread_create(&thread, NULL, answer, &listener) != 0)
        perror(path);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
