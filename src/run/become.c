#include "run/become.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airflow/paths.h"
#include "base/error.h"
#include "base/log.h"
#include "base/shown.h"
#include "cli/settings_read.h"
#include "process/user.h"
#include "store/make_for.h"

/* Where a source outside gives a key, fernit creates none, nor a store that the user did not name. */
static bool make_store(const struct context *context, const struct user *user)
{
    const struct settings *settings = context->settings;
    if (user->uid == 0)
        return false;
    if (!settings->store_named &&
        early_has_outside(context->environment, settings->secret_files.list, settings->store))
        return false;
    return store_make_for(settings->store, settings->store_mode, user->uid, user->gid);
}

static int set_names(struct environment *environment, const struct user *user, struct error *err)
{
    if (environment_set(environment, "HOME", user->home, err) < 0 ||
        environment_set(environment, "USER", user->name, err) < 0)
        return -1;
    return environment_set(environment, "LOGNAME", user->name, err);
}

/* Only HOME differs. An AIRFLOW_CONFIG or AIRFLOW_HOME without it leads both to the same file. */
static void find_left(struct becoming *becoming, char *const *before)
{
    struct error ignored;
    struct stat old;
    struct stat new;
    struct secret *left = &becoming->left_cfg;
    _cleanup_secret_ struct secret path = {0};
    if (airflow_cfg_path(before, left, &ignored) == 0 &&
        airflow_cfg_path(becoming->environment.list, &path, &ignored) == 0 &&
        strcmp(left->bytes, path.bytes) != 0 && lstat(left->bytes, &old) == 0 &&
        (lstat(path.bytes, &new) < 0 || old.st_dev != new.st_dev || old.st_ino != new.st_ino))
        return;
    secret_free(left);
}

static int become(struct context *context, bool keeps, struct becoming *becoming, struct error *err)
{
    const struct settings *settings = context->settings;
    _cleanup_user_ struct user user = {0};
    if (user_find(settings->user, &user, err) < 0)
        return -1;
    if (geteuid() != 0)
        return user_become(&user, err);

    log_open();
    early_read(&becoming->early, context->environment, settings->secret_files.list);
    bool made = keeps && make_store(context, &user);
    if (environment_copy(&becoming->environment, context->environment, err) < 0 ||
        set_names(&becoming->environment, &user, err) < 0)
        return -1;
    find_left(becoming, context->environment);
    if (user_become(&user, err) < 0)
        return -1;
    context->early = &becoming->early;
    context->store_created = made;
    context->left_cfg = becoming->left_cfg.bytes;
    context->environment = becoming->environment.list;
    return 0;
}

int become_user(struct context *context, bool keeps, struct becoming *becoming, struct error *err)
{
    const struct settings *settings = context->settings;
    char origin[128];
    if (!settings->user || become(context, keeps, becoming, err) == 0)
        return 0;
    settings_origin(settings, OPTION_USER, origin);
    return error_within(err, "%s \"%.80s\"", origin, shown_value(settings->user));
}

void becoming_free(struct becoming *becoming)
{
    early_free(&becoming->early);
    environment_free(&becoming->environment);
    secret_free(&becoming->left_cfg);
}
