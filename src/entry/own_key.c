#include "entry/own_key.h"

#include <fcntl.h>
#include <string.h>

#include "airflow/managed.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/search.h"

enum { SCRIPT_MOST = 64 * 1024 };

static bool has(struct span text, const char *word)
{
    return memmem(text.start, text.length, word, strlen(word)) != NULL;
}

size_t own_key_line(const char *text, size_t length, bool is_given)
{
    struct lines lines = lines_of(text, length);
    struct span whole;
    struct span line;
    if (!has((struct span){text, length}, "FERNET_KEY"))
        return 0;
    for (size_t number = 1; lines_next(&lines, &whole, &line); number++) {
        bool is_comment = line.length > 0 && *line.start == '#';
        bool is_kept = is_given && (has(line, "FERNET_KEY:=") || has(line, "FERNET_KEY:-"));
        if (has(line, "generate_key") && !is_comment && !is_kept)
            return number;
    }
    return 0;
}

/* Returns whether it is a script of that size, which then is in *text. */
static bool read_script(int fd, const struct stat *status, const char *path, struct secret *text)
{
    struct error ignored;
    return status->st_size > 2 && status->st_size <= SCRIPT_MOST &&
           file_read_some(fd, path, 2, text, &ignored) == 0 && text->length == 2 &&
           memcmp(text->bytes, "#!", 2) == 0 &&
           file_read(fd, path, SCRIPT_MOST, text, &ignored) == 0;
}

int own_key_check(const struct context *context, struct error *err)
{
    static const char text[] = "%s: line %zu: creates a Fernet key, which takes the place of the "
                               "one that is kept%s";
    static const char hint[] = "remove that line: fernit sets AIRFLOW__CORE__FERNET_KEY";
    struct error ignored;
    struct stat status;
    char path[PATH_MAX];
    const struct settings *settings = context->settings;
    const char *name = *settings->words;
    const char *folders = strchr(name, '/') ? NULL : search_path(context->environment);
    _cleanup_secret_ struct secret script = {0};
    _cleanup_close_ int fd = -1;
    if (!(settings->manage & 1U << (MANAGED_FERNET_KEY - managed_secrets)))
        return 0;
    if (!folders)
        fd = file_open(AT_FDCWD, name, 0, name, &status, &ignored);
    while (fd < 0 && search_next(&folders, name, path))
        fd = file_open(AT_FDCWD, path, 0, path, &status, &ignored);
    if (fd < 0 || !read_script(fd, &status, name, &script))
        return 0;
    size_t line = own_key_line(script.bytes, script.length, settings->deliver_environment);
    if (line == 0)
        return 0;
    if (settings->strict) {
        error_refused(err, text, name, line, " (refused: --strict)");
        return error_hint(err, hint);
    }
    log_warning("own-key", text, name, line, "");
    log_hint(hint);
    return 0;
}
