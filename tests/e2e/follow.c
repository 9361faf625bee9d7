/* follow - the closed minute bars of NIFTY50, a line each as they were sent, for as long as it
 * runs; what happens to the connection goes to standard error.
 *
 *      cc follow.c -o follow $(pkg-config --cflags --libs indsub) */
#include <indsub.h>
#include <stdio.h>

static void show(indsub_t *client, const indsub_update_t *update, void *context)
{
    size_t size;
    const char *body = indsub_update_body(update, &size);
    (void)client, (void)context;
    if (!indsub_update_bar(update)->closed)
        return;
    printf("%.*s\n", (int)size, body);
    fflush(stdout);
}

static void tell(indsub_t *client, const indsub_event_t *event, void *context)
{
    (void)client, (void)context;
    if (event->kind == INDSUB_RESUMED || event->kind == INDSUB_ENDED)
        fprintf(stderr, "%s\n", event->text);
}

int main(int argc, char **argv)
{
    indsub_t *client = argc == 3 ? indsub_new(argv[1]) : NULL;
    if (!client)
        return 2;
    indsub_on_update(client, show, NULL);
    indsub_on_event(client, tell, NULL);

    indsub_subscription_t what = {.symbol = "NIFTY50", .timeframe = "1min", .indicators = "SMA(2)"};
    indsub_err_t err = indsub_open(client, argv[2], NULL, NULL, NULL);
    if (err == INDSUB_OK)
        err = indsub_subscribe(client, &what, NULL, NULL);
    while (err == INDSUB_OK)
        err = indsub_poll(client, -1);
    fprintf(stderr, "%s: %s\n", indsub_err_name(err), indsub_last_error(client));
    indsub_destroy(&client);
    return 1;
}
