#include "run/own_key.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "airflow/managed.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/search.h"

enum { SCRIPT_MOST = 64 * 1024, CONDITION_ABOVE = 3 };

static bool has(struct span text, const char *word)
{
    return memmem(text.start, text.length, word, strlen(word)) != NULL;
}

static bool has_any(struct span text, const char *const *words)
{
    for (; *words; words++)
        if (has(text, *words))
            return true;
    return false;
}

static bool begins_with(struct span line, const char *const *words)
{
    for (; *words; words++)
        if (line.length >= strlen(*words) && memcmp(line.start, *words, strlen(*words)) == 0)
            return true;
    return false;
}

/* A comment, or printed text: no other command begins before the quotes. */
static bool is_mere_text(struct span line)
{
    static const char *const printing[] = {"echo ", "printf ", NULL};
    return (line.length > 0 && *line.start == '#') ||
           (begins_with(line, printing) && span_until(line, ";&|") > span_until(line, "'\""));
}

size_t own_key_line(const char *text, size_t length, bool is_given)
{
    static const char *const defaults[] = {"FERNET_KEY:=",
                                           "FERNET_KEY:-",
                                           "FERNET_KEY-",
                                           "{FERNET_KEY=",
                                           "{AIRFLOW__CORE__FERNET_KEY=",
                                           NULL};
    static const char *const conditions[] = {"if ", "elif ", "[", "test ", NULL};
    static const char *const behind[] = {"] ||", "] &&", NULL};
    struct lines lines = lines_of(text, length);
    struct span whole;
    struct span line;
    size_t condition = 0;
    if (!has((struct span){text, length}, "FERNET_KEY"))
        return 0;
    for (size_t number = 1; lines_next(&lines, &whole, &line); number++) {
        if (is_mere_text(line))
            continue;
        if (has(line, "FERNET_KEY") && (begins_with(line, conditions) || has_any(line, behind)))
            condition = number;
        bool is_asked = condition > 0 && number - condition <= CONDITION_ABOVE;
        if (has(line, "generate_key") && !(is_given && (is_asked || has_any(line, defaults))))
            return number;
    }
    return 0;
}

/* Returns whether the file is a script of at most that size, and its text in *text. */
static bool read_script(int fd, const struct stat *status, const char *path, bool needs_mark,
                        struct secret *text)
{
    struct error ignored;
    if (status->st_size <= 2 || status->st_size > SCRIPT_MOST)
        return false;
    if (needs_mark && (file_read_some(fd, path, 2, text, &ignored) < 0 || text->length != 2 ||
                       memcmp(text->bytes, "#!", 2) != 0))
        return false;
    return file_read(fd, path, SCRIPT_MOST, text, &ignored) == 0;
}

static bool is_shell(const char *command)
{
    static const char *const shells[] = {"sh", "bash", "dash", NULL};
    const char *slash = strrchr(command, '/');
    const char *const *shell = shells;
    while (*shell && strcmp(*shell, slash ? slash + 1 : command) != 0)
        shell++;
    return *shell;
}

/* The script that a shell runs, or with -c its text. An "-o" takes a word, as in "-eo pipefail". */
static const char *script_of(char *const *words, bool *is_text)
{
    while (*++words && **words == '-') {
        bool is_short = (*words)[1] != '-';
        *is_text |= is_short && strchr(*words, 'c');
        if (is_short && words[1] && (*words)[strlen(*words) - 1] == 'o')
            words++;
    }
    return *words;
}

static size_t line_in_file(const struct context *context, const char *name, bool of_shell)
{
    struct error ignored;
    struct stat status;
    char path[PATH_MAX];
    const char *folders = of_shell || strchr(name, '/') ? NULL : search_path(context->environment);
    _cleanup_secret_ struct secret script = {0};
    _cleanup_close_ int fd = -1;
    if (!folders)
        fd = file_open(AT_FDCWD, name, 0, name, &status, &ignored);
    while (fd < 0 && search_next(&folders, name, path))
        if (access(path, X_OK) == 0)
            fd = file_open(AT_FDCWD, path, 0, path, &status, &ignored);
    if (fd < 0 || !read_script(fd, &status, name, !of_shell, &script))
        return 0;
    return own_key_line(script.bytes, script.length, context->settings->deliver_environment);
}

int own_key_check(const struct context *context, struct error *err)
{
    static const char text[] = "%s: line %zu: creates a Fernet key, which may replace the one in "
                               "the store%s";
    static const char hint[] = "remove that line: fernit delivers the key";
    const struct settings *settings = context->settings;
    bool of_shell = is_shell(*settings->words);
    bool is_text = false;
    const char *name = of_shell ? script_of(settings->words, &is_text) : *settings->words;
    if (!name || !(settings->manage & 1U << (MANAGED_FERNET_KEY - managed_secrets)))
        return 0;
    size_t line = is_text ? own_key_line(name, strlen(name), settings->deliver_environment)
                          : line_in_file(context, name, of_shell);
    if (line == 0)
        return 0;
    name = is_text ? "the text of -c" : name;
    if (settings->strict) {
        error_refused(err, text, name, line, " (refused: --strict)");
        error_id(err, "own-key");
        return error_hint(err, hint);
    }
    log_warning("own-key", hint, text, name, line, "");
    return 0;
}
