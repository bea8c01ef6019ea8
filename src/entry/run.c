#include "entry/run.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "entry/child.h"
#include "entry/deliver.h"
#include "entry/report.h"
#include "entry/supervised.h"
#include "process/exec.h"
#include "process/setup.h"
#include "resolve/key_command.h"
#include "resolve/option_files.h"
#include "store/create.h"

enum { LOOK_AGAIN_MS = 20 };

bool run_needs_store(const struct context *context, const struct look *look)
{
    enum action action = look->decision.action;
    return action == ACTION_GENERATE ||
           (action == ACTION_ADOPT && ((look->store.directory >= 0 && !context->store_made) ||
                                       context->settings->store_named));
}

static void tell_made(const struct context *context, const struct look *look,
                      const struct ring *ring)
{
    char fingerprints[RING_SUMMARY];
    ring_summary(ring, fingerprints);
    if (look->decision.action == ACTION_ADOPT) {
        log_notice("the key %s from %s is now kept in %s, too", fingerprints,
                   look->decision.winner->name, look->store.path);
        return;
    }
    log_notice(
        "made a new Fernet key, %s, and keeps it in %s/fernet_key; another host with a store "
        "of its own has another key",
        fingerprints, look->store.path);
    if (!context->settings->allow_ephemeral)
        log_notice("%s must outlive this container: put a volume there (docker run -v "
                   "fernit:%s), or what is encrypted from now on cannot be read after a rebuild; "
                   "--allow-ephemeral says that this is known",
                   look->store.path, look->store.path);
}

static int keep_key(const struct context *context, struct look *look,
                    const struct deadline *deadline, struct error *err)
{
    _cleanup_ring_ struct ring made = {0};
    const struct ring *ring = &look->decision.ring;
    if (look->decision.action == ACTION_GENERATE) {
        if (ring_generate(&made, FERNET_KEY_BYTES, err) < 0)
            return -1;
        ring = &made;
    }

    _cleanup_secret_ struct secret text = {0};
    if (store_make(&look->store, err) < 0 || ring_text(ring, &text, err) < 0 ||
        secret_append(&text, "\n", 1, err) < 0)
        return -1;
    int created = store_create(&look->store, "fernet_key", false, &text, deadline, err);
    if (created == STORE_CREATED)
        tell_made(context, look, ring);
    return created;
}

/* A look at a file that no interrupted write has left torn: what stands in such a one may pass for a
 * key and is none. */
static int look_at_whole(const struct context *context, struct look *look, struct error *err)
{
    int looked = look_around(context, RUN_COMMANDS_NEEDED, look, err);
    if (!look->survey.store_scan.copies)
        return looked;
    struct error recovering = {0};
    int recovered = deliver_recover(context, look, &recovering);
    if (recovered < 0)
        *err = recovering;
    if (recovered <= 0)
        return recovered < 0 ? -1 : looked;
    look_free(look);
    return look_around(context, RUN_COMMANDS_NEEDED, look, err);
}

/* Until there is a key that is kept. Whoever made it, it is read back from the store: so the one that
 * is used is the one that everybody finds there. */
static int settle(const struct context *context, struct look *look, struct error *err)
{
    struct deadline deadline = deadline_in(context->settings->lock_timeout, context->signals);
    int lost = 0;
    while (look_at_whole(context, look, err) == 0) {
        if (!run_needs_store(context, look))
            return 0;
        int kept = keep_key(context, look, &deadline, err);
        if (kept < 0) {
            if (err->kind == ERROR_SYSTEM)
                error_advise(err, "a key must be kept before it is used: give a writable volume "
                                  "(--store DIR), or the key itself in FERNET_KEY");
            return -1;
        }
        /* A network file system may show the winner's file a moment later. */
        if (kept == STORE_EXISTS && ++lost > 1) {
            if (deadline_passed(&deadline))
                return error_refused(err,
                                     "%s/fernet_key: exists, and cannot be seen; see whether "
                                     "its file system is well",
                                     look->store.path);
            if (deadline_wait(&deadline, -1, LOOK_AGAIN_MS, err) < 0)
                return -1;
        }
        look_free(look);
    }
    return -1;
}

static void say(const struct look *look)
{
    if (!log_shows(LOG_VERBOSE) && look->decision.action != ACTION_ADOPT)
        return;
    char fingerprints[RING_SUMMARY];
    ring_summary(&look->decision.ring, fingerprints);
    const char *name = look->decision.winner->name;
    if (look->decision.action == ACTION_SECRET)
        log_detail("%s is set: Airflow gets its key from its secrets backend", name);
    else
        log_detail("using %s from %s", fingerprints, name);
    if (look->decision.action == ACTION_ADOPT)
        log_warning("key-only-in-cfg",
                    "the key %s stands only in %s: a rebuild that loses this file makes stored "
                    "connections unreadable; give a volume with --store DIR",
                    fingerprints, name);
    if (log_shows(LOG_VERBOSE) && !secret_is_locked(&look->decision.ring.keys))
        log_detail("the system does not let memory be locked (RLIMIT_MEMLOCK): the key could be "
                   "swapped to disk");
}

/* Everything up to the exec. */
static int prepare(const struct context *context, bool has_command, struct environment *child,
                   struct error *err)
{
    /* It would pass every ..._CMD over, and might make a key where one of them has it. */
    if (environment_get(context->environment, KEY_COMMAND_MARK))
        return error_refused(err, KEY_COMMAND_MARK " is set: this is inside a ..._CMD of another "
                                                   "fernit, where only \"fernit key print\" makes "
                                                   "sense; unset it if that is not so");

    _cleanup_option_files_ struct option_files files = {0};
    if (has_command && option_files_read(context->environment, context->early, &files, err) < 0)
        return -1;
    _cleanup_look_ struct look look = {.store = {.directory = -1}};
    if (settle(context, &look, err) < 0)
        return -1;
    if (context->early)
        early_free(context->early);
    report_remarks(&look.decision);
    report_option_files(&files);
    if (!has_command)
        report_option_files_left(context->environment);
    if (context->left_cfg)
        log_warning("cfg-left-behind",
                    "%s is no longer read, since --user changes HOME: Airflow's is now %s; move it "
                    "there, or remove it",
                    context->left_cfg, look.cfg_path.bytes);
    say(&look);
    if (survey_stored(&look.survey))
        store_tidy(&look.store, "fernet_key", &look.survey.store_scan);
    if (signals_pending(context->signals))
        return error_ending(err);

    if (child_environment(child, context, &look, err) < 0 ||
        option_files_deliver(&files, child, err) < 0)
        return -1;
    return deliver_cfg(context, &look, child->list, has_command, err);
}

static int failed(const struct context *context, const struct error *err)
{
    return report_failure(context->signals, err, EXIT_OWN_FAILURE);
}

int run_init(const struct context *context)
{
    struct error err = {0};
    _cleanup_environment_ struct environment child = {0};
    if (*context->settings->words) {
        error_usage(&err, "init takes no command (%s); to start one: fernit run",
                    *context->settings->words);
        return failed(context, &err);
    }
    if (prepare(context, false, &child, &err) < 0)
        return failed(context, &err);
    return 0;
}

/* Without --init. Returns only if it failed. */
static int become_command(const struct context *context, char *const *environment)
{
    struct error err = {0};
    char *const *command = context->settings->words;
    if (context->settings->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        error_sys(&err, "--no-new-privs");
        return failed(context, &err);
    }
    if (getpid() == 1 && !exec_is_known_init(*command))
        log_notice("%s becomes process 1, to which the kernel passes no signal that it does not "
                   "handle, and who has to reap; let fernit do that: fernit run --init -- %s",
                   *command, *command);
    int status = exec_command(command, environment, context->signals, &err);
    log_error("%s", err.message);
    return status;
}

int run_command(const struct context *context)
{
    struct error err = {0};
    const struct settings *settings = context->settings;
    _cleanup_environment_ struct environment child = {0};
    if (!*settings->words) {
        error_usage(&err, "run needs a command: fernit run -- COMMAND [ARG...]; without one: "
                          "fernit init");
        return failed(context, &err);
    }
    if (settings->init && settings->parent_death_signal > 0 &&
        process_follow_parent(settings->parent_death_signal, context->parent, &err) < 0)
        return failed(context, &err);
    if (prepare(context, true, &child, &err) < 0)
        return failed(context, &err);
    if (settings->init)
        return command_supervised(context, &child);
    return become_command(context, child.list);
}
