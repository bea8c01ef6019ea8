#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static int fill(struct error *err, enum error_kind kind, const char *format, va_list values)
{
    err->kind = kind;
    err->errnum = 0;
    err->id = NULL;
    err->ignores_advice = false;
    *err->hints = '\0';
    vsnprintf(err->message, sizeof err->message, format, values);
    for (char *p = err->message; *p; p++)
        if (is_control(*p))
            *p = '?';
    return -1;
}

#define FILL(kind)                                                                                 \
    va_list values;                                                                                \
    va_start(values, format);                                                                      \
    fill(err, kind, format, values);                                                               \
    va_end(values)

int error_usage(struct error *err, const char *format, ...)
{
    FILL(ERROR_USAGE);
    return -1;
}

int error_input(struct error *err, const char *format, ...)
{
    FILL(ERROR_INPUT);
    return -1;
}

int error_refused(struct error *err, const char *format, ...)
{
    FILL(ERROR_REFUSED);
    return -1;
}

static void append(struct error *err, const char *text)
{
    size_t length = strlen(err->message);
    snprintf(err->message + length, sizeof err->message - length, "%s", text);
}

int error_ending(struct error *err)
{
    error_refused(err, "asked to end by a signal");
    err->kind = ERROR_ENDING;
    return -1;
}

int error_sys(struct error *err, const char *format, ...)
{
    int errnum = errno;
    FILL(ERROR_SYSTEM);
    err->errnum = errnum;
    append(err, ": ");
    append(err, strerror(errnum));
    errno = errnum;
    return -1;
}

int error_within(struct error *err, const char *format, ...)
{
    struct error inner = *err;
    FILL(inner.kind);
    err->errnum = inner.errnum;
    err->id = inner.id;
    err->ignores_advice = inner.ignores_advice;
    memcpy(err->hints, inner.hints, sizeof err->hints);
    append(err, ": ");
    append(err, inner.message);
    return -1;
}

bool error_ignores_advice(const struct error *err)
{
    int errnum = err->errnum;
    return err->ignores_advice || errnum == ENOSPC || errnum == EDQUOT || errnum == EIO ||
           errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE;
}

int error_id(struct error *err, const char *id)
{
    err->id = id;
    return -1;
}

/* A hint is never cut: a command that is cut would be another command. */
static void add_hint(struct error *err, const char *format, va_list values)
{
    size_t length = strlen(err->hints);
    size_t from = length + (length > 0);
    size_t room = sizeof err->hints - from;
    int added = from < sizeof err->hints ? vsnprintf(err->hints + from, room, format, values) : -1;
    if (added < 0 || (size_t)added >= room)
        err->hints[length] = '\0';
    else if (length > 0)
        err->hints[length] = '\n';
}

int error_hint(struct error *err, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    add_hint(err, format, values);
    va_end(values);
    return -1;
}

int error_advise(struct error *err, const char *format, ...)
{
    if (error_ignores_advice(err)) {
        const char *remedy = error_remedy(err);
        return *remedy ? error_hint(err, "%s", remedy) : -1;
    }
    va_list values;
    va_start(values, format);
    add_hint(err, format, values);
    va_end(values);
    return -1;
}

const char *error_remedy(const struct error *err)
{
    if (*err->hints)
        return "";
    switch (err->errnum) {
    case ENOSPC:
    case EDQUOT:
        return "free some space there";
    case EROFS:
        return "mount it writable, or name another place";
    case EACCES:
        return "chown or chmod it for this user, or start fernit as its owner";
    case EMFILE:
        return "raise the limit of open files (ulimit -n)";
    case ENFILE:
        return "see which process of this host has too many files open";
    case ENOMEM:
        return "give this container more memory";
    case EIO:
    case ESTALE:
        return "check its file system and the disk below";
    case ENOENT:
        return "check that it exists";
    case EINTR:
        return "start again";
    case EINVAL:
    case ENOSYS:
    case EPERM:
        return "see what this kernel lacks or a sandbox (seccomp) forbids";
    default:
        return "";
    }
}

const char *error_hints(const struct error *err)
{
    const char *remedy = error_remedy(err);
    return *remedy ? remedy : err->hints;
}

const char *error_shown_id(const struct error *err)
{
    static const char *const kinds[] = {
        [ERROR_NONE] = NULL,       [ERROR_USAGE] = "usage",     [ERROR_INPUT] = "input",
        [ERROR_SYSTEM] = "system", [ERROR_REFUSED] = "refused", [ERROR_ENDING] = NULL,
    };
    return err->id ? err->id : kinds[err->kind];
}

void error_print(const struct error *err)
{
    log_error(error_shown_id(err), error_hints(err), "%s", err->message);
}
