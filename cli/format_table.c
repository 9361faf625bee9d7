/* format_table - for people: lines and tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format_bar.h"
#include "cli/format_history.h"
#include "cli/show.h"
#include "cli/table.h"
#include "common/base/feedtime.h"
#include "common/base/json.h"
#include "common/base/mem.h"

static const cJSON *member(const cJSON *tree, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(tree, name);
}

static const char *string_of(const cJSON *tree, const char *name)
{
    const char *text = cJSON_GetStringValue(member(tree, name));
    return text ? text : "";
}

static double number_of(const cJSON *tree, const char *name)
{
    const cJSON *item = member(tree, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* ---- answers ------------------------------------------------------------------------- */

typedef void reply_fn(struct buf *out, const struct look *look, const cJSON *reply);

/* "name=value, ..." of an object of parameters. */
static void put_params(struct buf *out, const cJSON *params)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, params)
    {
        buf_put_format(out, "%s%s=", item == params->child ? "" : ",", item->string);
        if (cJSON_IsString(item))
            buf_put_text(out, item->valuestring);
        else
            json_put_tree(out, item);
    }
}

/* One indicator as it was asked for: "RSI_14_100 = RSI(length=14,scalar=100)". */
static void put_asked(struct buf *out, const cJSON *item)
{
    double missing = number_of(item, "bars");
    buf_put_format(out, "%s = %s(", item->string, string_of(item, "name"));
    put_params(out, member(item, "params"));
    buf_put_char(out, ')');
    if (missing > 0)
        buf_put_format(out, ", warm in %.0f bar%s", missing, missing == 1 ? "" : "s");
}

static void put_subscription(struct buf *out, const struct look *look, const cJSON *one)
{
    struct line line = line_begin(out, look, 4);
    struct buf piece = {0};
    buf_put_format(&piece, "%s %s", string_of(one, "symbol"), string_of(one, "timeframe"));
    if (strcmp(string_of(one, "updates"), "close") == 0)
        buf_put_text(&piece, " (closed bars only)");
    line_put(&line, SHOW_BOLD, piece.data);
    const cJSON *item;
    cJSON_ArrayForEach(item, member(one, "indicators"))
    {
        buf_reset(&piece);
        put_asked(&piece, item);
        line_put(&line, SHOW_PLAIN, piece.data);
    }
    line_end(&line);
    buf_destroy(&piece);
}

static void put_subscriptions(struct buf *out, const struct look *look, const cJSON *reply)
{
    const cJSON *list = member(reply, "subscriptions"), *one;
    cJSON_ArrayForEach(one, list) put_subscription(out, look, one);
    if (!list || !list->child)
        buf_put_text(out, "no subscriptions\n");
}

static void put_parameter_row(struct table *table, const cJSON *param)
{
    struct buf standard = {0}, range = {0};
    const cJSON *item = member(param, "default"), *choice;
    if (cJSON_IsString(item))
        buf_put_text(&standard, item->valuestring);
    else
        show_exact(&standard, number_of(param, "default"));
    if (cJSON_IsNumber(member(param, "min"))) {
        show_exact(&range, number_of(param, "min"));
        buf_put_text(&range, " to ");
        show_exact(&range, number_of(param, "max"));
    }
    cJSON_ArrayForEach(choice, member(param, "choices")) if (cJSON_IsString(choice))
        buf_put_format(&range, "%s%s", range.size > 0 ? ", " : "", choice->valuestring);
    table_put(table, "  %s", string_of(param, "name"));
    table_put(table, "%s", standard.data);
    table_put(table, "%s", range.data ? range.data : "");
    table_put(table, "%s", string_of(param, "about"));
    buf_destroy(&standard);
    buf_destroy(&range);
}

/* Their width, below the parameters. */
enum { LABEL = 11 };

static void put_names(struct buf *out, const char *what, const cJSON *names)
{
    const cJSON *item;
    if (!names || !names->child)
        return;
    buf_put_format(out, "  %-*s", LABEL, what);
    cJSON_ArrayForEach(item, names) if (cJSON_IsString(item))
        buf_put_format(out, "%s%s", item == names->child ? "" : ", ", item->valuestring);
    buf_put_char(out, '\n');
}

/* All that is known of one indicator. */
static void put_catalog_entry(struct buf *out, const struct look *look, const cJSON *row)
{
    static const char *const HEADINGS[] = {"  parameter", "default", "range", "about", NULL};
    const char *title = string_of(row, "title");
    double warm = number_of(row, "warmup");
    show_coloured(out, look, SHOW_BOLD, string_of(row, "name"));
    buf_put_format(out, "%s%s (%s)\n", title[0] ? ": " : "", title, string_of(row, "category"));
    struct table *table = table_new(HEADINGS);
    const cJSON *param;
    cJSON_ArrayForEach(param, member(row, "params")) put_parameter_row(table, param);
    if (table_n_rows(table) > 0)
        table_write(table, out, look->width);
    table_destroy(&table);
    put_names(out, "aliases", member(row, "aliases"));
    put_names(out, "inputs", member(row, "inputs"));
    put_names(out, "outputs", member(row, "outputs"));
    if (!isnan(warm))
        buf_put_format(out, "  %-*safter %.0f bar%s, with the defaults\n", LABEL, "warm", warm,
                       warm == 1 ? "" : "s");
    if (string_of(row, "unavailable")[0])
        buf_put_format(out, "  not available: %s\n", string_of(row, "unavailable"));
    if (string_of(row, "source")[0])
        buf_put_format(out, "  %-*s%s\n", LABEL, "reference", string_of(row, "source"));
}

/* "(length=14, scalar=100)": how to write it. */
static void put_form(struct buf *out, const cJSON *params)
{
    const cJSON *param;
    cJSON_ArrayForEach(param, params)
    {
        const cJSON *standard = member(param, "default");
        buf_put_format(out, "%s%s=", param == params->child ? "(" : ", ", string_of(param, "name"));
        if (cJSON_IsString(standard))
            buf_put_text(out, standard->valuestring);
        else
            show_exact(out, number_of(param, "default"));
    }
    if (out->size > 0)
        buf_put_char(out, ')');
}

/* By category, and by name within one. */
static int compare_categories(const void *a, const void *b)
{
    const cJSON *const *one = a, *const *other = b;
    int order = strcmp(string_of(*one, "category"), string_of(*other, "category"));
    return order ? order : strcasecmp(string_of(*one, "name"), string_of(*other, "name"));
}

static void put_catalog(struct buf *out, const struct look *look, const cJSON *reply)
{
    static const char *const HEADINGS[] = {"NAME", "CATEGORY", "TITLE", "PARAMETERS", NULL};
    const cJSON *rows = member(reply, "indicators"), *row;
    if (rows && rows->child && !rows->child->next) {
        put_catalog_entry(out, look, rows->child);
        return;
    }
    size_t n = 0;
    const cJSON **sorted = mem_alloc_zero((size_t)cJSON_GetArraySize(rows) + 1, sizeof *sorted);
    cJSON_ArrayForEach(row, rows) sorted[n++] = row;
    qsort(sorted, n, sizeof *sorted, compare_categories);
    struct table *table = table_new(HEADINGS);
    for (size_t i = 0; i < n; i++) {
        struct buf form = {0};
        row = sorted[i];
        put_form(&form, member(row, "params"));
        table_put(table, "%s", string_of(row, "name"));
        table_put(table, "%s", string_of(row, "category"));
        table_put(table, "%s", string_of(row, "title"));
        table_put(table, "%s", form.data ? form.data : "");
        buf_destroy(&form);
    }
    table_write(table, out, look->width);
    table_destroy(&table);
    free(sorted);
}

static void put_number_cell(struct table *table, const cJSON *row, const char *name, show_fn *show)
{
    struct buf text = {0};
    if (!isnan(number_of(row, name)))
        show(&text, number_of(row, name));
    table_put(table, "%s", text.data ? text.data : "");
    buf_destroy(&text);
}

static void put_time_cell(struct table *table, const struct look *look, const char *time)
{
    struct buf text = {0};
    int64_t ms;
    if (feedtime_parse(time, &ms))
        show_bar_start(&text, look, "1s", ms, true);
    table_put(table, "%s", text.data ? text.data : "");
    buf_destroy(&text);
}

static void put_symbols(struct buf *out, const struct look *look, const cJSON *reply)
{
    static const char *const HEADINGS[] = {"SYMBOL", "TYPE",  "UNDERLYING", ">STRIKE",
                                           "EXPIRY", ">LAST", "TIME",       NULL};
    struct table *table = table_new(HEADINGS);
    const cJSON *row;
    cJSON_ArrayForEach(row, member(reply, "symbols"))
    {
        table_put(table, "%s", string_of(row, "symbol"));
        table_put(table, "%s", string_of(row, "instrument_type"));
        table_put(table, "%s", string_of(row, "underlying"));
        put_number_cell(table, row, "strike", show_exact);
        table_put(table, "%s", string_of(row, "expiry"));
        put_number_cell(table, row, "last", show_price);
        put_time_cell(table, look, string_of(row, "last_time"));
    }
    if (table_n_rows(table) > 0)
        table_write(table, out, look->width);
    else
        buf_put_text(out, "no symbols\n");
    table_destroy(&table);
}

/* A member that has a place of its own. */
static bool is_apart(const char *const *apart, const char *name)
{
    for (size_t i = 0; apart && apart[i]; i++)
        if (strcmp(apart[i], name) == 0)
            return true;
    return false;
}

/* Any object: a line for each value in it, by its path, that much indented. Gives how wide the
 * widest path is; out NULL: does nothing else. */
static size_t put_any(struct buf *out, const char *path, const cJSON *value,
                      const char *const *apart, size_t columns)
{
    struct buf inner = {0};
    size_t widest = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        if (is_apart(apart, item->string))
            continue;
        buf_reset(&inner);
        buf_put_format(&inner, "%s%s%s", path, path[0] ? "." : "", item->string);
        size_t size =
            cJSON_IsObject(item) ? put_any(out, inner.data, item, NULL, columns) : inner.size;
        widest = size > widest ? size : widest;
        if (!out || cJSON_IsObject(item))
            continue;
        buf_put_format(out, "%-*s ", (int)columns, inner.data);
        if (cJSON_IsString(item))
            buf_put_text(out, item->valuestring);
        else if (cJSON_IsNumber(item) && item->valuedouble != floor(item->valuedouble))
            show_value(out, item->valuedouble);
        else
            json_put_tree(out, item);
        buf_put_char(out, '\n');
    }
    buf_destroy(&inner);
    return widest;
}

static void put_shared(struct buf *out, const struct look *look, const cJSON *list)
{
    static const char *const HEADINGS[] = {"SYMBOL", "TIMEFRAME", "INDICATOR", ">SUBSCRIBERS",
                                           NULL};
    struct table *table = table_new(HEADINGS);
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        table_put(table, "%s", string_of(row, "symbol"));
        table_put(table, "%s", string_of(row, "timeframe"));
        table_put(table, "%s", string_of(row, "indicator"));
        put_number_cell(table, row, "subscribers", show_exact);
    }
    if (table_n_rows(table) > 0) {
        buf_put_char(out, '\n');
        table_write(table, out, look->width);
    }
    table_destroy(&table);
}

static void put_sources(struct buf *out, const struct look *look, const cJSON *list)
{
    static const char *const HEADINGS[] = {"STATE", ">AGE", "CLOCK", ">LAST SEQ", "FEED", NULL};
    struct table *table = table_new(HEADINGS);
    const cJSON *row;
    cJSON_ArrayForEach(row, list)
    {
        struct buf age = {0};
        if (!isnan(number_of(row, "age_ms")))
            show_duration(&age, (int64_t)number_of(row, "age_ms"));
        table_put(table, "%s", cJSON_IsTrue(member(row, "stale")) ? "stale" : "live");
        table_put(table, "%s", age.data ? age.data : "");
        put_time_cell(table, look, string_of(row, "clock"));
        put_number_cell(table, row, "last_seq", show_exact);
        table_put(table, "%s", string_of(row, "source")); /* the longest, so it may be cut off */
        buf_destroy(&age);
    }
    if (table_n_rows(table) > 0) {
        buf_put_char(out, '\n');
        table_write(table, out, look->width);
    }
    table_destroy(&table);
}

static void put_stats(struct buf *out, const struct look *look, const cJSON *reply)
{
    static const char *const APART[] = {"type", "id", "shared", "feed", "uptime_ms", NULL};
    double uptime_ms = number_of(reply, "uptime_ms");
    size_t columns = put_any(NULL, "", reply, APART, 0);
    if (!isnan(uptime_ms)) {
        buf_put_format(out, "%-*s ", (int)columns, "up for");
        show_duration(out, (int64_t)uptime_ms);
        buf_put_char(out, '\n');
    }
    put_any(out, "", reply, APART, columns);
    put_shared(out, look, member(reply, "shared"));
    put_sources(out, look, member(reply, "feed"));
}

static void put_rest(struct buf *out, const struct look *look, const cJSON *reply)
{
    static const char *const APART[] = {"type", "id", NULL};
    (void)look;
    put_any(out, "", reply, APART, put_any(NULL, "", reply, APART, 0));
}

static void put_reply(struct buf *out, const struct look *look, const indsub_reply_t *reply)
{
    static const struct {
        const char *type;
        reply_fn *put;
    } TYPES[] = {{"subscriptions", put_subscriptions},
                 {"unsubscribed", put_subscriptions},
                 {"subscribed", put_subscription},
                 {"catalog", put_catalog},
                 {"symbols", put_symbols},
                 {"stats", put_stats}};
    reply_fn *put = put_rest;
    size_t size;
    const char *body = indsub_reply_body(reply, &size), *type = indsub_reply_type(reply);
    if (strcmp(type, "history") == 0 && format_history(out, look, reply))
        return;
    if (strcmp(type, "history") == 0 || strcmp(type, "data") == 0) {
        for (size_t i = 0; i < indsub_reply_n_updates(reply); i++)
            format_bar(out, look, indsub_reply_update(reply, i), true);
        if (indsub_reply_n_updates(reply) == 0)
            buf_put_text(out, "no bars\n");
        return;
    }
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(type, TYPES[i].type) == 0)
            put = TYPES[i].put;
    cJSON *tree = json_parse(body, size, NULL);
    put(out, look, tree);
    cJSON_Delete(tree);
}

static void put_update(struct buf *out, const struct look *look, const indsub_update_t *update)
{
    format_bar(out, look, update, false);
}

/* ---- what is public ------------------------------------------------------------------ */

static void put_status(struct buf *out, const struct look *look, const cJSON *status)
{
    const cJSON *feed = member(status, "feed"), *market;
    struct line line = line_begin(out, look, 4);
    struct buf piece = {0};
    buf_put_format(&piece, "feed %s", string_of(feed, "state"));
    if (!isnan(number_of(feed, "age_ms"))) {
        buf_put_text(&piece, ", newest tick ");
        show_duration(&piece, (int64_t)number_of(feed, "age_ms"));
        buf_put_text(&piece, " ago");
    }
    line_put(&line, SHOW_BOLD, piece.data);
    cJSON_ArrayForEach(market, member(status, "markets")) if (cJSON_IsString(market))
    {
        buf_reset(&piece);
        buf_put_format(&piece, "%s %s", market->string, market->valuestring);
        line_put(&line, SHOW_PLAIN, piece.data);
    }
    line_end(&line);
    buf_destroy(&piece);
}

static void put_published(struct buf *out, const struct look *look, const char *body, size_t size)
{
    indsub_update_t *update = indsub_update_parse(body, size);
    if (update) {
        format_bar(out, look, update, false);
        indsub_update_destroy(&update);
        return;
    }
    cJSON *tree = json_parse(body, size, NULL);
    if (strcmp(string_of(tree, "type"), "status") == 0)
        put_status(out, look, tree);
    else
        put_rest(out, look, tree);
    cJSON_Delete(tree);
}

const struct formatter format_table = {
    .update = put_update,
    .reply = put_reply,
    .published = put_published,
};
