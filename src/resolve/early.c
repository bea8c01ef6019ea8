#include "resolve/early.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "airflow/managed.h"
#include "airflow/names.h"
#include "airflow/sensitive.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/trusted.h"
#include "resolve/key_command.h"

/* Returns whether *found says anything. */
static bool read_trusted(const char *path, struct early_text *found)
{
    char resolved[PATH_MAX];
    struct error ignored;
    struct stat status;
    enum trusted trusted = trusted_path(path, resolved);
    found->missing = trusted == TRUSTED_MISSING;
    if (trusted != TRUSTED_THERE)
        return found->missing;
    _cleanup_close_ int fd = file_open(AT_FDCWD, resolved, O_NOFOLLOW, resolved, &status, &ignored);
    return fd >= 0 && file_read(fd, resolved, SECRET_FILE_MOST, &found->text, &ignored) == 0;
}

static void add(struct early *early, const char *path)
{
    struct early_text found = {.path = path};
    if (!path || text_is_blank(path))
        return;
    bool is_read = read_trusted(path, &found);
    struct early_text *texts =
        is_read ? reallocarray(early->texts, early->count + 1, sizeof *texts) : NULL;
    if (!texts) {
        secret_free(&found.text);
        return;
    }
    early->texts = texts;
    texts[early->count++] = found;
}

/* The files that may hold this managed secret. */
static void add_secret(struct early *early, const struct managed *secret, char *const *environment)
{
    for (const struct managed_option *option = secret->options; option->variable; option++)
        add(early, environment_get(environment, option->variable_file));
    if (secret->bare_file)
        add(early, environment_get(environment, secret->bare_file));
    for (const char *const *path = secret->mounted; *path; path++)
        add(early, *path);
}

void early_read(struct early *early, char *const *environment, const char *const *secret_files)
{
    *early = (struct early){0};
    for (size_t i = 0; i < MANAGED_COUNT; i++)
        add_secret(early, &managed_secrets[i], environment);
    for (const char *const *path = secret_files; *path; path++)
        add(early, *path);
    struct sensitive_variable option;
    for (; *environment; environment++)
        if (sensitive_file(*environment, &option))
            add(early, strchr(*environment, '=') + 1);
}

const struct early_text *early_found(const struct early *early, const char *path)
{
    for (size_t i = 0; early && i < early->count; i++)
        if (strcmp(early->texts[i].path, path) == 0)
            return &early->texts[i];
    return NULL;
}

/* Asks without running the command: may_run is false. */
static bool reads_store(const char *command, const char *store_path)
{
    struct error ignored;
    _cleanup_secret_ struct secret output = {0};
    const struct key_command key_command = {
        .text = command, .store_path = store_path, .secret = MANAGED_FERNET_KEY};
    return key_command_run(&key_command, &output, &ignored) == KEY_COMMAND_OWN_STORE;
}

bool early_has_outside(char *const *environment, const char *const *secret_files,
                       const char *store_path)
{
    static const char *const names[] = {
        FERNET_VARIABLE, FERNET_VARIABLE "_SECRET", FERNET_VARIABLE "_FILE",
        FERNET_BARE,     FERNET_BARE "_FILE",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = environment_get(environment, names[i]);
        if (value && !text_is_blank(value))
            return true;
    }
    const char *command = environment_get(environment, FERNET_VARIABLE "_CMD");
    if (command && !text_is_blank(command) && !reads_store(command, store_path))
        return true;
    struct stat status;
    for (const char *const *path = MANAGED_FERNET_KEY->mounted; *path; path++)
        if (lstat(*path, &status) == 0)
            return true;
    return *secret_files != NULL;
}

void early_free(struct early *early)
{
    for (size_t i = 0; i < early->count; i++)
        secret_free(&early->texts[i].text);
    free(early->texts);
    *early = (struct early){0};
}
