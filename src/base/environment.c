#include "base/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"

/* Compares the first byte first, because that is fast and a start looks up fifty variables. */
static bool begins(const char *assignment, const char *start, size_t length)
{
    return (length == 0 || *assignment == *start) && strncmp(assignment, start, length) == 0;
}

const char *environment_get(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment; environment++)
        if (begins(*environment, name, length) && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

const char *environment_hidden(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    bool is_empty = false;
    for (; *environment; environment++) {
        if (!begins(*environment, name, length) || (*environment)[length] != '=')
            continue;
        if (!text_is_blank(*environment + length + 1))
            return is_empty ? *environment : NULL;
        is_empty = true;
    }
    return NULL;
}

const char *environment_second(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    const char *first = environment_get(environment, name);
    for (; first && !text_is_blank(first) && *environment; environment++) {
        const char *value = *environment + length + 1;
        if (begins(*environment, name, length) && (*environment)[length] == '=' &&
            !text_is_blank(value) && strcmp(value, first) != 0)
            return *environment;
    }
    return NULL;
}

int environment_copy(struct environment *copy, char *const *original, struct error *err)
{
    size_t count = 0;
    while (original[count])
        count++;

    *copy = (struct environment){.count = count};
    copy->list = calloc(count + 1, sizeof *copy->list);
    if (!copy->list)
        return error_sys(err, "cannot copy the environment");
    memcpy(copy->list, original, count * sizeof *copy->list);
    return 0;
}

static void unset(struct environment *environment, const char *start, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < environment->count; i++)
        if (!begins(environment->list[i], start, length))
            environment->list[kept++] = environment->list[i];
    environment->count = kept;
    environment->list[kept] = NULL;
}

void environment_unset_prefix(struct environment *environment, const char *prefix)
{
    unset(environment, prefix, strlen(prefix));
}

void environment_unset(struct environment *environment, const char *name)
{
    size_t length = strlen(name);
    char assignment[length + 2];
    memcpy(assignment, name, length);
    memcpy(assignment + length, "=", 2);
    unset(environment, assignment, length + 1);
}

int environment_take(struct environment *environment, struct secret *assignment, struct error *err)
{
    char **list = reallocarray(environment->list, environment->count + 2, sizeof *list);
    if (list)
        environment->list = list;
    struct secret *set = reallocarray(environment->set, environment->set_count + 1, sizeof *set);
    if (set)
        environment->set = set;
    if (!list || !set)
        return error_sys(err, "cannot set a variable");

    unset(environment, assignment->bytes, strcspn(assignment->bytes, "=") + 1);
    list[environment->count++] = assignment->bytes;
    list[environment->count] = NULL;
    set[environment->set_count++] = *assignment;
    *assignment = (struct secret){0};
    return 0;
}

int environment_set(struct environment *environment, const char *name, const char *value,
                    struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (secret_append(&text, name, strlen(name), err) < 0 ||
        secret_append(&text, "=", 1, err) < 0 ||
        secret_append(&text, value, strlen(value), err) < 0)
        return -1;
    return environment_take(environment, &text, err);
}

void environment_free(struct environment *environment)
{
    for (size_t i = 0; i < environment->set_count; i++)
        secret_free(&environment->set[i]);
    free(environment->set);
    free(environment->list);
    *environment = (struct environment){0};
}
