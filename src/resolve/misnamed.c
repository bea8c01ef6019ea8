#include "resolve/misnamed.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/lines.h"

static bool is_known(struct span name)
{
    static const char *const known[] = {
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__CORE__FERNET_KEY_CMD",
        "AIRFLOW__CORE__FERNET_KEY_SECRET",
        "AIRFLOW__CORE__FERNET_KEY_FILE",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_is(name, known[i]))
            return true;
    return false;
}

static bool begins(struct span name, const char *start)
{
    size_t length = strlen(start);
    return name.length >= length && memcmp(name.start, start, length) == 0;
}

static bool is_misnamed(struct span name)
{
    static const char key[] = "FERNET_KEY";
    return begins(name, "AIRFLOW_") && memmem(name.start, name.length, key, sizeof key - 1) &&
           !begins(name, "AIRFLOW_VAR_") && !begins(name, "AIRFLOW_CONN_") && !is_known(name);
}

const char *misnamed_key(char *const *environment)
{
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals && !text_is_blank(equals + 1) &&
            is_misnamed((struct span){*environment, (size_t)(equals - *environment)}))
            return *environment;
    }
    return NULL;
}
