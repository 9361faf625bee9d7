/* indsubd - builds the parts, runs them until a signal comes, takes them apart. */
#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "daemon/config/arguments.h"
#include "daemon/edge/clock.h"
#include "daemon/edge/curve.h"
#include "daemon/edge/files.h"
#include "daemon/edge/keys.h"
#include "daemon/edge/log.h"
#include "daemon/edge/notify.h"
#include "daemon/edge/process.h"
#include "daemon/edge/state.h"
#include "daemon/feed/simulate.h"
#include "daemon/setup.h"
#include "daemon/store/store.h"

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum {
    CONFIG_FILE_MAX = 1 << 20,
    INSTRUMENTS_FILE_MAX = 256 << 20,
    SIMULATION_EVERY_MS = 200,
    SIMULATION_SPEED = 30 /* market seconds in a second: a five-minute bar in ten */
};

struct daemon {
    struct arguments arguments;
    struct config config;
    char *state_dir, *key_path, *curve_dir;
    int lock_fd, signal_fd;
    size_t descriptors; /* that the process may have */
    struct log log;
    struct calendar *calendar, *always;
    struct token_keys *keys;
    struct instruments *instruments;
    struct core_settings settings;
    struct convention convention;
    struct server *server;
    struct store *store; /* NULL: nothing is kept */
    struct engine *engine;
    struct simulation *simulation;
    struct source *simulated;
    int64_t next_simulation_ms;
    bool store_fails;
    int64_t alive_every_ms, next_alive_ms; /* what systemd is to hear; 0 if it does not ask */
    int64_t work_us,
        worked_us; /* how much may be worked off at once, and when that was done last */
};

/* ---- configuration ----------------------------------------------------------------------------
 */

/* Where faults are told: with the file's name where they have a line. */
struct teller {
    const char *file;
};

static void tell_fault(void *context, size_t line, const char *sentence)
{
    const struct teller *self = context;
    if (line > 0)
        fprintf(stderr, "%s:%zu: %s\n", self->file, line, sentence);
    else
        fprintf(stderr, "indsubd: %s\n", sentence);
}

static bool fail(const struct err *err)
{
    fprintf(stderr, "indsubd: %s\n", err->message);
    return false;
}

/* Takes what the configuration file says, if one is named. Faults in it are told and counted; false
 * if it cannot be read at all, which is told, too. */
static bool read_config_file(const struct daemon *self, struct config *config, size_t *n_faults)
{
    struct err err;
    struct teller teller = {self->arguments.config_file};
    *n_faults = 0;
    if (!teller.file)
        return true;
    char *text = file_read(teller.file, CONFIG_FILE_MAX, NULL, &err);
    if (!text)
        return fail(&err);
    *n_faults = config_read(config, text, tell_fault, &teller);
    free(text);
    return true;
}

/* A fault of what a setting names, beside the line that names it. */
static bool fail_of(const struct daemon *self, const char *section, const char *name,
                    const struct err *err)
{
    struct teller teller = {self->arguments.config_file};
    tell_fault(&teller, config_line(&self->config, section, name), err->message);
    return false;
}

static bool read_config(struct daemon *self, int argc, char **argv)
{
    struct err err;
    struct teller teller = {self->arguments.config_file};
    size_t n_faults;
    config_init(&self->config);
    if (!read_config_file(self, &self->config, &n_faults))
        n_faults = 1;
    if (arguments_apply(argc, argv, &self->config, &err) != ERR_OK)
        n_faults += !fail(&err);
    return n_faults + config_check(&self->config, tell_fault, &teller) == 0;
}

static const struct calendar *calendar_of(const void *context, const char *exchange)
{
    const struct daemon *self = context;
    return exchange_has_hours(exchange) ? self->calendar : self->always;
}

static bool make_calendars(struct daemon *self)
{
    struct err err;
    self->always = calendar_new_always();
    self->calendar = setup_calendar(&self->config, &err);
    return self->calendar || fail_of(self, "market", "zone", &err);
}

static bool read_instruments(struct daemon *self)
{
    struct err err;
    struct teller teller = {self->config.instruments_file};
    self->instruments = instruments_new();
    if (!self->config.instruments_file[0])
        return true;
    char *text = file_read(self->config.instruments_file, INSTRUMENTS_FILE_MAX, NULL, &err);
    if (!text)
        return fail_of(self, "market", "instruments", &err);
    size_t n_faults = instruments_load(self->instruments, text, tell_fault, &teller);
    free(text);
    if (n_faults == SIZE_MAX || (n_faults > 0 && self->arguments.check))
        return false;
    if (n_faults > 0)
        log_write(&self->log, LOG_LEVEL_WARNING, "%zu rows of %s were left out", n_faults,
                  self->config.instruments_file);
    return true;
}

static bool check_keys(const struct daemon *self, const char *name, const struct keys_files *files)
{
    struct err err;
    struct token_keys *keys;
    bool good = keys_load(files, &keys, &err) == ERR_OK || fail_of(self, "auth", name, &err);
    token_keys_destroy(&keys);
    return good;
}

/* For --check: the files that settings name are read as they will be at the start. */
static bool check_files(const struct daemon *self)
{
    struct err err;
    const struct config *config = &self->config;
    const char *secret = config->key_file, *own = config->certificate_file;
    bool good = true;
    if (secret[0])
        good &= check_keys(self, "key_file",
                           &(struct keys_files){.secret = secret, .dir = "", .revoked = ""});
    good &= check_keys(self, "keys", &(struct keys_files){.dir = config->keys_dir, .revoked = ""});
    good &= check_keys(self, "revoked",
                       &(struct keys_files){.dir = "", .revoked = config->revoked_file});
    if (own[0] && curve_check_own(own, &err) != ERR_OK)
        good = fail_of(self, "curve", "certificate", &err);
    if (config->clients_dir[0] && curve_check_clients(config->clients_dir, &err) != ERR_OK)
        good = fail_of(self, "curve", "clients", &err);
    return good;
}

/* A connection is a descriptor. Nobody who has opened nothing takes those of the others: parts of
 * all, of which a half is left for who has opened something. */
enum { STRANGERS_SHARE = 3, FEED_STRANGERS_SHARE = 24, SUBSCRIBERS_SHARE = 8 };

static void keep_to_share(const struct daemon *self, size_t *wanted, size_t share)
{
    size_t most = self->descriptors / share + 1;
    if (*wanted > most)
        *wanted = most;
}

static void share_descriptors(struct daemon *self)
{
    keep_to_share(self, &self->settings.strangers_max, STRANGERS_SHARE);
    keep_to_share(self, &self->settings.feed_strangers_max, FEED_STRANGERS_SHARE);
}

static void apply_settings(struct daemon *self)
{
    setup_core(&self->config, self->server, &self->convention, &self->settings);
    share_descriptors(self);
    self->settings.keys = self->keys;
    self->settings.calendar_of = calendar_of;
    self->settings.calendar_context = self;
}

static enum err_code load_keys(const struct daemon *self, bool makes_secret,
                               struct token_keys **keys, struct err *err)
{
    const struct keys_files files = {.secret = self->key_path,
                                     .makes_secret = makes_secret,
                                     .dir = self->config.keys_dir,
                                     .revoked = self->config.revoked_file};
    return keys_load(&files, keys, err);
}

static void reload_keys(struct daemon *self, size_t *n_faults)
{
    struct err err;
    struct token_keys *before = self->keys;
    if (load_keys(self, false, &self->keys, &err) != ERR_OK) {
        self->keys = before;
        ++*n_faults;
        fail(&err);
        return;
    }
    self->settings.keys = self->keys;
    engine_on_new_keys(self->engine, before, clock_read());
    token_keys_destroy(&before);
}

static void reload(struct daemon *self)
{
    struct config fresh;
    struct err err;
    size_t n_faults;
    config_init(&fresh);
    if (!read_config_file(self, &fresh, &n_faults))
        n_faults++;
    if (n_faults == 0)
        config_take_live(&self->config, &fresh);
    config_clear(&fresh);
    reload_keys(self, &n_faults);
    if (server_reload(self->server, &err) != ERR_OK) {
        n_faults++;
        fail(&err);
    }
    setup_core_live(&self->config, &self->settings);
    share_descriptors(self);
    log_write(&self->log, n_faults ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
              n_faults ? "read again with faults: what is faulty stays as it was" : "read again");
}

/* ---- the built-in market ----------------------------------------------------------------------
 */

static void feed_simulated_tick(void *context, const char *symbol, const struct tick *tick)
{
    struct daemon *self = context;
    engine_feed_tick(self->engine, self->simulated, symbol, tick, clock_read());
}

static void feed_simulated_bar(void *context, const char *symbol, const struct bar *bar)
{
    struct daemon *self = context;
    engine_feed_bar(self->engine, self->simulated, symbol, TIMEFRAME_1MIN, bar, clock_read());
}

static void simulate(struct daemon *self, struct now now)
{
    enum { STEPS_AT_ONCE = 20 };
    if (!self->simulation)
        return;
    for (int i = 0; i < STEPS_AT_ONCE && now.mono_ms >= self->next_simulation_ms; i++) {
        simulation_step(self->simulation, feed_simulated_tick, self);
        self->next_simulation_ms += SIMULATION_EVERY_MS;
    }
    if (now.mono_ms >= self->next_simulation_ms) /* the machine slept */
        self->next_simulation_ms = now.mono_ms + SIMULATION_EVERY_MS;
}

/* ---- life -------------------------------------------------------------------------------------
 */

static bool open_state(struct daemon *self)
{
    struct err err;
    self->state_dir =
        self->config.state_dir[0] ? mem_strdup(self->config.state_dir) : state_default_dir();
    if (state_lock(self->state_dir, &self->lock_fd, &err) != ERR_OK)
        return fail(&err);
    bool given = self->config.key_file[0];
    struct buf path = {0};
    buf_put_format(&path, "%s%s", given ? self->config.key_file : self->state_dir,
                   given ? "" : "/jwt.key");
    self->key_path = path.data;
    path = (struct buf){0};
    buf_put_format(&path, "%s/curve", self->state_dir);
    self->curve_dir = path.data;
    return load_keys(self, !given, &self->keys, &err) == ERR_OK || fail(&err);
}

/* ---- over a restart ---------------------------------------------------------------------------
 */

static void keep(void *context, struct batch **batch)
{
    struct daemon *self = context;
    store_write(self->store, batch);
}

static void tell_store(void *context, const char *sentence)
{
    struct daemon *self = context;
    log_write(&self->log, LOG_LEVEL_ERROR, "%s", sentence);
}

static bool open_store(struct daemon *self)
{
    struct err err;
    struct buf path = {0};
    if (!self->config.store_keep || self->config.simulate)
        return true;
    buf_put_format(&path, "%s/indsub.db", self->state_dir);
    struct store_settings settings = {.path = path.data, .sync = self->config.store_sync != 0};
    self->store = store_open(&settings, tell_store, self, &err);
    buf_destroy(&path);
    return self->store || fail(&err);
}

struct restoring {
    struct daemon *daemon;
    size_t n_rows, n_faulty;
};

static void restore_row(void *context, const struct record *record)
{
    struct restoring *self = context;
    self->n_rows++;
    if (!engine_restore(self->daemon->engine, record, clock_read()))
        self->n_faulty++;
}

static bool restore(struct daemon *self)
{
    static const enum record_kind KINDS[] = {RECORD_SOURCE, RECORD_LISTING, RECORD_BARS,
                                             RECORD_SESSION};
    struct restoring restoring = {.daemon = self};
    struct err err;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (!store_load(self->store, KINDS[i], restore_row, &restoring, &err))
            return fail(&err);
        if (KINDS[i] == RECORD_BARS)
            engine_restore(self->engine, NULL, clock_read());
    }
    if (restoring.n_faulty > 0)
        log_write(&self->log, LOG_LEVEL_ERROR, "%zu of %zu kept rows mean nothing",
                  restoring.n_faulty, restoring.n_rows);
    return true;
}

/* Deals with what became of the batch under way. Of failures, one after the other, the first is
 * told in the log, and their end. */
static void settle(struct daemon *self, enum store_outcome outcome, const struct err *err)
{
    if (outcome == STORE_BUSY)
        return;
    bool kept = outcome == STORE_KEPT;
    if (kept != !self->store_fails) {
        self->store_fails = !kept;
        if (kept)
            log_write(&self->log, LOG_LEVEL_INFO, "the store takes what is written again");
        else
            log_write(&self->log, LOG_LEVEL_ERROR,
                      "nothing can be kept, feeds are not acknowledged: %s", err->message);
    }
    engine_on_kept(self->engine, kept, clock_read());
}

/* Keeps what has changed, and has feeds told that it is kept: a batch may be under way, what it
 * does not hold goes into the next one, and the turn after that acknowledges it. */
static void keep_last(struct daemon *self)
{
    enum { TURNS = 3 };
    struct err err;
    for (int i = 0; i < TURNS && self->store; i++) {
        engine_end_turn(self->engine, clock_read());
        settle(self, store_wait(self->store, &err), &err);
    }
}

static bool build(struct daemon *self)
{
    struct err err;
    const struct config *config = &self->config;
    if (!open_state(self) || !open_store(self))
        return false;
    struct server_settings settings = setup_server(config, self->curve_dir);
    keep_to_share(self, &settings.subscribers_max, SUBSCRIBERS_SHARE);
    self->server = server_new(&settings, &err);
    if (!self->server)
        return fail(&err);
    apply_settings(self);
    if (config->simulate) {
        self->simulation =
            simulation_new((uint64_t)config->seed, SIMULATION_EVERY_MS * SIMULATION_SPEED);
        simulation_add_instruments(self->simulation, self->instruments);
    }
    struct outlet outlet = server_outlet(self->server);
    outlet.keep = self->store ? keep : NULL;
    outlet.keep_context = self;
    self->engine = engine_new(&self->settings, &outlet, &self->instruments, clock_read());
    if (self->store && !restore(self))
        return false;
    size_t n_left_out = chains_n_left_out(engine_core(self->engine)->chains);
    if (n_left_out > 0)
        log_write(&self->log, LOG_LEVEL_WARNING,
                  "%zu futures and options have no part in a chain: their underlying is not "
                  "listed, or another one has their place",
                  n_left_out);
    if (self->simulation) {
        self->simulated = engine_local_source(self->engine, "simulation");
        simulation_history(self->simulation, feed_simulated_bar, self);
        self->next_simulation_ms = clock_read().mono_ms;
    }
    return true;
}

static void destroy(struct daemon *self)
{
    store_close(&self->store);
    server_destroy(&self->server); /* lets go of what it was to send */
    engine_destroy(&self->engine);
    simulation_destroy(&self->simulation);
    instruments_destroy(&self->instruments);
    token_keys_destroy(&self->keys);
    calendar_destroy(&self->calendar);
    calendar_destroy(&self->always);
    config_clear(&self->config);
    free(self->state_dir);
    free(self->key_path);
    free(self->curve_dir);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    if (self->signal_fd >= 0)
        close(self->signal_fd);
}

/* True when the daemon is to end. */
static bool take_signals(struct daemon *self)
{
    struct signalfd_siginfo info;
    while (read(self->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGHUP)
            return true;
        reload(self);
    }
    return false;
}

/* A turn is at most a second away: soon enough for any watchdog that makes sense. */
static void tell_alive(struct daemon *self, struct now now)
{
    if (self->alive_every_ms == 0 || now.mono_ms < self->next_alive_ms)
        return;
    notify_alive();
    self->next_alive_ms = now.mono_ms + self->alive_every_ms;
}

/* What requests wait for is done while nobody wants anything else, and in a part of the time while
 * somebody does: never for long. */
static void work(struct daemon *self)
{
    enum { AT_ONCE_US = 2000, PART = 10 };
    int64_t at_us = clock_us();
    self->work_us += server_was_idle(self->server) ? AT_ONCE_US : (at_us - self->worked_us) / PART;
    if (self->work_us > AT_ONCE_US)
        self->work_us = AT_ONCE_US;
    int64_t end_us = at_us + self->work_us;
    bool is_more = true;
    while (is_more && at_us < end_us) {
        is_more = engine_work(self->engine, clock_read());
        at_us = clock_us();
    }
    self->work_us = is_more ? end_us - at_us : AT_ONCE_US;
    self->worked_us = at_us;
}

static void run(struct daemon *self)
{
    bool stopping = false;
    int64_t due_ms = 0;
    struct err err;
    int fds[] = {self->signal_fd, self->store ? store_fd(self->store) : -1};
    size_t n_fds = self->store ? 2 : 1;
    while (!stopping) {
        struct now now = clock_read();
        if (self->simulation && self->next_simulation_ms < due_ms)
            due_ms = self->next_simulation_ms;
        long wait_ms = due_ms > now.mono_ms ? (long)(due_ms - now.mono_ms) : 0;
        if (server_turn(self->server, self->engine, fds, n_fds, wait_ms, clock_read)) {
            stopping = take_signals(self);
            if (self->store)
                settle(self, store_take_outcome(self->store, &err), &err);
        }
        work(self);
        now = clock_read();
        simulate(self, now);
        due_ms = engine_end_turn(self->engine, now);
        tell_alive(self, now);
    }
    engine_shutdown(self->engine, clock_read());
    keep_last(self);
}

static enum exit_status serve(struct daemon *self)
{
    zsys_handler_set(NULL); /* czmq would take SIGINT and SIGTERM for itself */
    process_hide_memory();
    self->descriptors = process_raise_descriptors();
    self->signal_fd = process_open_signals();
    if (!build(self))
        return EXIT_FAILED;
    printf("indsubd ready session=%s public=%s feed=%s\n", server_session_endpoint(self->server),
           server_public_endpoint(self->server), server_feed_endpoint(self->server));
    fflush(stdout);
    notify_ready();
    self->alive_every_ms = notify_alive_every_ms();
    log_write(&self->log, LOG_LEVEL_INFO, "serving; state in %s", self->state_dir);
    if (server_public_key(self->server))
        log_write(&self->log, LOG_LEVEL_INFO, "encrypted: clients need the server key %s",
                  server_public_key(self->server));
    run(self);
    notify_stopping();
    log_write(&self->log, LOG_LEVEL_INFO, "ending");
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct daemon self = {.lock_fd = -1, .signal_fd = -1};
    struct err err;
    enum exit_status status = EXIT_USAGE;
    if (arguments_read(argc, argv, &self.arguments, &err) != ERR_OK) {
        fail(&err);
        return EXIT_USAGE;
    }
    if (self.arguments.help)
        arguments_print_help();
    else if (self.arguments.version)
        puts("indsubd " INDSUB_VERSION);
    if (self.arguments.help || self.arguments.version)
        return EXIT_DONE;
    bool good = read_config(&self, argc, argv); /* every fault is named, so all is looked at */
    self.log.level = log_level_parse(self.config.log_level);
    good &= make_calendars(&self);
    good &= read_instruments(&self);
    if (self.arguments.check)
        good &= check_files(&self);
    if (good)
        status = self.arguments.check ? EXIT_DONE : serve(&self);
    destroy(&self);
    return (int)status;
}
