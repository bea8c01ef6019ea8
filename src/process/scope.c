#include "process/scope.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/lines.h"

/* What separates words: blanks, the special characters of a shell, and what separates names in a path or a module. */
static const char separators[] = " \t\r\n\v\f'\"`\\;|&<>(){}$=/.:,@";

static bool ends_with(struct span part, const char *end)
{
    size_t length = strlen(end);
    return part.length >= length && memcmp(part.start + part.length - length, end, length) == 0;
}

/* A number is the value of -r. Only --single-child begins with these letters, and getopt_long(3) accepts a part of a
 * name. */
static bool is_option(struct span part, bool *single_child)
{
    bool is_long = part.length > 2 && part.start[1] == '-';
    if (isdigit((unsigned char)*part.start))
        return true;
    if (*part.start != '-')
        return false;
    *single_child |= is_long ? part.start[2] == 's' : memchr(part.start, 'c', part.length) != NULL;
    return true;
}

struct scope_words scope_read(char *const *command, const char *component, const char *setsid)
{
    struct scope_words words = {.names_worker = component && strcmp(component, "worker") == 0,
                                .single_child = setsid && strcmp(setsid, "0") == 0};
    struct span before = {"", 0};
    bool in_options = false; /* of dumb-init */
    for (; *command; command++) {
        for (const char *at = *command; *(at += strspn(at, separators));) {
            struct span part = {at, strcspn(at, separators)};
            at += part.length;
            words.names_worker |= (*part.start != '-' && ends_with(part, "worker")) ||
                                  (span_is(before, "tasks") && span_is(part, "run")) ||
                                  span_is(part, "execute_workload");
            words.single_child |= span_is(before, "DUMB_INIT_SETSID") && span_is(part, "0");
            in_options = in_options && is_option(part, &words.single_child);
            if (span_is(part, "dumb-init"))
                words.dumb_init = in_options = true;
            before = part;
        }
    }
    return words;
}

enum scope scope_for(const struct scope_words *words, const char **reason)
{
    *reason = words->names_worker
                  ? "the command, or AIRFLOW_COMPONENT_TYPE, names a worker or a task"
              : words->single_child ? "DUMB_INIT_SETSID=0 or dumb-init -c says so"
                                    : "the command names no worker and no task";
    return words->names_worker || words->single_child ? SCOPE_CHILD : SCOPE_GROUP;
}

bool scope_is_lost(const struct scope_words *words)
{
    return words->names_worker && words->dumb_init && !words->single_child;
}
