/* JSON: what is read is written so that it reads back to the same, numbers to the bit; what is
 * refused is refused with the byte where it went wrong. */
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
