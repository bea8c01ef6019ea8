#include "cli/variables.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/command.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/unknown.h"

static const char PREFIX[] = "FERNIT_";

void variable_name(const char *option, char name[VARIABLE_NAME])
{
    snprintf(name, VARIABLE_NAME, "%s%s", PREFIX, option);
    for (char *p = name; *p; p++) {
        int upper = toupper((unsigned char)*p);
        *p = (char)(upper == '-' ? '_' : upper);
    }
}

bool variable_option(const char *assignment, char option[VARIABLE_NAME])
{
    if (strncmp(assignment, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    const char *name = assignment + sizeof PREFIX - 1;
    snprintf(option, VARIABLE_NAME, "%.*s", (int)strcspn(name, "="), name);
    for (char *p = option; *p; p++) {
        int lower = tolower((unsigned char)*p);
        *p = (char)(lower == '_' ? '-' : lower);
    }
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* ..._SERVICE_HOST, ..._SERVICE_PORT[_NAME], ..._PORT, ..._PORT_8080_TCP[_PROTO, _PORT, _ADDR] */
static bool is_service_link(const char *name)
{
    if (ends_with(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
        ends_with(name, "_PORT"))
        return true;
    const char *port = strstr(name, "_PORT_");
    if (!port)
        return false;
    const char *digits = port + sizeof "_PORT_" - 1;
    size_t count = strspn(digits, "0123456789");
    return count > 0 && digits[count] == '_';
}

size_t variable_setting(const char *assignment)
{
    char option[VARIABLE_NAME];
    char name[VARIABLE_NAME];
    if (!variable_option(assignment, option))
        return OPTION_COUNT;
    size_t id = option_named(option, strlen(option), false);
    variable_name(option, name);
    size_t length = strlen(name);
    /* "FERNIT_store" is not FERNIT_STORE. */
    bool exact = strncmp(assignment, name, length) == 0 && assignment[length] == '=';
    return exact && id < OPTION_COUNT && option_may_come_from(id, ORIGIN_ENVIRONMENT)
               ? id
               : OPTION_COUNT;
}

bool variable_is_unknown(const char *assignment)
{
    char name[VARIABLE_NAME];
    if (strncmp(assignment, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(assignment, "="), assignment);
    return variable_setting(assignment) == OPTION_COUNT && strncmp(name, "FERNIT_TEST_", 12) != 0 &&
           strcmp(name, KEY_COMMAND_MARK) != 0 && !is_service_link(name);
}

void warn_of_unknown_variables(char *const *environment,
                               bool (*is_explained)(const char *assignment))
{
    const char *names[OPTION_COUNT + 1];
    option_names(ORIGIN_ENVIRONMENT, names);
    for (char *const *variable = environment; *variable; variable++) {
        char option[VARIABLE_NAME];
        int length = (int)strcspn(*variable, "=");
        if (!variable_is_unknown(*variable) || is_explained(*variable))
            continue;
        variable_option(*variable, option);
        size_t id = option_named(option, strlen(option), false);
        if (id < OPTION_COUNT && !option_may_come_from(id, ORIGIN_ENVIRONMENT)) {
            log_warning("unknown-variable", NULL,
                        "%.*s is ignored: --%s is for the command line alone", length, *variable,
                        option);
            continue;
        }
        const char *near = nearest_word(option, names);
        char hint[VARIABLE_NAME + 32] = "";
        if (near) {
            char guess[VARIABLE_NAME];
            variable_name(near, guess);
            snprintf(hint, sizeof hint, "did you mean %s?", guess);
        }
        log_warning("unknown-variable", hint, "%.*s is ignored: it is not a setting of fernit",
                    length, *variable);
    }
}
