/* replay - runs a fuzz target over files and folders of inputs, without libFuzzer: so that what a
 * fuzzer once found is tried by every build. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

static void run_file(const char *path, long size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = mem_alloc((size_t)size + 1);
    if (!file || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    /* Of exactly that size: what reads beyond it is seen. */
    uint8_t *exact = mem_realloc(data, size > 0 ? (size_t)size : 1, 1);
    LLVMFuzzerTestOneInput(exact, (size_t)size);
    free(exact);
}

static size_t run(const char *path);

static size_t run_folder(const char *path)
{
    size_t n = 0;
    DIR *folder = opendir(path);
    if (!folder) {
        perror(path);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        struct buf name = {0};
        buf_put_format(&name, "%s/%s", path, entry->d_name);
        n += run(name.data);
        buf_destroy(&name);
    }
    closedir(folder);
    return n;
}

static size_t run(const char *path)
{
    struct stat stat_of;
    if (stat(path, &stat_of) != 0) {
        perror(path);
        exit(1);
    }
    if (S_ISDIR(stat_of.st_mode))
        return run_folder(path);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that fails */
    run_file(path, (long)stat_of.st_size);
    return 1;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        n += run(argv[i]);
    printf("%zu inputs\n", n);
    return n > 0 ? 0 : 1;
}
