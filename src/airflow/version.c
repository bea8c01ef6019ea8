#include "airflow/version.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ini.h"
#include "base/search.h"

enum { PARTS = 3, PART_MOST = 99 };

int airflow_version_parse(const char *text)
{
    int version = 0;
    int count = 0;
    for (; count < PARTS && *text >= '0' && *text <= '9'; count++) {
        char *end = NULL;
        unsigned long part = strtoul(text, &end, 10);
        if (part > PART_MOST)
            return AIRFLOW_UNKNOWN;
        version = version * 100 + (int)part;
        text = *end == '.' ? end + 1 : "";
    }
    return count < 2 ? AIRFLOW_UNKNOWN : count == 2 ? version * 100 : version;
}

void airflow_version_text(int version, char text[AIRFLOW_TEXT])
{
    snprintf(text, AIRFLOW_TEXT, "%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
}

static int newer(int a, int b)
{
    return a > b ? a : b;
}

/* The newest of the dist-info folders in this one. */
static int find_in_packages(const char *path)
{
    static const char *const names[] = {"apache_airflow-", "apache_airflow_core-"};
    int found = AIRFLOW_UNKNOWN;
    DIR *packages = opendir(path);
    struct dirent *entry;
    while (packages && (entry = readdir(packages)))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (text_begins(entry->d_name, names[i]))
                found = newer(found, airflow_version_parse(entry->d_name + strlen(names[i])));
    if (packages)
        closedir(packages);
    return found;
}

/* For the program BIN/airflow. */
static int find_beside(const char *program)
{
    static const char *const kinds[] = {"site-packages", "dist-packages"};
    char path[PATH_MAX + 2 * NAME_MAX];
    int found = AIRFLOW_UNKNOWN;
    _cleanup_free_ char *real = realpath(program, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (!slash)
        return AIRFLOW_UNKNOWN;
    *slash = '\0';
    snprintf(path, sizeof path, "%s/../lib", real);
    DIR *library = opendir(path);
    struct dirent *entry;
    while (library && (entry = readdir(library)))
        for (size_t i = 0; i < 2 && strncmp(entry->d_name, "python", 6) == 0; i++) {
            snprintf(path, sizeof path, "%s/../lib/%s/%s", real, entry->d_name, kinds[i]);
            found = newer(found, find_in_packages(path));
        }
    if (library)
        closedir(library);
    return found;
}

int airflow_version_installed(char *const *environment)
{
    const char *rest = search_path(environment);
    char program[PATH_MAX];
    int found = AIRFLOW_UNKNOWN;
    while (found == AIRFLOW_UNKNOWN && search_next(&rest, "airflow", program))
        found = find_beside(program);
    return found;
}

int airflow_version_by_names(const struct ini *ini)
{
    return ini_find(ini, "api", "secret_key") && !ini_find(ini, "webserver", "secret_key")
               ? AIRFLOW(3, 0, 2)
               : AIRFLOW_UNKNOWN;
}
