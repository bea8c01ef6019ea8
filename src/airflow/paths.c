#include "airflow/paths.h"

#include "airflow/expand.h"
#include "base/environment.h"
#include "base/error.h"

int airflow_cfg_path(char *const *environment, struct secret *path, struct error *err)
{
    const char *config = environment_get(environment, "AIRFLOW_CONFIG");
    if (config && !*config)
        return error_input(err, "AIRFLOW_CONFIG is set but empty; unset it, or give the path of "
                                "airflow.cfg");
    if (config)
        return airflow_expand(config, environment, path, err) < 0
                   ? error_within(err, "AIRFLOW_CONFIG")
                   : 0;

    const char *home = environment_get(environment, "AIRFLOW_HOME");
    if (airflow_expand(home ? home : "~/airflow", environment, path, err) < 0)
        return error_within(err, "AIRFLOW_HOME");

    /* os.path.join: a home that is set but empty makes it the working directory's airflow.cfg. */
    if (path->length > 0 && path->bytes[path->length - 1] != '/' &&
        secret_append(path, "/", 1, err) < 0)
        return -1;
    return secret_append(path, "airflow.cfg", sizeof "airflow.cfg" - 1, err);
}
