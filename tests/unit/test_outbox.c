/* What waits for one session: order, numbers, merging, limits, memory for resync. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sessions/outbox.h"

static const struct outbox_limits LIMITS = {.closed_max = 4, .replies_max = 2, .remembered_max = 3};
static int owner_a, owner_b;
static atomic_size_t tally;

static void put_closed(struct outbox *outbox, void *owner, int bar, bool fits)
{
    char text[16];
    int n = snprintf(text, sizeof text, "closed %d", bar);
    struct body *body = body_new(&tally, text, (size_t)n);
    assert_int_equal(outbox_put_closed(outbox, owner, bar, body), fits);
    body_release(&body);
}

static void put_forming(struct outbox *outbox, void *owner, int bar, bool merges)
{
    char text[16];
    int n = snprintf(text, sizeof text, "forming %d", bar);
    struct body *body = body_new(&tally, text, (size_t)n);
    assert_int_equal(outbox_put_forming(outbox, owner, bar, body, 0), merges);
    body_release(&body);
}

static bool put_reply_about(struct outbox *outbox, void *owner, const char *text)
{
    struct body *body = body_new(&tally, text, strlen(text));
    bool fits = outbox_put_reply(outbox, body, owner, false);
    body_release(&body);
    return fits;
}

static bool put_reply(struct outbox *outbox, const char *text)
{
    return put_reply_about(outbox, NULL, text);
}

/* Sends all that waits and writes it down: "1:closed 1 2:forming 2+1 reply". */
static void drain(struct outbox *outbox, char *text, size_t size)
{
    const struct outbox_item *items;
    size_t n, used = 0;
    text[0] = '\0';
    while ((n = outbox_next(outbox, 2, &items)) > 0) {
        uint64_t seq = outbox_seq(outbox);
        for (size_t i = 0; i < n; i++) {
            const struct body *body = items[i].body;
            if (items[i].kind == OUTBOX_REPLY)
                used += (size_t)snprintf(text + used, size - used, "%.*s ", (int)body->size,
                                         body->data);
            else
                used +=
                    (size_t)snprintf(text + used, size - used, "%d:%.*s+%u ", (int)(seq + i + 1),
                                     (int)body->size, body->data, (unsigned)items[i].merged);
        }
        outbox_sent(outbox, n);
    }
}

static void replies_and_stream_keep_their_order(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    put_closed(outbox, &owner_a, 1, true);
    assert_true(put_reply(outbox, "reply"));
    put_forming(outbox, &owner_a, 2, false);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:closed 1+0 reply 2:forming 2+0 ");
    assert_true(outbox_is_empty(outbox));
    outbox_destroy(&outbox);
}

static void a_slow_reader_gets_the_newest_forming_bar_and_every_closed_one(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    outbox_set_blocked(outbox, true);
    put_forming(outbox, &owner_a, 1, false);
    put_forming(outbox, &owner_b, 1, false);
    put_forming(outbox, &owner_a, 2, true);
    put_forming(outbox, &owner_a, 3, true);
    put_closed(outbox, &owner_a, 3, true);
    put_forming(outbox, &owner_a, 4, false);
    put_forming(outbox, &owner_a, 5, true);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:forming 3+2 2:forming 1+0 3:closed 3+0 4:forming 5+1 ");
    outbox_destroy(&outbox);
}

static void nothing_gets_ahead_of_a_reply_that_shows_how_it_stood(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    outbox_set_blocked(outbox, true);
    put_forming(outbox, &owner_a, 1, false);
    put_forming(outbox, &owner_b, 1, false);
    assert_true(put_reply_about(outbox, &owner_a, "a"));
    put_forming(outbox, &owner_a, 2, false);
    put_forming(outbox, &owner_a, 3, true);
    put_forming(outbox, &owner_b, 2, true);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:forming 1+0 2:forming 2+1 a 3:forming 3+1 ");
    outbox_destroy(&outbox);
}

static void nothing_merges_for_a_reader_that_keeps_up(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    put_forming(outbox, &owner_a, 1, false);
    put_forming(outbox, &owner_a, 2, false);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:forming 1+0 2:forming 2+0 ");
    outbox_destroy(&outbox);
}

static void past_the_limit_it_says_from_which_bar_to_ask(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    void *owner;
    int64_t bar_ms;
    outbox_set_blocked(outbox, true);
    for (int bar = 1; bar <= 4; bar++)
        put_closed(outbox, bar % 2 ? &owner_a : &owner_b, bar, true);
    assert_true(put_reply(outbox, "kept"));
    put_closed(outbox, &owner_a, 5, false);
    put_closed(outbox, &owner_a, 6, true); /* there is room again */
    assert_true(outbox_take_lagging(outbox, &owner, &bar_ms));
    assert_ptr_equal(owner, &owner_b);
    assert_int_equal(bar_ms, 2);
    assert_true(outbox_take_lagging(outbox, &owner, &bar_ms));
    assert_ptr_equal(owner, &owner_a);
    assert_int_equal(bar_ms, 1);
    assert_false(outbox_take_lagging(outbox, &owner, &bar_ms));
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "kept 1:closed 6+0 ");
    outbox_destroy(&outbox);
}

/* Until the notice has left: what it says covers what is given up after it. */
static void what_is_announced_is_not_announced_again(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    struct body *notice = body_new(&tally, "lagging", 7);
    char text[256];
    void *owner;
    int64_t bar_ms;
    outbox_set_blocked(outbox, true);
    outbox_give_up(outbox, &owner_a, 1);
    assert_true(outbox_take_lagging(outbox, &owner, &bar_ms));
    outbox_put_lagging(outbox, owner, bar_ms, notice);
    body_release(&notice);
    for (int bar = 2; bar <= 6; bar++)
        put_closed(outbox, &owner_a, bar, bar < 6);
    assert_false(outbox_take_lagging(outbox, &owner, &bar_ms));
    assert_true(outbox_waits_closed(outbox, &owner_a, &bar_ms));
    assert_int_equal(bar_ms, 1);
    drain(outbox, text, sizeof text);
    assert_false(outbox_waits_closed(outbox, NULL, NULL));
    outbox_give_up(outbox, &owner_a, 7);
    assert_true(outbox_take_lagging(outbox, &owner, &bar_ms));
    assert_int_equal(bar_ms, 7);
    outbox_destroy(&outbox);
}

static void an_ended_subscription_is_never_named_again(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    void *owner;
    int64_t bar_ms;
    for (int bar = 1; bar <= 5; bar++)
        put_closed(outbox, &owner_a, bar, bar < 5);
    outbox_forget_owner(outbox, &owner_a);
    assert_false(outbox_take_lagging(outbox, &owner, &bar_ms));
    outbox_destroy(&outbox);
}

static void resync_gives_what_is_remembered_and_says_if_that_is_all(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    struct body *const *bodies;
    char text[512];
    bool complete;
    for (int bar = 1; bar <= 4; bar++) { /* seq 2 4 6 8, with forming bars between */
        put_forming(outbox, &owner_a, bar, false);
        put_closed(outbox, &owner_a, bar, true);
        drain(outbox, text, sizeof text);
    }
    assert_int_equal(outbox_since(outbox, 5, &bodies, &complete), 2);
    assert_true(complete);
    assert_memory_equal(bodies[0]->data, "closed 3", 8);
    assert_int_equal(outbox_since(outbox, 2, &bodies, &complete), 3);
    assert_true(complete);
    assert_int_equal(outbox_since(outbox, 1, &bodies, &complete), 3); /* the first is forgotten */
    assert_false(complete);
    assert_int_equal(outbox_since(outbox, 8, &bodies, &complete), 0);
    assert_true(complete);
    outbox_destroy(&outbox);
}

/* The notice itself may have gone to a connection that nobody reads any more. */
static void resync_is_not_all_while_the_gap_is_not_known(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    struct body *const *bodies, *notice = body_new(&tally, "lagging", 7);
    char text[512];
    bool complete;
    put_closed(outbox, &owner_a, 1, true);
    outbox_put_lagging(outbox, &owner_a, 2, notice); /* seq 2 */
    body_release(&notice);
    for (int bar = 5; bar <= 7; bar++) {
        put_closed(outbox, &owner_a, bar, true); /* seq 3 to 5 */
        drain(outbox, text, sizeof text);
        outbox_since(outbox, 1, &bodies, &complete);
        assert_false(complete);
        outbox_since(outbox, 2, &bodies, &complete);
        assert_true(complete);
    }
    outbox_destroy(&outbox);
}

static void a_lost_connection_keeps_closed_bars_only(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    put_forming(outbox, &owner_a, 1, false);
    assert_true(put_reply(outbox, "stale"));
    put_closed(outbox, &owner_a, 1, true);
    outbox_drop_stale(outbox);
    assert_true(put_reply(outbox, "one"));
    assert_true(put_reply(outbox, "two"));
    assert_false(put_reply(outbox, "three"));
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:closed 1+0 one two ");
    outbox_destroy(&outbox);
}

static bool put_notice(struct outbox *outbox, enum outbox_kind kind)
{
    struct body *body = body_new(&tally, "{}", 2);
    bool fits = outbox_put_notice(outbox, body, kind);
    body_release(&body);
    return fits;
}

static void notices_are_given_up_with_the_bars_they_are_about(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    put_closed(outbox, &owner_a, 1, true);
    assert_true(put_notice(outbox, OUTBOX_COMPLETE));
    assert_true(put_notice(outbox, OUTBOX_NOTICE));
    outbox_give_up_all(outbox);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:{}+0 ");
    for (int i = 0; i < 4; i++)
        assert_true(put_notice(outbox, OUTBOX_NOTICE));
    assert_false(put_notice(outbox, OUTBOX_NOTICE)); /* not without an end */
    outbox_destroy(&outbox);
}

static void what_waits_is_weighed(void **state)
{
    (void)state;
    assert_int_equal(atomic_load(&tally), 0);
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    char text[256];
    put_closed(outbox, &owner_a, 1, true);
    size_t one = outbox_weight(outbox);
    assert_true(one >= strlen("closed 1") && atomic_load(&tally) >= one);
    put_closed(outbox, &owner_a, 2, true);
    assert_int_equal(outbox_weight(outbox), 2 * one);
    outbox_set_blocked(outbox, true);
    put_forming(outbox, &owner_a, 3, false);
    size_t before = outbox_weight(outbox);
    put_forming(outbox, &owner_a, 10, true); /* a byte longer, in its place */
    assert_int_equal(outbox_weight(outbox), before + 1);
    drain(outbox, text, sizeof text);
    assert_int_equal(outbox_weight(outbox), 0);
    assert_int_equal(outbox_n_remembered(outbox), 2);
    size_t remembered = atomic_load(&tally);
    outbox_forget_given(outbox);
    assert_true(atomic_load(&tally) < remembered);
    put_closed(outbox, &owner_a, 4, true);
    assert_true(put_reply(outbox, "reply"));
    outbox_drop_stale(outbox);
    assert_int_equal(outbox_weight(outbox), one);
    outbox_give_up_all(outbox);
    assert_int_equal(outbox_weight(outbox), 0);
    put_closed(outbox, &owner_a, 5, true);
    outbox_destroy(&outbox);
    assert_int_equal(atomic_load(&tally), 0);
}

static void a_long_queue_gives_its_room_back(void **state)
{
    (void)state;
    static const struct outbox_limits MANY = {.closed_max = 5000};
    struct outbox *outbox = outbox_new(&MANY, &tally);
    char text[256];
    for (int bar = 0; bar < 5000; bar++)
        put_closed(outbox, &owner_a, bar, true);
    assert_true(atomic_load(&tally) > 5000 * sizeof(struct outbox_item));
    outbox_give_up_all(outbox);
    assert_int_equal(atomic_load(&tally), 0);
    put_closed(outbox, &owner_a, 1, true);
    drain(outbox, text, sizeof text);
    assert_string_equal(text, "1:closed 1+0 ");
    outbox_destroy(&outbox);
    assert_int_equal(atomic_load(&tally), 0);
}

static void what_is_forgotten_is_not_complete(void **state)
{
    (void)state;
    struct outbox *outbox = outbox_new(&LIMITS, &tally);
    struct body *const *bodies;
    char text[256];
    bool complete;
    put_closed(outbox, &owner_a, 1, true);
    put_closed(outbox, &owner_a, 2, true);
    drain(outbox, text, sizeof text);
    outbox_forget_given(outbox);
    assert_int_equal(outbox_since(outbox, 1, &bodies, &complete), 0);
    assert_false(complete);
    put_closed(outbox, &owner_a, 3, true);
    drain(outbox, text, sizeof text);
    assert_int_equal(outbox_since(outbox, 2, &bodies, &complete), 1);
    assert_true(complete);
    outbox_destroy(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_and_stream_keep_their_order),
        cmocka_unit_test(a_slow_reader_gets_the_newest_forming_bar_and_every_closed_one),
        cmocka_unit_test(nothing_gets_ahead_of_a_reply_that_shows_how_it_stood),
        cmocka_unit_test(nothing_merges_for_a_reader_that_keeps_up),
        cmocka_unit_test(past_the_limit_it_says_from_which_bar_to_ask),
        cmocka_unit_test(what_is_announced_is_not_announced_again),
        cmocka_unit_test(an_ended_subscription_is_never_named_again),
        cmocka_unit_test(resync_gives_what_is_remembered_and_says_if_that_is_all),
        cmocka_unit_test(resync_is_not_all_while_the_gap_is_not_known),
        cmocka_unit_test(a_lost_connection_keeps_closed_bars_only),
        cmocka_unit_test(notices_are_given_up_with_the_bars_they_are_about),
        cmocka_unit_test(what_waits_is_weighed),
        cmocka_unit_test(a_long_queue_gives_its_room_back),
        cmocka_unit_test(what_is_forgotten_is_not_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
