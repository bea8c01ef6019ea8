#include "run/database_defaults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "airflow/expand.h"
#include "airflow/pg_service.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/shown.h"

enum { SERVICE_FILE_MOST = 64 * 1024 };

static struct span variable(char *const *environment, const char *name)
{
    const char *value = environment_get(environment, name);
    return value ? span_of(value) : (struct span){NULL, 0};
}

static void fill(struct span *value, char *const *environment, const char *name)
{
    if (!value->start)
        *value = variable(environment, name);
}

/* Returns 1 where the file defines the service; 0 where it does not, or is missing; or -1. */
static int look_into(const char *path, const char *service, struct database_defaults *defaults,
                     struct error *err)
{
    struct stat status;
    _cleanup_close_ int fd =
        file_open(AT_FDCWD, path, 0, shown(path, NULL, "the service file"), &status, err);
    if (fd < 0)
        return err->errnum == ENOENT || err->errnum == ENOTDIR ? 0 : -1;
    secret_free(&defaults->service);
    if (file_read(fd, path, SERVICE_FILE_MOST, &defaults->service, err) < 0)
        return -1;
    struct span text = {defaults->service.bytes, defaults->service.length};
    int found = pg_service_find(text, service, &defaults->values, err);
    return found < 0 ? error_within(err, "%s", path) : found;
}

/* The user's own file, which comes first. */
static int own_file(const char *given, char *const *environment, struct secret *path,
                    struct error *err)
{
    static const char usual[] = "~/.pg_service.conf";
    const char *named = *given ? given : environment_get(environment, "PGSERVICEFILE");
    if (named)
        return secret_append(path, named, strlen(named), err);
    return secret_append(path, usual, sizeof usual - 1, err) < 0 ||
                   airflow_expand(path, environment, err) < 0
               ? -1
               : 0;
}

static int find_service(const char *service, const char *file, char *const *environment,
                        struct database_defaults *defaults, struct error *err)
{
    char shared[4096];
    _cleanup_secret_ struct secret own = {0};
    const char *folder = environment_get(environment, "PGSYSCONFDIR");
    snprintf(shared, sizeof shared, "%s/pg_service.conf",
             folder ? folder : "/etc/postgresql-common");
    if (own_file(file, environment, &own, err) < 0)
        return -1;
    int found = look_into(own.bytes, service, defaults, err);
    if (found == 0)
        found = look_into(shared, service, defaults, err);
    if (found != 0)
        return found < 0 ? -1 : 0;
    error_input(err, "no file defines the PostgreSQL service \"%.64s\"", service);
    return error_hint(err, "define it in %.200s or %.200s", shown(own.bytes, NULL, "PGSERVICEFILE"),
                      shown(shared, NULL, "PGSYSCONFDIR"));
}

int database_defaults_find(const char *url, char *const *environment,
                           struct database_defaults *defaults, struct error *err)
{
    char service[URL_LIST];
    char file[URL_LIST];
    struct url_defaults *values = &defaults->values;
    if (url_is_postgres(url, service, file)) {
        const char *usual = environment_get(environment, "PGSERVICE");
        const char *name = *service ? service : usual;
        if (name && find_service(name, file, environment, defaults, err) < 0)
            return -1;
    }
    fill(&values->host, environment, "PGHOST");
    fill(&values->hostaddr, environment, "PGHOSTADDR");
    fill(&values->port, environment, "PGPORT");
    fill(&values->mysql_socket, environment, "MYSQL_UNIX_PORT");
    fill(&values->mysql_port, environment, "MYSQL_TCP_PORT");
    return 0;
}

void database_defaults_free(struct database_defaults *defaults)
{
    secret_free(&defaults->service);
}
