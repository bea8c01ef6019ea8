#include "cli/catalogue.h"

#include <string.h>

const struct warning warnings[] = {
    /* What the sources hold: resolve/remark.c. */
    {"empty-value", false},
    {"broken-source", false},
    {"unused-source", false},
    {"other-key", false},
    {"changed-key", false},
    {"staged-key", false},
    {"replaced-key", false},
    {"retired-key", false},
    {"other-first", false},
    {"fewer-keys", false},
    {"lost-ring", false},
    {"joined-key", false},
    {"dropped-key", false},
    {"published-key", true},
    {"readable-store", true},
    {"modeless-store", true},
    {"other-owner", false},

    {"misnamed-secret", false},
    {"own-key", true},
    {"unknown-variable", false},
    {"key-only-in-cfg", false},
    {"unkept-secret", false},
    {"cfg-without-key", false},
    {"option-file-left", false},
    {"cfg-left-behind", false},
    {"cfg-not-written", false},
    {"readable-cfg", true},
    {"shown-secret", true},

    /* The supervisor's. */
    {"dumb-init-signals-all", false},
    {"not-executed-anew", false},
    {"signal-not-passed", false},
    {"left-to-others", false},
    {"left-unseen", false},
};

const size_t warning_count = sizeof warnings / sizeof *warnings;

_Static_assert(sizeof warnings / sizeof *warnings <= WARNINGS_MOST, "WARNINGS_MOST");

const struct warning *warning_named(const char *id)
{
    for (size_t i = 0; i < warning_count; i++)
        if (strcmp(warnings[i].id, id) == 0)
            return &warnings[i];
    return NULL;
}

bool warning_is_security(const char *id)
{
    const struct warning *warning = warning_named(id);
    return warning && warning->security;
}
