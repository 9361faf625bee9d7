/* What systemd is told, on a socket that stands for it. Skipped where built without libsystemd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/edge/notify.h"

/* A socket without a file: its name begins with a NUL, which the environment writes as "@". */
static int make_listener(void **state)
{
    int *fd = malloc(sizeof *fd);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int size = snprintf(name, sizeof name, "@indsub-test-%ld", (long)getpid());
    memcpy(address.sun_path, name, (size_t)size);
    address.sun_path[0] = '\0';
    *state = fd;
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return bind(*fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size));
}

static int close_listener(void **state)
{
    int *fd = *state;
    unsetenv("NOTIFY_SOCKET");
    close(*fd);
    free(fd);
    return 0;
}

static void assert_heard(int fd, const char *wanted)
{
    char text[128] = "";
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    if (wanted) {
        assert_true(n > 0);
        assert_string_equal(text, wanted);
    } else {
        assert_true(n < 0);
    }
}

static void systemd_hears_how_things_stand(void **state)
{
    int fd = *(int *)*state;
    char text[128];
    notify_ready();
    if (recv(fd, text, sizeof text, MSG_PEEK) < 0)
        skip();
    assert_heard(fd, "READY=1");
    notify_alive();
    assert_heard(fd, "WATCHDOG=1");
    notify_stopping();
    assert_heard(fd, "STOPPING=1");
    assert_heard(fd, NULL);
}

static void it_is_told_twice_in_its_limit(void **state)
{
    char text[128];
    (void)state;
    assert_int_equal(notify_alive_every_ms(), 0);
    notify_ready();
    if (recv(*(int *)*state, text, sizeof text, 0) < 0)
        skip();
    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_int_equal(notify_alive_every_ms(), 1500);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    assert_int_equal(notify_alive_every_ms(), 0);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void without_systemd_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    notify_alive();
    notify_stopping();
    assert_heard(*(int *)*state, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_listener, close_listener)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(systemd_hears_how_things_stand),
        TEST(it_is_told_twice_in_its_limit),
        TEST(without_systemd_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
