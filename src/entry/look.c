#include "entry/look.h"

#include "airflow/paths.h"
#include "base/environment.h"
#include "base/error.h"
#include "resolve/key_command.h"

int look_around(const struct context *context, enum run_commands commands, struct look *look,
                struct error *err)
{
    const struct settings *settings = context->settings;
    *look = (struct look){.store = {.path = settings->store, .directory = -1}};
    struct error cfg_error = {0};
    struct error store_error = {0};
    bool has_path = airflow_cfg_path(context->environment, &look->cfg_path, &cfg_error) == 0;
    bool has_store =
        store_open(&look->store, settings->store, settings->store_mode, &store_error) == 0;

    const struct survey_places places = {
        .environment = context->environment,
        .secret_files = settings->secret_files,
        .early = context->early,
        .store = &look->store,
        .store_error = has_store ? NULL : &store_error,
        .cfg_path = has_path ? look->cfg_path.bytes : "airflow.cfg",
        .cfg_error = has_path ? NULL : &cfg_error,
        .whole_cfg = commands == RUN_COMMANDS_NEVER || settings->run_commands,
        .commands = commands,
        .in_command = environment_get(context->environment, KEY_COMMAND_MARK) != NULL,
        .command_timeout = settings->cmd_timeout,
        .signals = context->signals,
    };
    if (survey_all(&places, &look->survey, err) < 0)
        return -1;
    if (decide(&look->survey, &look->decision, err) < 0)
        return -1;
    if (!context->left_cfg || look->decision.action != ACTION_GENERATE)
        return 0;
    return error_refused(err,
                         "%.300s: is no longer Airflow's, since --user changes HOME: that is now "
                         "%.300s; it may hold the only key, so none is made; move it there, set "
                         "AIRFLOW_HOME to its folder, or give its key in FERNET_KEY",
                         context->left_cfg, look->cfg_path.bytes);
}

void look_free(struct look *look)
{
    decision_free(&look->decision);
    survey_free(&look->survey);
    store_close(&look->store);
    secret_free(&look->cfg_path);
}
