/* JSON: what is read is written so that it reads back to the same, numbers to the bit; what is
 * refused is refused with the byte where it went wrong; and a member that is found without a tree
 * is the one in the tree. */
#include <assert.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/fuzz/fuzz.h"

static void check_numbers(const cJSON *before, const cJSON *after)
{
    for (; before; before = before->next, after = after->next) {
        assert(after && before->type == after->type);
        assert(!cJSON_IsNumber(before) ||
               memcmp(&before->valuedouble, &after->valuedouble, sizeof(double)) == 0);
        check_numbers(before->child, after->child);
    }
}

static size_t count(const cJSON *tree)
{
    size_t n = 1;
    for (const cJSON *one = tree->child; one; one = one->next)
        n += count(one);
    return n;
}

/* Of a text that has been read into the tree. */
static void check_members(const char *text, size_t size, const cJSON *tree)
{
    size_t found_size, n = count(tree);
    const char *found = json_find_member(text, size, "id", &found_size);
    const cJSON *member =
        cJSON_IsObject(tree) ? cJSON_GetObjectItemCaseSensitive(tree, "id") : NULL;
    assert(!found || member);
    cJSON *alone = found ? json_parse(found, found_size, NULL) : NULL;
    if (found) {
        struct buf wanted = {0}, got = {0};
        assert(alone);
        json_put_tree(&wanted, member);
        json_put_tree(&got, alone);
        assert(wanted.size == got.size && memcmp(wanted.data, got.data, got.size) == 0);
        buf_destroy(&wanted);
        buf_destroy(&got);
    }
    cJSON_Delete(alone);
    cJSON *few = json_parse_few(text, size, n, NULL);
    assert(few && !json_parse_few(text, size, n - 1, NULL));
    cJSON_Delete(few);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct buf text = {0}, again = {0};
    cJSON *tree = json_parse((const char *)data, size, &err);
    if (!tree) {
        assert(err.code == ERR_BAD_REQUEST && err.message[0] != '\0');
        json_put_string(&text, err.message);
        assert((tree = json_parse(text.data, text.size, NULL)));
    } else {
        check_members((const char *)data, size, tree);
        json_put_tree(&text, tree);
        cJSON *same = json_parse(text.data, text.size, &err);
        assert(same);
        check_numbers(tree, same);
        json_put_tree(&again, same);
        assert(again.size == text.size && memcmp(again.data, text.data, text.size) == 0);
        cJSON_Delete(same);
    }
    cJSON_Delete(tree);
    buf_destroy(&text);
    buf_destroy(&again);
    return 0;
}
