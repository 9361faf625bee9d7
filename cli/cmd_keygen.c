/* cmd_keygen - keygen: a certificate for a daemon or a client, in two files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "common/base/json.h"
#include "common/protocol/certificate.h"

/* A file that was not there, for its owner alone. */
static enum err_code write_new(const char *path, const struct certificate *certificate,
                               bool with_secret, struct err *err)
{
    struct buf text = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_FORBIDDEN, "cannot make %s: %s", path, strerror(errno));
    certificate_put(&text, certificate, with_secret);
    bool written = write(fd, text.data, text.size) == (ssize_t)text.size && fsync(fd) == 0;
    explicit_bzero(text.data, text.size);
    buf_destroy(&text);
    close(fd);
    if (written)
        return ERR_OK;
    unlink(path);
    return err_set(err, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
}

static enum err_code write_both(const char *path, const char *public_path,
                                const struct certificate *certificate, struct err *err)
{
    enum err_code code = write_new(path, certificate, true, err);
    if (code != ERR_OK)
        return code;
    code = write_new(public_path, certificate, false, err);
    if (code != ERR_OK)
        unlink(path);
    return code;
}

static void say(struct cli *cli, const char *path, const char *public_path,
                const struct certificate *certificate)
{
    struct buf text = {0};
    if (cli->options->json) {
        buf_put_text(&text, "{\"public_key\":");
        json_put_string(&text, certificate->public_key);
        buf_put_text(&text, ",\"certificate\":");
        json_put_string(&text, path);
        buf_put_text(&text, ",\"public_certificate\":");
        json_put_string(&text, public_path);
        buf_put_char(&text, '}');
    } else {
        buf_put_text(&text, certificate->public_key);
    }
    buf_put_char(&text, '\n');
    out_text(&cli->out, text.data);
    buf_destroy(&text);
}

static enum status run_keygen(struct cli *cli, const struct args *args)
{
    const char *path = args->words[0];
    struct certificate certificate;
    struct buf public_path = {0};
    struct err err;
    enum err_code code = ERR_OK;
    buf_put_format(&public_path, "%s.pub", path);
    if (zmq_curve_keypair(certificate.public_key, certificate.secret_key) != 0)
        code = err_set(&err, ERR_INTERNAL, "libzmq has no CURVE: %s", zmq_strerror(errno));
    else
        code = write_both(path, public_path.data, &certificate, &err);
    if (code == ERR_OK)
        say(cli, path, public_path.data, &certificate);
    certificate_wipe(&certificate);
    buf_destroy(&public_path);
    return code == ERR_OK ? STATUS_DONE : cli_fail(cli, &err);
}

const struct command command_keygen = {
    .name = "keygen",
    .arguments = "FILE",
    .about = "make a certificate for encryption: the secret FILE, and FILE.pub",
    .help = "Prints the public key. FILE is for who is to have the certificate, and nobody else\n"
            "(--certificate of indsubd or of this program); FILE.pub is for the other side\n"
            "(the daemon's directory of clients, or --server-key).\n",
    .words = {WORD_FILE},
    .n_min = 1,
    .n_max = 1,
    .run = run_keygen,
};
