#include "daemon/edge/notify.h"

#ifdef INDSUB_SYSTEMD
#include <systemd/sd-daemon.h>

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

int64_t notify_alive_every_ms(void)
{
    uint64_t limit_us = 0;
    return sd_watchdog_enabled(0, &limit_us) > 0 ? (int64_t)(limit_us / 2000) : 0;
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}
#else
void notify_ready(void)
{
}

void notify_stopping(void)
{
}

int64_t notify_alive_every_ms(void)
{
    return 0;
}

void notify_alive(void)
{
}
#endif
