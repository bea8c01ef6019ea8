#include "entry/values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "airflow/managed.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/lines.h"
#include "process/signal_name.h"

int value_flag(const char *text, bool *value)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int b = 0; b < 2; b++)
            if (strcasecmp(text, words[i][b]) == 0) {
                *value = b;
                return 0;
            }
    return -1;
}

static bool is_none(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "off") == 0 || strcmp(text, "no") == 0;
}

int value_mode(const char *text, mode_t *mode, struct error *err)
{
    static const mode_t modes[] = {0600, 0640, 0660};
    char *end;
    unsigned long value = strtoul(text, &end, 8);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (isdigit((unsigned char)*text) && *end == '\0' && value == modes[i]) {
            *mode = modes[i];
            return 0;
        }
    return error_usage(err, "\"%s\" is none of 0600, 0640 and 0660", text);
}

int value_deliver(const char *text, bool *environment, bool *cfg, struct error *err)
{
    bool both = strcmp(text, "env,cfg") == 0 || strcmp(text, "cfg,env") == 0;
    *environment = both || strcmp(text, "env") == 0;
    *cfg = both || strcmp(text, "cfg") == 0;
    if (!*environment && !*cfg)
        return error_usage(err, "\"%s\" is none of env, cfg and env,cfg", text);
    return 0;
}

int value_change(const char *text, enum on_change *on_change, struct error *err)
{
    static const char *const names[] = {[ON_CHANGE_KEEP] = "keep",
                                        [ON_CHANGE_STAGE] = "stage",
                                        [ON_CHANGE_REFUSE] = "refuse",
                                        [ON_CHANGE_REPLACE] = "replace"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *on_change = (enum on_change)i;
            return 0;
        }
    return error_usage(err, "\"%s\" is none of keep, stage, refuse and replace", text);
}

int value_manage(const char *text, unsigned *secrets, struct error *err)
{
    *secrets = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, ",");
        struct span name = line_trim(at, at + length);
        size_t i = 0;
        while (i < MANAGED_COUNT && !span_is(name, managed_secrets[i].name))
            i++;
        char cut[32];
        span_name(name, cut, sizeof cut);
        if (i == MANAGED_COUNT)
            return error_usage(err,
                               "\"%s\" is none of fernet_key, secret_key, jwt_secret and "
                               "internal_api_secret_key",
                               cut);
        *secrets |= 1U << i;
        at += length;
        at += *at == ',';
    }
    return *secrets ? 0 : error_usage(err, "is empty; name at least one secret");
}

int value_store(const char *text, struct error *err)
{
    static const char *const schemes[] = {"vault:", "aws-sm:", "k8s:", "azure-kv:", "gcp-sm:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return error_usage(err, "this version of fernit has no remote stores; give a folder");
    return 0;
}

int value_scope(const char *text, enum scope *scope, struct error *err)
{
    static const char *const names[] = {
        [SCOPE_AUTO] = "auto", [SCOPE_CHILD] = "child", [SCOPE_GROUP] = "group"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *scope = (enum scope)i;
            return 0;
        }
    return error_usage(err, "\"%s\" is none of auto, child and group", text);
}

int value_format(const char *text, enum log_format *format, struct error *err)
{
    bool json = strcmp(text, "json") == 0;
    if (!json && strcmp(text, "text") != 0)
        return error_usage(err, "\"%s\" is neither text nor json", text);
    *format = json ? LOG_JSON : LOG_TEXT;
    return 0;
}

int value_signal(const char *text, int *number, struct error *err)
{
    int found = is_none(text) ? 0 : signal_number(text);
    if (found < 0)
        return error_usage(err, "\"%s\" is no signal; write TERM, 15 or RTMIN+1, or none", text);
    *number = found;
    return 0;
}

int value_status(const char *text, uint64_t statuses[4], struct error *err)
{
    char *end;
    unsigned long status = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || status > 255)
        return error_usage(err,
                           "\"%s\" is no exit status; write a number from 0 to 255, and the "
                           "option again for another one",
                           text);
    statuses[status / 64] |= UINT64_C(1) << (status % 64);
    return 0;
}

int value_later(const char *text, const char *fallback, struct error *err)
{
    bool flag = true;
    int64_t given = -1;
    int64_t usual = -2;
    struct error ignored;
    if (strcmp(text, fallback) == 0 || (value_flag(text, &flag) == 0 && !flag))
        return 0;
    duration_parse(text, &given, &ignored);
    duration_parse(fallback, &usual, &ignored);
    return given == usual ? 0
                          : error_usage(err, "this version of fernit has not got that part; "
                                             "leave it out");
}
