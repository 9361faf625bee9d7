/* indicators - writes indsub-indicators(7), a page of the manual, out of the registry: what there
 * is to say of an indicator is in its row, and nowhere else. */
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/indicators/indicator.h"

/* The page's sections. */
static const struct category {
    const char *name, *title;
} CATEGORIES[] = {
    {"overlap", "AVERAGES AND BANDS OVER THE PRICE"},
    {"momentum", "MOMENTUM"},
    {"trend", "TREND"},
    {"volatility", "VOLATILITY"},
    {"volume", "VOLUME"},
    {"price", "PRICES OF A BAR"},
    {"statistics", "STATISTICS"},
    {"math", "MATHEMATICS"},
    {"cycles", "CYCLES"},
    {"candles", "CANDLESTICKS"},
    {"performance", "PERFORMANCE"},
};
enum { N_CATEGORIES = sizeof CATEGORIES / sizeof *CATEGORIES };

static const char HEAD[] =
    ".Dt INDSUB-INDICATORS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm indsub-indicators\n"
    ".Nd the indicators of indsubd\n"
    ".Sh DESCRIPTION\n"
    "These are the indicators that\n"
    ".Xr indsubd 8\n"
    "computes, by category.\n"
    "How they are asked for is told in\n"
    ".Xr indsub-protocol 7\n"
    "under\n"
    ".Sy INDICATORS ,\n"
    "and the request\n"
    ".Cm catalog\n"
    "gives the same rows as JSON.\n"
    ".Pp\n"
    "For each indicator there is told:\n"
    ".Bl -tag -width \"parameters\"\n"
    ".It Em alias\n"
    "Other names that mean the same.\n"
    ".It Em parameters\n"
    "Each with what it is when left out and what it may be.\n"
    "They can be given by name, or in this order.\n"
    "A\n"
    ".Sy source\n"
    "is a field of the bar or another indicator.\n"
    "Every indicator also takes\n"
    ".Va timeframe ,\n"
    "if it is not shorter than that of the subscription.\n"
    ".It Em inputs\n"
    "What it reads of each bar by default.\n"
    ".It Em outputs\n"
    "In the order of its values.\n"
    ".It Em warm-up\n"
    "With the parameters left out: after how many bars it has a value, and after\n"
    "how many it is within 1e\\-9 of what it would be had it been computed from the\n"
    "beginning of all bars.\n"
    ".It Em source\n"
    "Whom it is by, or whose convention it follows.\n"
    ".El\n"
    ".Pp\n"
    "A value that is not defined is\n"
    ".Li null :\n"
    "before the warm-up, where a formula would divide by zero, and never\n"
    "anything else.\n";

static const char FOOT[] = ".Sh SEE ALSO\n"
                           ".Xr indsub-cli 1 ,\n"
                           ".Xr indsub-protocol 7 ,\n"
                           ".Xr indsubd 8\n";

/* Text that is no macro and no escape, wherever it stands. */
static void put_plain(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '"')
            fputs("\\(dq", stdout);
        else
            putchar(*text);
    }
}

/* A line of text on its own. */
static void put_line(const char *text)
{
    fputs("\\&", stdout);
    put_plain(text);
    putchar('\n');
}

static void put_list(const char *title, const char *const *words, size_t n)
{
    if (n == 0)
        return;
    printf(".It Em %s\n", title);
    for (size_t i = 0; i < n; i++)
        printf(".Li %s%s\n", words[i], i + 1 < n ? " ," : "");
}

static void put_number(double x)
{
    struct buf text = {0};
    json_put_number(&text, x);
    put_plain(text.data);
    buf_destroy(&text);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void put_param(const struct indicator_param *param)
{
    printf(".It Va %s Ns = Ns Li ", param->name);
    if (param->type == PARAM_CHOICE) {
        printf("%s\n", param->choices[(size_t)param->def]);
        put_line(param->about);
        printf("(one of");
        for (size_t i = 0; param->choices[i]; i++)
            printf("\n.Li %s%s", param->choices[i], param->choices[i + 1] ? " ," : " )\n");
        return;
    }
    put_number(param->def);
    putchar('\n');
    put_line(param->about);
    fputs(param->type == PARAM_INT ? "(whole, " : "(", stdout);
    put_number(param->min);
    fputs(" to ", stdout);
    put_number(param->max);
    puts(")");
}

static void put_params(const struct indicator *row)
{
    bool chooses = false;
    for (const struct indicator_input *input = row->inputs; input->field; input++)
        chooses |= input->choose != NULL;
    if (!row->params[0].name && !chooses)
        return;
    puts(".It Em parameters\n.Bl -tag -width \"length=10\" -compact");
    for (const struct indicator_param *param = row->params; param->name; param++)
        put_param(param);
    for (const struct indicator_input *input = row->inputs; input->field; input++)
        if (input->choose)
            printf(".It Va %s Ns = Ns Li %s\na field of the bar, or another indicator\n",
                   input->choose, field_name(input->field));
    puts(".El");
}

/* ---- an indicator ---------------------------------------------------------------------------- */

static void put_inputs(const struct indicator *row)
{
    const char *names[INDICATOR_INPUTS_MAX];
    size_t n = 0;
    for (const struct indicator_input *input = row->inputs; input->field; input++)
        if (field_name(input->field)) /* the trading day has none: it is always there */
            names[n++] = field_name(input->field);
    put_list("inputs", names, n);
}

static void put_warmup(const struct indicator *row)
{
    double params[INDICATOR_PARAMS_MAX];
    for (size_t i = 0; row->params[i].name; i++)
        params[i] = row->params[i].def;
    size_t defined = row->defined_bars(params), settled = row->settled_bars(params);
    printf(".It Em warm-up\n%zu bar%s", defined, defined == 1 ? "" : "s");
    if (settled == 0)
        puts("; it depends on where the bars begin, however many there are");
    else if (settled != defined)
        printf(", settled after %zu\n", settled);
    else
        putchar('\n');
}

static void put_row(const struct indicator *row)
{
    size_t n_aliases = 0;
    while (n_aliases < INDICATOR_ALIASES_MAX && row->aliases[n_aliases])
        n_aliases++;
    printf(".Ss %s\n", row->name);
    put_line(row->title);
    puts(".Bl -tag -width \"parameters\" -compact");
    put_list("alias", row->aliases, n_aliases);
    if (row->unavailable) {
        puts(".It Em not available");
        put_line(row->unavailable);
    } else {
        put_params(row);
        put_inputs(row);
        put_list("outputs", row->outputs, indicator_n_outputs(row));
        put_warmup(row);
    }
    puts(".It Em source");
    put_line(row->reference);
    puts(".El");
}

static size_t put_category(const struct category *category)
{
    size_t n_rows = 0;
    printf(".Sh %s\n", category->title);
    for (size_t i = 0; i < indicator_count(); i++)
        if (strcmp(INDICATORS[i]->category, category->name) == 0) {
            put_row(INDICATORS[i]);
            n_rows++;
        }
    return n_rows;
}

int main(void)
{
    size_t n_rows = 0;
    puts(".Dd November 24, 2026");
    fputs(HEAD, stdout);
    for (size_t i = 0; i < N_CATEGORIES; i++)
        n_rows += put_category(&CATEGORIES[i]);
    fputs(FOOT, stdout);
    if (n_rows != indicator_count()) {
        fputs("an indicator's category is not among those of the page\n", stderr);
        return 1;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
