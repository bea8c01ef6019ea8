#include "resolve/misnamed.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "airflow/managed.h"
#include "base/lines.h"
#include "fernet/ring.h"

enum { LETTERS = 256 };

static void take_letters(const char *text, size_t length, char letters[LETTERS])
{
    size_t count = 0;
    for (size_t i = 0; i < length && count < LETTERS - 1; i++)
        if (isalpha((unsigned char)text[i]))
            letters[count++] = (char)toupper((unsigned char)text[i]);
    letters[count] = '\0';
}

static bool is_read(struct span name)
{
    bool known = false;
    for (const struct managed *secret = managed_secrets; secret < managed_secrets + MANAGED_COUNT;
         secret++) {
        known |= secret->bare && (span_is(name, secret->bare) || span_is(name, secret->bare_file));
        for (const struct managed_place *place = secret->places; place->variable; place++)
            known |= span_is(name, place->variable) || span_is(name, place->variable_command) ||
                     span_is(name, place->variable_secret) || span_is(name, place->variable_file);
    }
    return known;
}

static bool is_for_others(const char *name)
{
    static const char *const starts[] = {
        "AIRFLOW_VAR_",
        "AIRFLOW_CONN_",
        "AIRFLOW__KUBERNETES_SECRETS__",
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (text_begins(name, starts[i]))
            return true;
    return text_begins(name, MISNAMED_FOR_PODS) && !ring_is_text(strchr(name, '=') + 1);
}

static const char *find_name(const char *letters, const struct managed *secret)
{
    char wanted[LETTERS];
    take_letters(secret->name, strlen(secret->name), wanted);
    return strstr(letters, wanted);
}

/* Whether it names this value: of JWT_SECRET and SECRET_KEY in AIRFLOW__JWT_SECRET_KEY the first counts. */
static bool names_value(const char *letters, const struct managed *secret)
{
    const char *found = find_name(letters, secret);
    for (size_t i = 0; i < MANAGED_COUNT && found; i++) {
        const char *other = find_name(letters, &managed_secrets[i]);
        if (other && other < found)
            return false;
    }
    return found && text_begins(letters, "AIRFLOW");
}

/* "FERNITKEY": FERNIT_KEY_FILE, which looks like an option of ours. */
static bool names(const char *letters, const struct managed *secret)
{
    if (secret->is_value)
        return names_value(letters, secret);
    return find_name(letters, secret) || strstr(letters, "FERNITKEY");
}

const char *misnamed_secret(char *const *environment, const struct managed *secret)
{
    for (; *environment; environment++) {
        char letters[LETTERS];
        const char *equals = strchr(*environment, '=');
        if (!equals || text_is_blank(equals + 1) || is_for_others(*environment))
            continue;
        struct span name = {*environment, (size_t)(equals - *environment)};
        take_letters(name.start, name.length, letters);
        if (names(letters, secret) && !is_read(name))
            return *environment;
    }
    return NULL;
}
