/* cmd_token - token: one for somebody else, or for a program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "common/protocol/ids.h"

/* "8h", "30min", "90s", "7d", or seconds. */
static enum err_code parse_ttl(const char *text, int64_t *seconds, struct err *err)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } UNITS[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    size_t digits = strspn(text, "0123456789");
    bool is_time = digits > 0 && digits < 9 && atoll(text) > 0;
    for (size_t i = 0; is_time && i < sizeof UNITS / sizeof *UNITS; i++)
        if (strcmp(text + digits, UNITS[i].unit) == 0) {
            *seconds = atoll(text) * UNITS[i].seconds;
            return ERR_OK;
        }
    return err_set(err, ERR_BAD_REQUEST, "--ttl %s: a time such as 8h, 30min or 7d is expected",
                   text);
}

static enum err_code copy_claim(char *claim, size_t size, const char *text, const char *option,
                                struct err *err)
{
    if (text && strlen(text) >= size)
        return err_set(err, ERR_BAD_REQUEST, "%s: at most %zu bytes", option, size - 1);
    snprintf(claim, size, "%s", text ? text : "");
    return ERR_OK;
}

/* So that every token can be revoked. */
static void draw_jti(char jti[TOKEN_JTI_MAX + 1])
{
    uint8_t raw[16];
    if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
        abort();
    session_key_encode(raw, jti);
}

/* Globs with commas between them. */
static enum err_code copy_symbols(struct token_claims *claims, const char *globs, struct err *err)
{
    size_t size = strlen(globs);
    if (size >= sizeof claims->symbols - 1)
        return err_set(err, ERR_BAD_REQUEST, "--symbols: at most %zu bytes",
                       sizeof claims->symbols - 2);
    claims->has_symbols = true;
    for (size_t i = 0; i < size; i++)
        claims->symbols[i] = globs[i] == ',' ? '\n' : globs[i];
    if (size > 0)
        claims->symbols[size] = '\n';
    return ERR_OK;
}

static enum err_code read_claims(const struct args *args, struct token_claims *claims,
                                 struct err *err)
{
    const char *user = args_option(args, "--user"), *scope = args_option(args, "--scope");
    const char *ttl = args_option(args, "--ttl"), *symbols = args_option(args, "--symbols");
    int64_t seconds = 8 * 3600;
    enum err_code code = ERR_OK;
    *claims = (struct token_claims){0};
    if (!user || !user[0])
        return err_set(err, ERR_BAD_REQUEST, "token %s", args->command->arguments);
    if ((ttl && (code = parse_ttl(ttl, &seconds, err)) != ERR_OK) ||
        (scope && (code = token_parse_scopes(scope, &claims->scopes, err)) != ERR_OK) ||
        (code = copy_claim(claims->user, sizeof claims->user, user, "--user", err)) != ERR_OK ||
        (code = copy_claim(claims->sid, sizeof claims->sid, args_option(args, "--sid"), "--sid",
                           err)) != ERR_OK ||
        (code = copy_claim(claims->jti, sizeof claims->jti, args_option(args, "--jti"), "--jti",
                           err)) != ERR_OK ||
        (code = copy_claim(claims->kid, sizeof claims->kid, args_option(args, "--kid"), "--kid",
                           err)) != ERR_OK)
        return code;
    if (symbols && (code = copy_symbols(claims, symbols, err)) != ERR_OK)
        return code;
    if (!claims->jti[0])
        draw_jti(claims->jti);
    claims->expires_at_s = (int64_t)time(NULL) + seconds;
    return ERR_OK;
}

static enum err_code check_token(const struct args *args, struct err *err)
{
    struct token_claims claims;
    return read_claims(args, &claims, err);
}

static enum status run_token(struct cli *cli, const struct args *args)
{
    struct token_claims claims;
    struct err err;
    char *token = NULL;
    read_claims(args, &claims, NULL);
    if (credentials_mint(cli->options, args_option(args, "--key"), &claims, &token, &err) != ERR_OK)
        return cli_fail(cli, &err);
    out_text(&cli->out, token);
    out_text(&cli->out, "\n");
    free(token);
    return STATUS_DONE;
}

const struct command command_token = {
    .name = "token",
    .arguments = "--user U [--sid S] [--scope feed,admin] [--ttl 8h] [--symbols GLOBS] "
                 "[--jti ID] [--key F] [--kid K]",
    .about = "print a token, minted with the local jwt.key",
    .help = "--sid S     the session that it is for\n"
            "--scope ... what it allows beside one's own sessions: feed, admin\n"
            "--ttl 8h    how long it is good: seconds, or a number of s, min, h or d (8h)\n"
            "--symbols   what it may see or feed, as NIFTY*,BANKNIFTY (else: everything)\n"
            "--jti ID    its own id, by which the operator can revoke it (else: drawn)\n"
            "--key F     the file with the secret (else: jwt.key)\n"
            "--kid K     under which name the daemon knows that secret (K.key among its keys)\n",
    .options = {{"--user", "U", WORD_FREE},
                {"--sid", "S", WORD_FREE},
                {"--scope", "feed,admin", WORD_FREE},
                {"--ttl", "8h", WORD_FREE},
                {"--symbols", "GLOBS", WORD_FREE},
                {"--jti", "ID", WORD_FREE},
                {"--key", "F", WORD_FILE},
                {"--kid", "K", WORD_FREE}},
    .check = check_token,
    .run = run_token,
};
