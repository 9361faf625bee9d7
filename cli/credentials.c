#include "cli/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"

enum { TTL_S = 8 * 3600 };

static bool is_absolute(const char *path)
{
    return path && path[0] == '/' && path[1];
}

char *credentials_state_path(const struct options *options, const char *name)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct buf path = {0};
    if (options->state)
        buf_put_text(&path, options->state);
    else if (is_absolute(xdg))
        buf_put_format(&path, "%s/indsub", xdg);
    else if (is_absolute(home))
        buf_put_format(&path, "%s/.local/state/indsub", home);
    else
        buf_put_text(&path, "/var/lib/indsub");
    buf_put_format(&path, "/%s", name);
    return path.data;
}

/* The first line of a file, up to one of the characters in `end`; for free. */
static enum err_code read_line(const char *path, const char *end, char **line, struct err *err)
{
    FILE *file = fopen(path, "re");
    size_t size = 0;
    *line = NULL;
    if (!file)
        return err_set(err, ERR_FORBIDDEN, "cannot read %s: %s", path, strerror(errno));
    ssize_t n = getline(line, &size, file);
    fclose(file);
    if (n > 0)
        (*line)[strcspn(*line, end)] = '\0';
    if (n > 0 && (*line)[0])
        return ERR_OK;
    free(*line);
    *line = NULL;
    return err_set(err, ERR_UNAUTHENTICATED, "%s is empty", path);
}

enum err_code credentials_mint(const struct options *options, const char *file,
                               const struct token_claims *claims, char **token, struct err *err)
{
    char *path = file ? mem_strdup(file) : credentials_state_path(options, "jwt.key"), *secret;
    struct err why;
    enum err_code code = read_line(path, "\r\n", &secret, &why);
    if (code != ERR_OK)
        err_set(err, code, "%s%s", why.message,
                file ? "" : "; --state DIR says where indsubd keeps it, for who may read it");
    if (code == ERR_OK)
        code = token_mint(secret, strlen(secret), claims, (int64_t)time(NULL), token, err);
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
    free(path);
    return code;
}

/* Who may read the key is its owner, so the token may do all that its owner may. */
static enum err_code mint_for_user(const struct options *options, char **token, struct err *err)
{
    struct token_claims claims = {.scopes = TOKEN_SCOPE_FEED | TOKEN_SCOPE_ADMIN,
                                  .expires_at_s = (int64_t)time(NULL) + TTL_S};
    if (strlen(options->user) > TOKEN_USER_MAX)
        return err_set(err, ERR_BAD_REQUEST, "--user: a name has at most %d bytes", TOKEN_USER_MAX);
    snprintf(claims.user, sizeof claims.user, "%s", options->user);
    return credentials_mint(options, NULL, &claims, token, err);
}

enum err_code credentials_curve(const struct options *options, struct curve_keys *keys,
                                struct err *err)
{
    *keys = (struct curve_keys){0};
    if (!options->server_key)
        return options->certificate
                   ? err_set(err, ERR_BAD_REQUEST, "--certificate needs a --server-key with it")
                   : ERR_OK;
    return curve_keys_load(keys, options->server_key, options->certificate, err);
}

enum err_code credentials_token(const struct options *options, char **token, struct err *err)
{
    *token = NULL;
    if (options->user)
        return mint_for_user(options, token, err);
    if (options->token_file)
        return read_line(options->token_file, " \t\r\n", token, err);
    if (!options->token)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "no token: give --token, --token-file or --user, or set INDSUB_TOKEN");
    *token = mem_strdup(options->token);
    return ERR_OK;
}
