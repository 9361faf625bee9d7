/* example - five updates of NIFTY50 with RSI and MACD.
 *
 *      cc example.c -o example $(pkg-config --cflags --libs indsub)
 *      ./example tcp://127.0.0.1:5570 "$(indsub-cli token --user alice)" */
#include <indsub.h>
#include <stdio.h>

static void show(indsub_t *client, const indsub_update_t *update, void *context)
{
    const indsub_bar_t *bar = indsub_update_bar(update);
    int *left = context;
    (void)client;
    if (--*left < 0)
        return;
    printf("%s %s %s close %.2f  RSI %.2f  MACD %.2f signal %.2f\n", indsub_update_symbol(update),
           indsub_update_timeframe(update), bar->closed ? "closed" : "forming", bar->close,
           indsub_update_value(update, "RSI_14_100", NULL),
           indsub_update_value(update, "MACD_12_26_9", "MACD"),
           indsub_update_value(update, "MACD_12_26_9", "MACDs"));
    fflush(stdout);
}

static void tell(indsub_t *client, const indsub_event_t *event, void *context)
{
    (void)client, (void)context;
    fprintf(stderr, "%s\n", event->text);
}

int main(int argc, char **argv)
{
    int left = 5;
    if (argc != 3)
        return 2;
    indsub_t *client = indsub_new(argv[1]);
    if (!client)
        return 1;
    indsub_on_update(client, show, &left);
    indsub_on_event(client, tell, NULL);

    indsub_subscription_t what = {
        .symbol = "NIFTY50", .timeframe = "5min", .indicators = "RSI(14) MACD(12,26,9)"};
    indsub_err_t err = indsub_open(client, argv[2], NULL, NULL, NULL);
    if (err == INDSUB_OK)
        err = indsub_subscribe(client, &what, NULL, NULL);
    while (err == INDSUB_OK && left > 0)
        err = indsub_poll(client, -1);
    if (err == INDSUB_OK)
        err = indsub_close(client, NULL, NULL);

    if (err != INDSUB_OK)
        fprintf(stderr, "%s: %s\n", indsub_err_name(err), indsub_last_error(client));
    indsub_destroy(&client);
    return err == INDSUB_OK ? 0 : 1;
}
