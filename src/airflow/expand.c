#include "airflow/expand.h"

#include <ctype.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/error.h"

enum { ROUNDS_MOST = 32, LENGTH_MOST = 64 * 1024, NAME_MOST = 256 };

static bool is_word(char c)
{
    return c == '_' || isalnum((unsigned char)c);
}

/* The value of the variable at `text`, which begins with "$", and the *length of its name there. NULL: the text
 * stays. */
static const char *variable(const char *text, char *const *environment, size_t *length)
{
    const char *start = text + 1;
    const char *end = start;
    bool braces = *start == '{';
    if (braces)
        end = strchr(++start, '}');
    else
        while (is_word(*end))
            end++;
    if (!end || (size_t)(end - start) >= NAME_MOST || (!braces && end == start))
        return NULL;

    char name[NAME_MOST];
    memcpy(name, start, (size_t)(end - start));
    name[end - start] = '\0';
    *length = (size_t)(end - text) + (braces ? 1 : 0);
    if (strchr(name, '='))
        return NULL;
    return environment_get(environment, name);
}

static int expand_variables(const char *text, char *const *environment, struct secret *out,
                            struct error *err)
{
    while (*text) {
        size_t length = strcspn(text, "$");
        if (secret_append(out, text, length, err) < 0)
            return -1;
        text += length;
        if (*text == '\0')
            break;

        length = 1;
        const char *replaced = variable(text, environment, &length);
        const char *value = replaced ? replaced : text;
        if (secret_append(out, value, replaced ? strlen(replaced) : length, err) < 0)
            return -1;
        text += length;
    }
    return 0;
}

/* The home directory for "~" or "~name", which has `length` bytes, or NULL. */
static const char *home(const char *text, size_t length, char *const *environment)
{
    const struct passwd *user = NULL;
    if (length == 1) {
        const char *own = environment_get(environment, "HOME");
        if (own)
            return own;
        user = getpwuid(getuid());
    } else if (length - 1 < NAME_MOST) {
        char name[NAME_MOST];
        memcpy(name, text + 1, length - 1);
        name[length - 1] = '\0';
        user = getpwnam(name);
    }
    return user ? user->pw_dir : NULL;
}

static int expand_home(const char *text, char *const *environment, struct secret *out,
                       struct error *err)
{
    size_t length = *text == '~' ? strcspn(text, "/") : 0;
    const char *directory = length > 0 ? home(text, length, environment) : NULL;
    if (!directory)
        return secret_append(out, text, strlen(text), err);

    size_t trimmed = strlen(directory);
    while (trimmed > 0 && directory[trimmed - 1] == '/')
        trimmed--;
    if (secret_append(out, directory, trimmed, err) < 0 ||
        secret_append(out, text + length, strlen(text + length), err) < 0)
        return -1;
    return out->length == 0 ? secret_append(out, "/", 1, err) : 0;
}

bool airflow_expands(const char *text)
{
    return *text == '~' || strchr(text, '$');
}

int airflow_expand(struct secret *value, char *const *environment, struct error *err)
{
    for (int round = 0; round < ROUNDS_MOST && value->length <= LENGTH_MOST; round++) {
        if (!airflow_expands(value->bytes))
            return 0;
        _cleanup_secret_ struct secret variables = {0};
        _cleanup_secret_ struct secret next = {0};
        if (secret_append(&variables, "", 0, err) < 0 || secret_append(&next, "", 0, err) < 0 ||
            expand_variables(value->bytes, environment, &variables, err) < 0 ||
            expand_home(variables.bytes, environment, &next, err) < 0)
            return -1;
        bool changed =
            next.length != value->length || memcmp(next.bytes, value->bytes, value->length) != 0;
        struct secret previous = *value;
        *value = next;
        next = previous;
        if (!changed)
            return 0;
    }
    return error_input(err, "its variables refer to each other without end");
}
