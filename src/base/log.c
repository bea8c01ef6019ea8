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

/* pipe(7): a write of at most PIPE_BUF bytes is atomic. As text every message fits. */
enum { MESSAGE_MOST = 3584, LINE_MOST = PIPE_BUF };

struct message {
    const char *level;
    const char *id; /* NULL: none */
    const char *text;
    const char *hints;
};

static enum log_level level = LOG_NORMAL;
static enum log_format line_format = LOG_TEXT;
static int timeout = 1000;  /* milliseconds */
static int descriptor = -1; /* not opened yet */
static void (*listener)(void *context, const char *id, const char *text, const char *hints);
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
    line_format = wanted;
}

enum log_format log_format(void)
{
    return line_format;
}

void log_divert(void (*listen)(void *context, const char *id, const char *text, const char *hints),
                void *context)
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
    timeout = 0;
}

/* Not /dev/ptmx: opening it creates another terminal. */
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
    size_t run = 0;   /* characters of base64 in either alphabet; paths have them, too */
    size_t word = 0;  /* characters of the URL-safe alphabet */
    bool name = true; /* a word without small letters is a variable's name */
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
static void format_time(char text[32])
{
    struct timespec now;
    struct tm utc = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
}

/* Copies the first line of `hints`, and returns the rest; NULL if there is no line. */
static const char *next_hint(const char *hints, char hint[MESSAGE_MOST])
{
    size_t length = strcspn(hints, "\n");
    if (*hints == '\0')
        return NULL;
    snprintf(hint, MESSAGE_MOST, "%.*s", (int)length, hints);
    return hints + length + (hints[length] == '\n');
}

/* Ids are fernit's own literals and need no escapes. */
static size_t json_lines(const struct message *message, char text[LINE_MOST])
{
    enum { END = 2 }; /* "]}\n", less the NUL of the string before it */
    char time[32];
    char hint[MESSAGE_MOST];
    const char *id = message->id;
    format_time(time);
    size_t length = (size_t)snprintf(
        text, LINE_MOST, "{\"time\":\"%s\",\"level\":\"%s\",%s%s%s\"message\":", time,
        message->level, id ? "\"id\":\"" : "", id ? id : "", id ? "\"," : "");
    length += json_string(message->text, text + length, LINE_MOST - length - 1);
    const char *before = ",\"hint\":[";
    for (const char *at = message->hints; (at = next_hint(at, hint)); before = ",") {
        size_t begins = length + strlen(before);
        if (begins + JSON_STRING(0) + END > LINE_MOST)
            break;
        memcpy(text + length, before, strlen(before));
        length = begins + json_string(hint, text + begins, LINE_MOST - begins - END);
    }
    if (*before == ',' && before[1] == '\0')
        text[length++] = ']';
    text[length++] = '}';
    text[length++] = '\n';
    return length;
}

static size_t text_line(const char *before, const char *id, const char *message, char *text,
                        size_t room)
{
    int length =
        snprintf(text, room, "fernit: %s%s%s%s", before, id ? id : "", id ? ": " : "", message);
    size_t kept = (size_t)length < room ? (size_t)length : room - 1;
    for (size_t i = 0; i < kept; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    text[kept] = '\n';
    return kept + 1;
}

static size_t text_lines(const struct message *message, char text[LINE_MOST])
{
    bool is_error = strcmp(message->level, "error") == 0;
    bool is_warning = strcmp(message->level, "warning") == 0;
    char hint[MESSAGE_MOST];
    size_t length = text_line(is_error     ? "error: "
                              : is_warning ? "warning: "
                                           : "",
                              is_warning ? message->id : NULL, message->text, text, LINE_MOST);
    for (const char *at = message->hints; length < LINE_MOST && (at = next_hint(at, hint));)
        length += text_line("hint: ", NULL, hint, text + length, LINE_MOST - length);
    return length;
}

/* A terminal may accept it in parts. */
static void write_out(const char *text, size_t length)
{
    log_open();
    struct pollfd reader = {.fd = descriptor, .events = POLLOUT};
    while (length > 0) {
        bool ready = poll(&reader, 1, timeout) > 0;
        ssize_t taken = ready ? write(descriptor, text, length) : -1;
        if (!ready)
            timeout = 0;
        if (taken < 0)
            break;
        text += taken;
        length -= (size_t)taken;
    }
}

static void print_message(const char *shown_level, const char *id, const char *hints,
                          const char *format, va_list values)
{
    int saved = errno;
    char said[MESSAGE_MOST];
    char advice[MESSAGE_MOST];
    const struct message message = {shown_level, id, said, advice};
    if (vsnprintf(said, sizeof said, format, values) < 0)
        *said = '\0';
    snprintf(advice, sizeof advice, "%s", hints ? hints : "");
    log_mask(said);
    log_mask(advice);
    if (listener && strcmp(message.level, "warning") == 0) {
        listener(listener_context, message.id, message.text, message.hints);
    } else {
        char text[LINE_MOST];
        write_out(text, (line_format == LOG_JSON ? json_lines : text_lines)(&message, text));
    }
    errno = saved;
}

#define LOG(shown, level, id, hints)                                                               \
    if (!(shown))                                                                                  \
        return;                                                                                    \
    va_list values;                                                                                \
    va_start(values, format);                                                                      \
    print_message(level, id, hints, format, values);                                               \
    va_end(values)

void log_error(const char *id, const char *hints, const char *format, ...)
{
    LOG(log_shows(LOG_QUIET), "error", id, hints);
}

void log_warning(const char *id, const char *hints, const char *format, ...)
{
    LOG(log_shows(LOG_NORMAL), "warning", id, hints);
}

void log_notice(const char *hints, const char *format, ...)
{
    LOG(log_shows(LOG_NORMAL) && !listener, "notice", NULL, hints);
}

void log_detail(const char *format, ...)
{
    LOG(log_shows(LOG_VERBOSE), "detail", NULL, NULL);
}
