#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"

/* pipe(7) keeps a line of PIPE_BUF apart from those of others. As text every message fits. */
enum { MESSAGE_MOST = 3584, LINE_MOST = PIPE_BUF };

static enum log_level level = LOG_NORMAL;
static enum log_format form = LOG_TEXT;
static int patience = 1000; /* milliseconds */
static int descriptor = -1; /* not opened yet */
static bool last_was_shown; /* of the lines that a hint can follow */
static void (*listener)(void *context, const char *id, const char *text);
static void *listener_context;

void log_set_level(enum log_level wanted)
{
    level = wanted;
}

enum log_level log_level(void)
{
    return level;
}

void log_set_format(enum log_format wanted)
{
    form = wanted;
}

enum log_format log_format(void)
{
    return form;
}

void log_divert(void (*listen)(void *context, const char *id, const char *text), void *context)
{
    listener = listen;
    listener_context = context;
}

bool log_shows(enum log_level wanted)
{
    return wanted <= (listener ? LOG_NORMAL : level);
}

static bool is_url_safe(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

void log_never_wait(void)
{
    patience = 0;
}

/* To open a terminal's other end, /dev/ptmx, makes another terminal. */
static bool can_be_opened_again(int fd)
{
    struct stat status;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDONLY &&
           fstat(fd, &status) == 0 &&
           (S_ISFIFO(status.st_mode) ||
            (S_ISCHR(status.st_mode) && status.st_rdev != makedev(5, 2)));
}

void log_open(void)
{
    if (descriptor < 0 && can_be_opened_again(STDERR_FILENO))
        descriptor = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        descriptor = STDERR_FILENO;
}

void log_take_standard_error(void)
{
    log_open();
    if (descriptor == STDERR_FILENO)
        return;
    dup2(descriptor, STDERR_FILENO);
    close(descriptor);
    descriptor = STDERR_FILENO;
}

void log_mask(char *text)
{
    enum { KEY = 43 };
    size_t run = 0;   /* of base64 in either alphabet; paths are that, too */
    size_t word = 0;  /* of the URL-safe one */
    bool name = true; /* what has no small letter is a variable's */
    for (size_t i = 0;; i++) {
        char c = text[i];
        if ((c == '=' && run >= KEY) || (!is_url_safe(c) && word == KEY && !name))
            memset(text + i - KEY, '*', KEY);
        if (c == '\0')
            return;
        name = (name || word == 0) && !(c >= 'a' && c <= 'z');
        word = is_url_safe(c) ? word + 1 : 0;
        run = word > 0 || c == '+' || c == '/' ? run + 1 : 0;
    }
}

/* RFC 3339, in UTC. */
static void tell_time(char text[32])
{
    struct timespec now;
    struct tm utc = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
}

/* The id is a literal of ours, and needs no escapes. */
static size_t json_line(const char *name, const char *id, const char *message, char text[LINE_MOST])
{
    char time[32];
    tell_time(time);
    int head =
        snprintf(text, LINE_MOST, "{\"time\":\"%s\",\"level\":\"%s\",%s%s%s\"message\":", time,
                 name, id ? "\"id\":\"" : "", id ? id : "", id ? "\"," : "");
    size_t length = (size_t)head;
    length += json_string(message, text + length, LINE_MOST - length - 1);
    text[length++] = '}';
    return length;
}

static size_t text_line(const char *name, const char *message, char text[LINE_MOST])
{
    bool is_named = strcmp(name, "warning") == 0 || strcmp(name, "hint") == 0;
    int length = snprintf(text, LINE_MOST, "fernit: %s%s%s", is_named ? name : "",
                          is_named ? ": " : "", message);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    return (size_t)length;
}

/* A terminal may take it in parts. */
static void put(const char *text, size_t length)
{
    log_open();
    struct pollfd reader = {.fd = descriptor, .events = POLLOUT};
    while (length > 0) {
        bool ready = poll(&reader, 1, patience) > 0;
        ssize_t taken = ready ? write(descriptor, text, length) : -1;
        if (!ready)
            patience = 0;
        if (taken < 0)
            break;
        text += taken;
        length -= (size_t)taken;
    }
}

static void line(const char *name, const char *id, const char *format, va_list values)
{
    int saved = errno;
    char message[MESSAGE_MOST];
    char text[LINE_MOST];
    if (vsnprintf(message, sizeof message, format, values) < 0)
        *message = '\0';
    log_mask(message);
    if (listener && (id || strcmp(name, "hint") == 0)) {
        listener(listener_context, id, message);
        errno = saved;
        return;
    }
    size_t length =
        form == LOG_JSON ? json_line(name, id, message, text) : text_line(name, message, text);
    text[length++] = '\n';
    put(text, length);
    errno = saved;
}

#define LINE(shown, name, id)                                                                      \
    last_was_shown = (shown);                                                                      \
    if (!last_was_shown)                                                                           \
        return;                                                                                    \
    va_list values;                                                                                \
    va_start(values, format);                                                                      \
    line(name, id, format, values);                                                                \
    va_end(values)

void log_error(const char *format, ...)
{
    LINE(log_shows(LOG_QUIET), "error", NULL);
}

void log_warning(const char *id, const char *format, ...)
{
    LINE(log_shows(LOG_NORMAL), "warning", id);
}

void log_hint(const char *format, ...)
{
    LINE(last_was_shown, "hint", NULL);
}

void log_notice(const char *format, ...)
{
    LINE(log_shows(LOG_NORMAL) && !listener, "notice", NULL);
}

void log_detail(const char *format, ...)
{
    LINE(log_shows(LOG_VERBOSE), "detail", NULL);
}
