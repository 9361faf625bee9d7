#include "daemon/sessions/notice.h"

#include "common/base/json.h"

void notice_begin(struct buf *out, enum notice notice, const char *message)
{
    static const char *const NAMES[] = {
#define X(name) [NOTICE_##name] = #name,
        NOTICE_MAP(X)
#undef X
    };
    buf_put_format(out, "{\"type\":\"notice\",\"code\":\"%s\",\"message\":", NAMES[notice]);
    json_put_string(out, message);
}
