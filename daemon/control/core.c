#include "daemon/control/core.h"

const struct calendar *core_calendar(const struct core *self, const char *exchange)
{
    return self->settings->calendar_of(self->settings->calendar_context, exchange);
}
