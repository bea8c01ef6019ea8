#include "airflow/paths.h"

#include <string.h>

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/shown.h"

static int expanded(const char *text, const char *name, char *const *environment,
                    struct secret *path, struct error *err)
{
    if (secret_append(path, text, strlen(text), err) < 0)
        return -1;
    if (airflow_expand(path, environment, err) < 0)
        return error_within(err, "%s", name);
    if (shown_path(path->bytes))
        return 0;
    secret_free(path);
    error_input(err,
                "%s does not begin with \"/\" and leads to nothing (not shown: it may be a secret)",
                name);
    return error_hint(err, "write an absolute path, or begin it with ./");
}

int airflow_cfg_path(char *const *environment, struct secret *path, struct error *err)
{
    const char *config = environment_get(environment, "AIRFLOW_CONFIG");
    if (config && !*config) {
        error_input(err, "AIRFLOW_CONFIG is set but empty");
        return error_hint(err, "unset it, or give the path of airflow.cfg");
    }
    if (config)
        return expanded(config, "AIRFLOW_CONFIG", environment, path, err);

    const char *home = environment_get(environment, "AIRFLOW_HOME");
    if (expanded(home ? home : "~/airflow", "AIRFLOW_HOME", environment, path, err) < 0)
        return -1;

    /* As os.path.join: with an empty AIRFLOW_HOME it is airflow.cfg in the working directory. */
    if (path->length > 0 && path->bytes[path->length - 1] != '/' &&
        secret_append(path, "/", 1, err) < 0)
        return -1;
    return secret_append(path, "airflow.cfg", sizeof "airflow.cfg" - 1, err);
}
