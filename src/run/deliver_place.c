#include "run/deliver_place.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "store/names.h"

int deliver_copy_name(const char *path, char name[FILE_TEMPORARY_NAME], struct error *err)
{
    _cleanup_free_ char *whole = realpath(path, NULL);
    char identity[PATH_MAX + 64];
    char hash[FINGERPRINT_TEXT + 1];
    struct stat status;
    if (!whole || stat(whole, &status) < 0)
        return error_sys(err, "%s", path);
    snprintf(identity, sizeof identity, "%ju %ju %s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino, whole);
    fingerprint(identity, strlen(identity), hash);
    snprintf(name, FILE_TEMPORARY_NAME, "%s%s", STORE_COPY_PREFIX, hash);
    return 0;
}

bool deliver_is_nobodys(const struct context *context, const struct look *look)
{
    return context->settings->deliver_environment && look->store.directory >= 0 &&
           !environment_get(context->environment, "AIRFLOW_CONFIG") &&
           !environment_get(context->environment, "AIRFLOW_HOME");
}

bool deliver_makes_store(const struct look *look)
{
    bool is_kept = false;
    for (size_t i = 0; i < look->count; i++)
        is_kept |= look->lookups[i].is_kept;
    return is_kept;
}
