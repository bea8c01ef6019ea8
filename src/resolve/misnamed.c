#include "resolve/misnamed.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "airflow/managed.h"
#include "base/lines.h"
#include "fernet/ring.h"

static bool is_letter(char c)
{
    return (unsigned)(c | 0x20) - 'a' < 26;
}

/* Whether `text` begins with these letters, which are lower-case: case, and all that is no letter, on either side, is
 * passed over. */
static bool spells(const char *text, const char *end, const char *letters)
{
    for (; *letters; letters++) {
        if (!is_letter(*letters))
            continue;
        while (text < end && !is_letter(*text))
            text++;
        if (text == end || (*text++ | 0x20) != *letters)
            return false;
    }
    return true;
}

static const char *find_letters(struct span name, const char *letters)
{
    const char *end = name.start + name.length;
    for (const char *at = name.start; at < end; at++)
        if ((*at | 0x20) == *letters && spells(at, end, letters))
            return at;
    return NULL;
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

/* Whether it names this value: of JWT_SECRET and SECRET_KEY in AIRFLOW__JWT_SECRET_KEY the first counts. */
static bool names_value(struct span name, const struct managed *secret)
{
    if (!spells(name.start, name.start + name.length, "airflow"))
        return false;
    const char *found = find_letters(name, secret->name);
    for (size_t i = 0; i < MANAGED_COUNT && found; i++) {
        const char *other = find_letters(name, managed_secrets[i].name);
        if (other && other < found)
            return false;
    }
    return found;
}

/* FERNIT_KEY_FILE looks like an option of ours. */
static bool names(struct span name, const struct managed *secret)
{
    if (secret->is_value)
        return names_value(name, secret);
    return find_letters(name, secret->name) || find_letters(name, "fernitkey");
}

const char *misnamed_secret(char *const *environment, const struct managed *secret)
{
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals)
            continue;
        struct span name = {*environment, (size_t)(equals - *environment)};
        if (names(name, secret) && !text_is_blank(equals + 1) && !is_for_others(*environment) &&
            !is_read(name))
            return *environment;
    }
    return NULL;
}
