#include "resolve/misnamed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "airflow/managed.h"
#include "airflow/sensitive.h"
#include "base/lines.h"
#include "fernet/ring.h"

static bool is_letter(char c)
{
    return (unsigned)(c | 0x20) - 'a' < 26;
}

/* Whether `text` begins with the letters of `word`. Case is ignored, and in both so is every character that is no
 * letter. */
static bool spells(const char *text, const char *end, const char *word)
{
    for (; *word; word++) {
        if (!is_letter(*word))
            continue;
        while (text < end && !is_letter(*text))
            text++;
        if (text == end || (*text++ | 0x20) != (*word | 0x20))
            return false;
    }
    return true;
}

/* The first position at which the name spells `word`, which is lower-case; or NULL. */
static const char *find_letters(struct span name, const char *word)
{
    const char *end = name.start + name.length;
    for (const char *at = name.start; at < end; at++)
        if ((*at | 0x20) == *word && spells(at, end, word))
            return at;
    return NULL;
}

static bool is_read(struct span name)
{
    bool known = false;
    for (const struct managed *secret = managed_secrets; secret < managed_secrets + MANAGED_COUNT;
         secret++) {
        known |= secret->bare && (span_is(name, secret->bare) || span_is(name, secret->bare_file));
        for (const struct managed_option *option = secret->options; option->variable; option++)
            known |= span_is(name, option->variable) || span_is(name, option->variable_command) ||
                     span_is(name, option->variable_secret) || span_is(name, option->variable_file);
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

/* AIRFLOW_S3_SECRET_KEY is a variable of the user's. AIRFLOW_WEBSERVER_SECRET_KEY and AIRFLOW_SECRET_KEY are
 * Airflow's. */
static bool is_airflows(struct span name, const struct managed *secret)
{
    char direct[64];
    const char *end = name.start + name.length;
    if (text_begins(name.start, "AIRFLOW__"))
        return true;
    snprintf(direct, sizeof direct, "airflow%s", secret->name);
    bool is_near = spells(name.start, end, direct);
    for (const struct managed_option *option = secret->options; option->variable; option++)
        is_near |= spells(name.start, end, option->variable);
    return is_near;
}

/* Whether the name is this secret's. AIRFLOW__JWT_SECRET_KEY spells JWT_SECRET and SECRET_KEY: it is the first one's. */
static bool names_value(struct span name, const struct managed *secret)
{
    const char *found = find_letters(name, secret->name);
    for (size_t i = 0; i < MANAGED_COUNT && found; i++) {
        const char *other = find_letters(name, managed_secrets[i].name);
        if (other && other < found)
            return false;
    }
    return found && is_airflows(name, secret);
}

/* FERNIT_KEY_FILE looks like one of fernit's options, but is none. */
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
        struct sensitive_variable ignored;
        if (names(name, secret) && !text_is_blank(equals + 1) && !is_for_others(*environment) &&
            !is_read(name) && !sensitive_file(*environment, &ignored))
            return *environment;
    }
    return NULL;
}
