#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static enum log_level level = LOG_NORMAL;
static int patience = 1000; /* milliseconds */
static int descriptor = -1; /* not opened yet */

void log_set_level(enum log_level wanted)
{
    level = wanted;
}

enum log_level log_level(void)
{
    return level;
}

bool log_shows(enum log_level wanted)
{
    return wanted <= level;
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
    size_t run = 0;  /* of base64 in either alphabet; paths are that, too */
    size_t word = 0; /* of the URL-safe one */
    for (size_t i = 0;; i++) {
        char c = text[i];
        if ((c == '=' && run >= KEY) || (!is_url_safe(c) && word == KEY))
            memset(text + i - KEY, '*', KEY);
        if (c == '\0')
            return;
        word = is_url_safe(c) ? word + 1 : 0;
        run = word > 0 || c == '+' || c == '/' ? run + 1 : 0;
    }
}

static void line(const char *prefix, const char *format, va_list values)
{
    int saved = errno;
    char text[1536];
    int head = snprintf(text, sizeof text, "fernit: %s", prefix);
    int tail = vsnprintf(text + head, sizeof text - (size_t)head, format, values);
    size_t length = (size_t)head + (tail > 0 ? (size_t)tail : 0);
    if (length > sizeof text - 1)
        length = sizeof text - 1;

    log_mask(text);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    text[length++] = '\n';

    /* A terminal may take it in parts. */
    log_open();
    struct pollfd reader = {.fd = descriptor, .events = POLLOUT};
    const char *rest = text;
    while (length > 0) {
        bool ready = poll(&reader, 1, patience) > 0;
        ssize_t taken = ready ? write(descriptor, rest, length) : -1;
        if (!ready)
            patience = 0;
        if (taken < 0)
            break;
        rest += taken;
        length -= (size_t)taken;
    }
    errno = saved;
}

#define LINE(at, prefix)                                                                           \
    if (level < (at))                                                                              \
        return;                                                                                    \
    va_list values;                                                                                \
    va_start(values, format);                                                                      \
    line(prefix, format, values);                                                                  \
    va_end(values)

void log_error(const char *format, ...)
{
    LINE(LOG_QUIET, "");
}

void log_warning(const char *id, const char *format, ...)
{
    (void)id;
    LINE(LOG_NORMAL, "warning: ");
}

void log_notice(const char *format, ...)
{
    LINE(LOG_NORMAL, "");
}

void log_detail(const char *format, ...)
{
    LINE(LOG_VERBOSE, "");
}
