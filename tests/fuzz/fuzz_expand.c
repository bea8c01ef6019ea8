/* $NAME and ~ in a value: it ends, and then there is nothing left to replace.
 *
 * The input is an environment, a line each, an empty line, and the value. */
#include "airflow/expand.h"

#include <pwd.h>

#include "fuzz.h"

enum { VARIABLES = 32, LONGEST = 8 * 1024 * 1024 };

/* In place of libc's, so that no machine's /etc/passwd takes part. */
struct passwd *getpwnam(const char *name)
{
    static struct passwd airflow = {.pw_dir = "/home/airflow/"};
    static struct passwd root = {.pw_dir = "/"};
    return strcmp(name, "airflow") == 0 ? &airflow : strcmp(name, "root") == 0 ? &root : NULL;
}

struct passwd *getpwuid(uid_t uid)
{
    (void)uid;
    return getpwnam("airflow");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_secret_ struct secret value = {0};
    _cleanup_secret_ struct secret once = {0};
    char *environment[VARIABLES + 1] = {0};
    char *rest = text;
    const char *line = NULL;
    for (size_t i = 0; i < VARIABLES && (line = next_line(&rest)) && *line; i++)
        environment[i] = (char *)line;
    if (!rest)
        return 0;

    hold(secret_append(&value, rest, strlen(rest), &err) == 0, "there is memory");
    if (airflow_expand(&value, environment, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        return 0;
    }
    hold_terminated(&value);
    hold(strlen(value.bytes) == value.length, "a value is a text");
    hold(airflow_expands(rest) || strcmp(rest, value.bytes) == 0, "plain text stays");
    hold(secret_append(&once, value.bytes, value.length, &err) == 0, "there is memory");
    hold(airflow_expand(&value, environment, &err) == 0 && same_secret(&once, &value),
         "what was expanded stays");
    return 0;
}
