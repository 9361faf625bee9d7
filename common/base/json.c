#include "common/base/json.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/feedtime.h"
#include "common/base/utf8.h"

/* ---- reading ----------------------------------------------------------------------------------
 */

struct checker {
    const unsigned char *start, *at, *end;
    size_t n_values, values_max;
    const char *fault; /* what is wrong at `at`, NULL while all is well */
};

static bool fail(struct checker *self, const char *fault)
{
    if (!self->fault)
        self->fault = fault;
    return false;
}

static void skip_blanks(struct checker *self)
{
    while (self->at < self->end &&
           (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t'))
        self->at++;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool take(struct checker *self, char c)
{
    if (self->at >= self->end || *self->at != (unsigned char)c)
        return false;
    self->at++;
    return true;
}

static bool check_digits(struct checker *self)
{
    const unsigned char *before = self->at;
    while (self->at < self->end && is_digit(*self->at))
        self->at++;
    return self->at > before || fail(self, "a number lacks digits");
}

static bool check_number(struct checker *self)
{
    const unsigned char *from = self->at;
    take(self, '-');
    if (take(self, '0')) {
        if (self->at < self->end && is_digit(*self->at))
            return fail(self, "a number starts with 0");
    } else if (!check_digits(self)) {
        return false;
    }
    if (take(self, '.') && !check_digits(self))
        return false;
    bool has_exponent = take(self, 'e') || take(self, 'E');
    if (has_exponent) {
        if (!take(self, '+'))
            take(self, '-');
        if (!check_digits(self))
            return false;
    }
    char digits[64]; /* cJSON reads at most 63 characters of a number */
    size_t size = (size_t)(self->at - from);
    if (size >= sizeof digits)
        return fail(self, "a number is longer than 63 characters");
    if (!has_exponent)
        return true;
    memcpy(digits, from, size);
    digits[size] = '\0';
    return isfinite(strtod(digits, NULL)) || fail(self, "a number is beyond a double");
}

static bool take_character(struct checker *self)
{
    size_t size = utf8_first((const char *)self->at, (size_t)(self->end - self->at));
    self->at += size;
    return size > 0 || fail(self, "a string is not UTF-8");
}

static bool take_hex4(struct checker *self, unsigned *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, self->at++) {
        if (self->at >= self->end || !isxdigit(*self->at))
            return fail(self, "a \\u lacks four hex digits");
        unsigned char c = *self->at;
        *value = *value * 16 + (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return true;
}

static bool check_escape(struct checker *self)
{
    unsigned code, low;
    if (self->at < self->end && memchr("\"\\/bfnrt", *self->at, 8)) {
        self->at++;
        return true;
    }
    if (!take(self, 'u'))
        return fail(self, "an unknown escape");
    if (!take_hex4(self, &code))
        return false;
    if (code == 0)
        return fail(self, "a string holds \\u0000");
    if (code >= 0xDC00 && code <= 0xDFFF)
        return fail(self, "half a surrogate pair");
    if (code >= 0xD800 && code <= 0xDBFF)
        if (!take(self, '\\') || !take(self, 'u') || !take_hex4(self, &low) || low < 0xDC00 ||
            low > 0xDFFF)
            return fail(self, "half a surrogate pair");
    return true;
}

static bool check_string(struct checker *self)
{
    if (!take(self, '"'))
        return fail(self, "a string is expected");
    while (self->at < self->end) {
        unsigned char c = *self->at;
        if (c == '"') {
            self->at++;
            return true;
        }
        if (c < 0x20)
            return fail(self, "a control character in a string");
        if (c == '\\') {
            self->at++;
            if (!check_escape(self))
                return false;
        } else if (c < 0x80) {
            self->at++;
        } else if (!take_character(self)) {
            return false;
        }
    }
    return fail(self, "a string does not end");
}

static bool check_value(struct checker *self, int depth);

/* The members of an object or the items of an array, up to and with the closing bracket. */
static bool check_items(struct checker *self, char close, int depth)
{
    skip_blanks(self);
    if (take(self, close))
        return true;
    for (;;) {
        skip_blanks(self);
        if (close == '}') {
            if (!check_string(self))
                return false;
            skip_blanks(self);
            if (!take(self, ':'))
                return fail(self, "a colon is expected");
        }
        if (!check_value(self, depth))
            return false;
        skip_blanks(self);
        if (take(self, close))
            return true;
        if (!take(self, ','))
            return fail(self, "a comma or a closing bracket is expected");
    }
}

static bool check_word(struct checker *self, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(self->end - self->at) < size || memcmp(self->at, word, size) != 0)
        return fail(self, "a value is expected");
    self->at += size;
    return true;
}

static bool check_value(struct checker *self, int depth)
{
    skip_blanks(self);
    if (self->at >= self->end)
        return fail(self, "the text ends too early");
    if (depth >= JSON_DEPTH_MAX)
        return fail(self, "nested too deep");
    if (++self->n_values > self->values_max)
        return fail(self, "too many values");
    switch (*self->at) {
    case '{':
        self->at++;
        return check_items(self, '}', depth + 1);
    case '[':
        self->at++;
        return check_items(self, ']', depth + 1);
    case '"':
        return check_string(self);
    case 't':
        return check_word(self, "true");
    case 'f':
        return check_word(self, "false");
    case 'n':
        return check_word(self, "null");
    default:
        return check_number(self);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The name of a member that stands twice in one object of the tree, or NULL. */
static const char *find_repeated_member(const cJSON *tree)
{
    const char *found = NULL;
    if (cJSON_IsObject(tree) && tree->child && tree->child->next) {
        size_t n = (size_t)cJSON_GetArraySize(tree), i = 0;
        const char **names = malloc(n * sizeof *names);
        if (!names)
            return "(out of memory)";
        for (const cJSON *item = tree->child; item; item = item->next)
            names[i++] = item->string;
        qsort(names, n, sizeof *names, compare_names);
        for (i = 1; i < n && !found; i++)
            if (strcmp(names[i - 1], names[i]) == 0)
                found = names[i];
        free(names);
    }
    for (const cJSON *item = tree->child; item && !found; item = item->next)
        if (item->child)
            found = find_repeated_member(item);
    return found;
}

cJSON *json_parse(const char *text, size_t size, struct err *err)
{
    return json_parse_few(text, size, SIZE_MAX, err);
}

cJSON *json_parse_few(const char *text, size_t size, size_t n_values, struct err *err)
{
    const unsigned char *start = (const unsigned char *)text;
    struct checker checker = {
        .start = start, .at = start, .end = start + size, .values_max = n_values};
    if (check_value(&checker, 0)) {
        skip_blanks(&checker);
        if (checker.at < checker.end)
            fail(&checker, "something follows the value");
    }
    if (checker.n_values > n_values) {
        err_set(err, ERR_TOO_LARGE, "more than %zu values", n_values);
        return NULL;
    }
    if (checker.fault) {
        err_set(err, ERR_BAD_REQUEST, "not JSON: %s at byte %zu", checker.fault,
                (size_t)(checker.at - start));
        return NULL;
    }
    cJSON *tree = cJSON_ParseWithLength(text, size);
    if (!tree) {
        err_set(err, ERR_BAD_REQUEST, "not JSON");
        return NULL;
    }
    const char *repeated = find_repeated_member(tree);
    if (repeated) {
        err_set(err, ERR_BAD_REQUEST, "member \"%.64s\" stands twice", repeated);
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

const char *json_text_of(const cJSON *object, const cJSON *member, const char *text, size_t size,
                         size_t *member_size)
{
    const unsigned char *start = (const unsigned char *)text, *value;
    struct checker at = {.start = start, .at = start, .end = start + size, .values_max = SIZE_MAX};
    const cJSON *one = object->child;
    skip_blanks(&at);
    take(&at, '{');
    do {
        skip_blanks(&at);
        check_string(&at);
        skip_blanks(&at);
        take(&at, ':');
        skip_blanks(&at);
        value = at.at;
        check_value(&at, 1);
        *member_size = (size_t)(at.at - value);
        skip_blanks(&at);
    } while (one != member && (one = one->next) && take(&at, ','));
    return (const char *)value;
}

const char *json_find_member(const char *text, size_t size, const char *name, size_t *value_size)
{
    const unsigned char *start = (const unsigned char *)text, *found = NULL;
    struct checker at = {.start = start, .at = start, .end = start + size, .values_max = SIZE_MAX};
    skip_blanks(&at);
    bool more = take(&at, '{');
    while (more) {
        skip_blanks(&at);
        const unsigned char *key = at.at;
        if (!check_string(&at))
            return NULL;
        bool is_it =
            (size_t)(at.at - key) == strlen(name) + 2 && memcmp(key + 1, name, strlen(name)) == 0;
        skip_blanks(&at);
        if (!take(&at, ':'))
            return NULL;
        skip_blanks(&at);
        const unsigned char *value = at.at;
        if (!check_value(&at, 1))
            return NULL;
        if (is_it) {
            found = value;
            *value_size = (size_t)(at.at - value);
        }
        skip_blanks(&at);
        more = take(&at, ',');
    }
    bool whole = take(&at, '}');
    skip_blanks(&at);
    return whole && at.at == at.end ? (const char *)found : NULL;
}

/* ---- numbers ----------------------------------------------------------------------------------
 */

__extension__ typedef unsigned __int128 u128;

enum { DIGITS_MAX = 20 }; /* of a 64-bit number */

static const uint64_t POWERS[DIGITS_MAX] = {1ull,
                                            10ull,
                                            100ull,
                                            1000ull,
                                            10000ull,
                                            100000ull,
                                            1000000ull,
                                            10000000ull,
                                            100000000ull,
                                            1000000000ull,
                                            10000000000ull,
                                            100000000000ull,
                                            1000000000000ull,
                                            10000000000000ull,
                                            100000000000000ull,
                                            1000000000000000ull,
                                            10000000000000000ull,
                                            100000000000000000ull,
                                            1000000000000000000ull,
                                            10000000000000000000ull};

static const char PAIRS[] = "0001020304050607080910111213141516171819"
                            "2021222324252627282930313233343536373839"
                            "4041424344454647484950515253545556575859"
                            "6061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* Eight digits, in parts that do not wait for one another. */
static void put_8_digits(uint32_t value, char *text)
{
    uint32_t high = value / 10000, low = value % 10000;
    memcpy(text, PAIRS + 2 * (high / 100), 2);
    memcpy(text + 2, PAIRS + 2 * (high % 100), 2);
    memcpy(text + 4, PAIRS + 2 * (low / 100), 2);
    memcpy(text + 6, PAIRS + 2 * (low % 100), 2);
}

/* The digits of a number, and room behind them: copies of a fixed size cost least. */
struct digits {
    char all[24 + DIGITS_MAX];
    const char *first;
    size_t n;
};

static void digits_of(struct digits *self, uint64_t value)
{
    put_8_digits((uint32_t)(value / 10000000000000000u), self->all);
    put_8_digits((uint32_t)(value / 100000000 % 100000000), self->all + 8);
    put_8_digits((uint32_t)(value % 100000000), self->all + 16);
    memset(self->all + 24, '0', DIGITS_MAX);
    self->n = 1;
    while (self->n < DIGITS_MAX && value >= POWERS[self->n])
        self->n++;
    self->first = self->all + 24 - self->n;
}

static size_t put_unsigned(uint64_t value, char *text)
{
    struct digits digits;
    digits_of(&digits, value);
    memcpy(text, digits.first, DIGITS_MAX);
    return digits.n;
}

/* value / 10^decimals, in plain notation. */
static size_t put_decimal(uint64_t value, int decimals, char *text)
{
    struct digits digits;
    digits_of(&digits, value);
    int whole = (int)digits.n - decimals;
    if (whole <= 0) {
        memcpy(text, "0.00000000", 10); /* no smaller number comes here */
        memcpy(text + 2 - whole, digits.first, DIGITS_MAX);
        return 2 + (size_t)decimals;
    }
    memcpy(text, digits.first, DIGITS_MAX);
    if (decimals == 0)
        return digits.n;
    text[whole] = '.';
    memcpy(text + whole + 1, digits.first + whole, DIGITS_MAX);
    return digits.n + 1;
}

/* A price has few decimals: if x = n / 10^4 with n of at most 15 digits, n and 10^4 are exact
 * doubles and their quotient is correctly rounded, so that decimal reads back to x (Clinger 1990,
 * How to read floating point numbers accurately, p. 95), and no shorter one does. False where x has
 * more decimals. */
static bool put_price(double x, char *text, size_t *size)
{
    double scaled = x * 10000, whole = rint(scaled);
    if (!(scaled < 1e15) || whole / 10000 != x)
        return false;
    uint64_t value = (uint64_t)whole;
    int decimals = 4;
    while (decimals > 0 && value % 10 == 0) {
        value /= 10;
        decimals--;
    }
    *size = put_decimal(value, decimals, text);
    return true;
}

static bool put_whole(double x, char *text, size_t *size)
{
    if (!(x < 9007199254740992.0) || x != rint(x))
        return false;
    *size = put_unsigned((uint64_t)x, text);
    return true;
}

/* The power of ten that the first digit of x stands for, 1e-5 <= x < 1e15. */
static int leading_power(double x, int binary_exponent)
{
    static const double TENS[] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0,  1e1,  1e2,  1e3,  1e4, 1e5,
                                  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    int power = ((binary_exponent - 1 + 64) * 1233 >> 12) - 19; /* log10(2) = 1233 / 4096 nearly */
    while (x < TENS[power + 5])
        power--;
    while (x >= TENS[power + 6])
        power++;
    return power;
}

/* The shortest decimal within the rounding interval of x, in exact integer arithmetic.
 *
 *   x = m 2^e;  everything is scaled by 4 * 10^j 2^-e, where j is chosen so that x has 17 digits:
 *   the interval is (4m - 2) 10^j .. (4m + 2) 10^j, and below 2^127 while 1e-5 <= x < 1e15
 *   (the lower half-width is 1, not 2, where m is a power of two).
 *
 * Digits are dropped from the right while a multiple of the next power of ten is still inside
 * (Steele & White 1990, How to print floating-point numbers accurately, pp. 112-126). */
static bool put_shortest(double x, char *text, size_t *size)
{
    if (!(x >= 1e-5 && x < 1e15))
        return false;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t mantissa = (bits & ((1ull << 52) - 1)) | 1ull << 52;
    int exponent = (int)(bits >> 52) - 1022; /* x is mantissa 2^(exponent - 53) */
    int shift = 53 - exponent + 2; /* the scaled numbers are fixed point with this many bits */
    int decimals = 16 - leading_power(x, exponent);
    if (shift < 2 || shift > 126 || decimals < 0 || decimals > 22)
        return false;
    u128 power = decimals > 19 ? (u128)POWERS[19] * POWERS[decimals - 19] : POWERS[decimals];
    uint64_t below = mantissa == (1ull << 52) ? 1 : 2;
    bool even = (mantissa & 1) == 0; /* ties round to even, so the ends then belong to x */
    u128 low = (4 * (u128)mantissa - below) * power, high = (4 * (u128)mantissa + 2) * power;
    u128 middle = 4 * (u128)mantissa * power;
    u128 mask = ((u128)1 << shift) - 1;
    uint64_t low_digits = (uint64_t)(low >> shift); /* the last integer outside, from below */
    if ((low & mask) == 0 && even)
        low_digits--;
    uint64_t high_digits = (uint64_t)(high >> shift);
    if ((high & mask) == 0 && !even)
        high_digits--;
    if (low_digits >= high_digits)
        return false;
    int dropped = 0;
    while (dropped < 18 && low_digits / POWERS[dropped + 1] < high_digits / POWERS[dropped + 1])
        dropped++;
    /* Of the multiples inside, the one nearest x. */
    uint64_t unit = POWERS[dropped];
    u128 half = ((u128)unit << shift) / 2;
    uint64_t digits = (uint64_t)((middle + half) >> shift) / unit;
    if (digits * (u128)unit > high_digits)
        digits--;
    if (digits * (u128)unit <= low_digits)
        digits++;
    decimals -= dropped;
    if (decimals < 0) {
        digits *= POWERS[-decimals];
        decimals = 0;
    }
    *size = put_decimal(digits, decimals, text);
    return true;
}

static size_t put_any(double x, char *text)
{
    int n = 0;
    for (int precision = x < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        n = snprintf(text, JSON_NUMBER_SIZE - 1, "%.*g", precision, x);
        if (strtod(text, NULL) == x)
            break;
    }
    return (size_t)n;
}

size_t json_format_number(double value, char text[JSON_NUMBER_SIZE])
{
    size_t size = 0, digits;
    if (!isfinite(value)) {
        memcpy(text, "null", 5);
        return 4;
    }
    if (value == 0) {
        memcpy(text, signbit(value) ? "-0.0" : "0", signbit(value) ? 5 : 2);
        return signbit(value) ? 4 : 1;
    }
    if (value < 0)
        text[size++] = '-';
    double x = fabs(value);
    if (!put_price(x, text + size, &digits) && !put_whole(x, text + size, &digits) &&
        !put_shortest(x, text + size, &digits))
        digits = put_any(x, text + size);
    size += digits;
    text[size] = '\0';
    return size;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

void json_put_number(struct buf *out, double value)
{
    char *at = buf_reserve(out, JSON_NUMBER_SIZE);
    out->size += json_format_number(value, at);
}

void json_put_integer(struct buf *out, int64_t value)
{
    char *at = buf_reserve(out, JSON_NUMBER_SIZE);
    size_t n = 0;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0)
        at[n++] = '-';
    n += put_unsigned(magnitude, at + n);
    at[n] = '\0';
    out->size += n;
}

void json_put_string(struct buf *out, const char *text)
{
    buf_put_char(out, '"');
    for (const char *from = text;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
            continue;
        buf_put(out, from, (size_t)(text - from));
        if (c == '\0')
            break;
        if (c == '"' || c == '\\') {
            char escaped[2] = {'\\', (char)c};
            buf_put(out, escaped, 2);
        } else {
            buf_put_format(out, "\\u%04x", c);
        }
        from = text + 1;
    }
    buf_put_char(out, '"');
}

void json_put_time(struct buf *out, int64_t feed_ms)
{
    char text[FEEDTIME_TEXT_SIZE + 2];
    feedtime_format(feed_ms, text + 1);
    text[0] = text[FEEDTIME_TEXT_SIZE] = '"';
    buf_put(out, text, FEEDTIME_TEXT_SIZE + 1);
}

void json_put_tree(struct buf *out, const cJSON *tree)
{
    if (cJSON_IsNumber(tree)) {
        json_put_number(out, tree->valuedouble);
    } else if (cJSON_IsString(tree)) {
        json_put_string(out, tree->valuestring);
    } else if (cJSON_IsArray(tree) || cJSON_IsObject(tree)) {
        bool object = cJSON_IsObject(tree);
        buf_put_char(out, object ? '{' : '[');
        for (const cJSON *item = tree->child; item; item = item->next) {
            if (object) {
                json_put_string(out, item->string);
                buf_put_char(out, ':');
            }
            json_put_tree(out, item);
            if (item->next)
                buf_put_char(out, ',');
        }
        buf_put_char(out, object ? '}' : ']');
    } else {
        buf_put_text(out, cJSON_IsTrue(tree) ? "true" : cJSON_IsFalse(tree) ? "false" : "null");
    }
}
