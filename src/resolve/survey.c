#include "resolve/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airflow/expand.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/lines.h"
#include "resolve/key_command.h"

enum { SECRET_FILE_MOST = 64 * 1024 };

static const char *const mounted[] = {
    "/run/secrets/fernet_key",
    "/run/secrets/FERNET_KEY",
    "/run/secrets/AIRFLOW__CORE__FERNET_KEY",
    "/run/secrets/airflow_fernet_key",
};

static const char VARIABLE[] = "AIRFLOW__CORE__FERNET_KEY";
static const char BARE[] = "FERNET_KEY";

/* The survey so far. Each look_at function fills *source; absent ones are not kept. */
struct looking {
    const struct survey_places *places;
    struct survey *survey;
    bool decided; /* a source before this one holds a value */
};

static bool is_blank_text(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

/* Takes the source over into the survey. */
static int keep(struct looking *looking, struct source *source, struct error *err)
{
    struct survey *survey = looking->survey;
    if (source->finding == FOUND_BROKEN && source->error.kind == ERROR_ENDING) {
        *err = source->error;
        return -1;
    }
    if (survey->count == survey->room) {
        size_t room = survey->room ? survey->room * 2 : 16;
        struct source *sources = reallocarray(survey->sources, room, sizeof *sources);
        if (!sources) {
            ring_free(&source->ring);
            return error_sys(err, "cannot hold the sources");
        }
        survey->sources = sources;
        survey->room = room;
    }
    looking->decided |= source->finding == FOUND_KEYS || source->finding == FOUND_SECRET ||
                        source->finding == FOUND_BROKEN;
    survey->sources[survey->count++] = *source;
    return 0;
}

static struct source source_named(enum way way, const char *format, const char *name)
{
    struct source source = {.way = way};
    snprintf(source.name, sizeof source.name, format, name);
    return source;
}

/* What to do about a text that is no key. A new one is a cure only where nothing was encrypted yet. */
static const char *key_cure(enum way way)
{
    if (way == WAY_STORE)
        return "restore the file from a backup: no key is made in its place";
    if (way == WAY_CFG)
        return "correct that line of the file";
    return "give the whole key, or, if nothing was encrypted yet, make one with \"fernit key "
           "generate\"";
}

/* `where` is what the error begins with. */
static void take_keys(struct source *source, const char *where, const char *text, size_t length)
{
    if (ring_parse(&source->ring, text, length, &source->error) == 0) {
        source->finding = FOUND_KEYS;
        return;
    }
    ring_free(&source->ring);
    source->finding = FOUND_BROKEN;
    error_within(&source->error, "%s", where);
    error_advise(&source->error, "%s", key_cure(source->way));
}

static int look_at_variable(struct looking *looking, enum way way, const char *name, bool expand,
                            struct error *err)
{
    const char *value = environment_get(looking->places->environment, name);
    struct source source = source_named(way, "%s", name);
    if (!value)
        return keep(looking, &source, err);

    _cleanup_secret_ struct secret expanded = {0};
    char twin_name[SOURCE_NAME];
    snprintf(twin_name, sizeof twin_name, "%s_FILE", name);
    const char *twin = environment_get(looking->places->environment, twin_name);
    if (is_blank_text(value)) {
        source.finding = FOUND_EMPTY;
    } else if (twin && !is_blank_text(twin)) {
        source.finding = FOUND_BROKEN;
        source.fatal = true;
        error_input(&source.error, "%s: is set, and so is %s; unset one of them", name, twin_name);
    } else if (!expand || !airflow_expands(value)) {
        take_keys(&source, name, value, strlen(value));
    } else if (secret_append(&expanded, value, strlen(value), &source.error) < 0 ||
               airflow_expand(&expanded, looking->places->environment, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        error_within(&source.error, "%s", name);
        error_advise(&source.error, "give the key itself");
    } else {
        take_keys(&source, name, expanded.bytes, expanded.length);
    }
    return keep(looking, &source, err);
}

static void run_key_command(struct looking *looking, const char *command, struct source *source)
{
    const struct survey_places *places = looking->places;
    struct key_command request = {
        .text = command,
        .environment = places->environment,
        .store_path = places->store->path,
        .timeout = places->command_timeout,
        .signals = places->signals,
        .may_run = places->commands == RUN_COMMANDS_NEEDED && !looking->decided,
    };
    _cleanup_secret_ struct secret output = {0};
    if (places->in_command) {
        source->finding = FOUND_OWN_STORE;
        return;
    }
    source->finding = FOUND_BROKEN;
    if (ring_is_text(command)) {
        error_input(&source->error, "%s: holds a key, where a command belongs; put it into %s",
                    source->name, BARE);
        return;
    }
    switch (key_command_run(&request, &output, &source->error)) {
    case KEY_COMMAND_RAN:
        if (!is_blank_text(output.bytes)) {
            take_keys(source, source->name, output.bytes, output.length);
            return;
        }
        error_input(&source->error, "the command has printed nothing");
        break;
    case KEY_COMMAND_OWN_STORE:
        source->finding = FOUND_OWN_STORE;
        return;
    case KEY_COMMAND_NOT_RUN:
        source->finding = FOUND_COMMAND;
        return;
    case KEY_COMMAND_FAILED:
        break;
    }
    if (source->error.kind == ERROR_ENDING)
        return;
    error_within(&source->error, "%s", source->name);
    error_advise(&source->error, "run it by hand and see; a slow one needs a longer --cmd-timeout");
}

static int look_at_command(struct looking *looking, struct error *err)
{
    struct source source = source_named(WAY_COMMAND, "%s_CMD", VARIABLE);
    const char *command = environment_get(looking->places->environment, source.name);
    if (!command)
        return keep(looking, &source, err);
    if (is_blank_text(command))
        source.finding = FOUND_EMPTY;
    else
        run_key_command(looking, command, &source);
    return keep(looking, &source, err);
}

static int look_at_secret(struct looking *looking, struct error *err)
{
    struct source source = source_named(WAY_COMMAND, "%s_SECRET", VARIABLE);
    const char *path = environment_get(looking->places->environment, source.name);
    if (path)
        source.finding = is_blank_text(path) ? FOUND_EMPTY : FOUND_SECRET;
    return keep(looking, &source, err);
}

static int read_secret_text(const char *path, struct secret *text, struct error *err)
{
    struct stat status;
    _cleanup_close_ int fd = file_open(AT_FDCWD, path, 0, path, &status, err);
    if (fd < 0 || file_read(fd, path, SECRET_FILE_MOST, text, err) < 0)
        return -1;
    return is_blank_text(text->bytes) ? error_input(err, "%s: is empty", path) : 0;
}

/* `named` is what gives the path: a variable, an option, or nothing. */
static void read_secret_file(const char *path, const char *named, struct source *source)
{
    _cleanup_secret_ struct secret text = {0};
    source->finding = FOUND_BROKEN;
    if (named && ring_is_text(path)) {
        snprintf(source->name, sizeof source->name, "%s", named);
        error_input(&source->error, "%s: holds a key, where a path belongs; put it into %s", named,
                    BARE);
        return;
    }
    if (read_secret_text(path, &text, &source->error) == 0)
        take_keys(source, path, text.bytes, text.length);
    else if (named)
        error_advise(&source->error, "mount it, readable and whole, or unset %s", named);
    else
        error_advise(&source->error, "mount it, readable and whole, or not at all");
    if (source->finding == FOUND_BROKEN && named && *named != '-')
        error_within(&source->error, "%s", named);
}

static int look_at_file_variable(struct looking *looking, const char *name, struct error *err)
{
    struct source source = source_named(WAY_FILE, "%s", name);
    const char *path = environment_get(looking->places->environment, name);
    if (path && is_blank_text(path))
        source.finding = FOUND_EMPTY;
    else if (path)
        read_secret_file(path, name, &source);
    return keep(looking, &source, err);
}

/* A link that leads nowhere is a mount that went wrong, not an absent one. */
static bool is_absent(const char *path, const struct error *error)
{
    struct stat status;
    return error->kind == ERROR_SYSTEM && (error->errnum == ENOENT || error->errnum == ENOTDIR) &&
           lstat(path, &status) < 0;
}

static int look_at_file(struct looking *looking, const char *path, bool may_be_absent,
                        struct error *err)
{
    struct source source = source_named(WAY_FILE, "%s", path);
    read_secret_file(path, may_be_absent ? NULL : "--secret-file", &source);
    if (may_be_absent && source.finding == FOUND_BROKEN && is_absent(path, &source.error))
        source.finding = FOUND_ABSENT;
    return keep(looking, &source, err);
}

/* One look at the folder spares two at each of its files where nothing is mounted. */
static int look_at_mounted(struct looking *looking, struct error *err)
{
    bool none = access("/run/secrets", F_OK) < 0 && errno == ENOENT;
    for (size_t i = 0; i < sizeof mounted / sizeof *mounted; i++) {
        struct source absent = source_named(WAY_FILE, "%s", mounted[i]);
        int looked =
            none ? keep(looking, &absent, err) : look_at_file(looking, mounted[i], true, err);
        if (looked < 0)
            return -1;
    }
    return 0;
}

static int look_at_store(struct looking *looking, struct error *err)
{
    const struct store *store = looking->places->store;
    struct source source = {.way = WAY_STORE};
    snprintf(source.name, sizeof source.name, "%s/fernet_key", store->path);

    _cleanup_store_file_ struct store_file file = {0};
    if (looking->places->store_error) {
        source.finding = FOUND_BROKEN;
        source.error = *looking->places->store_error;
        error_advise(&source.error, "--store names a folder that this user can read and write");
    } else if (store_read(store, "fernet_key", &file, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        if (!strchr(source.error.message, ';'))
            error_advise(&source.error,
                         "put back the file that fernit has made, or a backup of it");
    } else if (file.finding == STORE_UNFINISHED) {
        source.finding = FOUND_UNFINISHED;
    } else if (file.finding == STORE_HOLDS) {
        take_keys(&source, source.name, file.text.bytes, file.text.length);
        source.readable_by_all = file.readable_by_all;
        source.modeless = file.modeless;
    }
    looking->survey->store_scan = file.scan;
    return keep(looking, &source, err);
}

static bool is_placeholder(const struct secret *value)
{
    static const char names[] = "{}_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct span text = line_trim(value->bytes, value->bytes + value->length);
    return text.length > 1 && *text.start == '$' &&
           strspn(text.start + 1, names) >= text.length - 1;
}

enum finding survey_cfg_key(const struct cfg *cfg, char *const *environment, struct ring *ring,
                            bool *is_plain, struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    int found = cfg_value(cfg, "core", "fernet_key", &value, err);
    *is_plain = found <= 0 || !airflow_expands(value.bytes);
    if (found <= 0)
        return found < 0 ? FOUND_BROKEN : FOUND_ABSENT;
    if (airflow_expand(&value, environment, err) < 0)
        return FOUND_BROKEN;
    if (is_blank_text(value.bytes))
        return FOUND_EMPTY;
    if (is_placeholder(&value))
        return FOUND_PLACEHOLDER;
    if (ring_parse(ring, value.bytes, value.length, err) < 0) {
        ring_free(ring);
        return FOUND_BROKEN;
    }
    return FOUND_KEYS;
}

static void advise_on_cfg(struct error *error)
{
    if (error->kind == ERROR_SYSTEM)
        error_advise(error, "make it readable for this user");
    else if (!strchr(error->message, ';'))
        error_advise(error, "correct it, Airflow cannot read it either");
}

/* A file that holds a key is, as a rule, right already, and [core] is all that is to be known of it.
 * Any other will be written: then it is better to know at once whether it can be. */
static int look_at_cfg_key(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    const char *path = looking->places->cfg_path;
    struct source source = source_named(WAY_CFG, "%s: fernet_key", path);
    survey->cfg_source = survey->count;
    if (looking->places->cfg_error) {
        source.error = *looking->places->cfg_error;
        source.fatal = true;
    }
    if (looking->places->cfg_error || cfg_read(path, &survey->cfg, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        advise_on_cfg(&source.error);
        return keep(looking, &source, err);
    }
    source.finding = survey_cfg_key(&survey->cfg, looking->places->environment, &source.ring,
                                    &survey->cfg_is_plain, &source.error);
    survey->cfg_readable = true;
    if (source.finding == FOUND_BROKEN) {
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", key_cure(WAY_CFG));
    } else if (source.finding != FOUND_KEYS &&
               cfg_read_rest(path, &survey->cfg, &source.error) < 0) {
        source.finding = FOUND_BROKEN;
        advise_on_cfg(&source.error);
        survey->cfg_readable = false;
    }
    return keep(looking, &source, err);
}

/* [core] fernet_key_cmd and fernet_key_secret, which Airflow reads only where fernet_key is not
 * there; we read them behind an empty one, too, and make the file say the same. */
static int look_at_cfg_rest(struct looking *looking, struct error *err)
{
    struct survey *survey = looking->survey;
    const char *path = looking->places->cfg_path;
    if (!survey->cfg_readable)
        return 0;

    _cleanup_secret_ struct secret command = {0};
    struct source source = source_named(WAY_CFG, "%s: fernet_key_cmd", path);
    int found = cfg_value(&survey->cfg, "core", "fernet_key_cmd", &command, &source.error);
    if (found < 0) {
        source.finding = FOUND_BROKEN;
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", key_cure(WAY_CFG));
    } else if (found > 0 && !is_blank_text(command.bytes)) {
        run_key_command(looking, command.bytes, &source);
    }
    survey->cfg_own_store = source.finding == FOUND_OWN_STORE;
    if (keep(looking, &source, err) < 0)
        return -1;

    _cleanup_secret_ struct secret secret = {0};
    source = source_named(WAY_CFG, "%s: fernet_key_secret", path);
    found = cfg_value(&survey->cfg, "core", "fernet_key_secret", &secret, &source.error);
    if (found < 0) {
        source.finding = FOUND_BROKEN;
        error_within(&source.error, "%s", source.name);
        error_advise(&source.error, "%s", key_cure(WAY_CFG));
    } else if (found > 0 && !is_blank_text(secret.bytes)) {
        source.finding = FOUND_SECRET;
    }
    return keep(looking, &source, err);
}

int survey_all(const struct survey_places *places, struct survey *survey, struct error *err)
{
    *survey = (struct survey){0};
    struct looking looking = {.places = places, .survey = survey};

    if (look_at_variable(&looking, WAY_VARIABLE, VARIABLE, true, err) < 0 ||
        look_at_command(&looking, err) < 0 || look_at_secret(&looking, err) < 0 ||
        look_at_variable(&looking, WAY_BARE, BARE, false, err) < 0 ||
        look_at_file_variable(&looking, "AIRFLOW__CORE__FERNET_KEY_FILE", err) < 0 ||
        look_at_file_variable(&looking, "FERNET_KEY_FILE", err) < 0)
        return -1;
    for (const char *const *path = places->secret_files; *path; path++)
        if (look_at_file(&looking, *path, false, err) < 0)
            return -1;
    if (look_at_mounted(&looking, err) < 0 || look_at_store(&looking, err) < 0 ||
        look_at_cfg_key(&looking, err) < 0)
        return -1;
    return look_at_cfg_rest(&looking, err);
}

void survey_free(struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++)
        ring_free(&survey->sources[i].ring);
    free(survey->sources);
    cfg_free(&survey->cfg);
    *survey = (struct survey){0};
}
