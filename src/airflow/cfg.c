#include "airflow/cfg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "airflow/expand.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

/* Bytes that read_wanted reads at once. */
enum { PIECE = 8000 };

/* configparser's MAX_INTERPOLATION_DEPTH, and limits against "%(a)s%(a)s", which doubles each time. */
enum { DEPTH_MOST = 10, VALUE_MOST = 1024 * 1024, REFERENCES_MOST = 10000 };

static int read_whole(int fd, const char *path, struct cfg *cfg, struct error *err)
{
    if (file_read(fd, path, CFG_MOST, &cfg->text, err) < 0)
        return -1;
    if (ini_read(cfg->text.bytes, cfg->text.length, &cfg->ini, err) < 0)
        return error_within(err, "%s", path);
    cfg->is_whole = true;
    return 0;
}

/* Whether every value is final. An empty one may have a ..._cmd beside it, "%" may refer to another option, and
 * variables are expanded elsewhere. */
static bool are_final(const struct ini *ini)
{
    for (size_t i = 0; i < ini->option_count; i++) {
        const char *value = ini_value(ini, &ini->options[i]);
        if (*value == '\0' || strchr(value, '%') || airflow_expands(value))
            return false;
    }
    return true;
}

/* Returns 1 if the wanted options were found, or are certainly missing, and are final; 0 if the whole file must be
 * read, with the descriptor at its start; or -1. */
static int read_wanted(int fd, const char *path, const struct ini_wanted *wanted, size_t count,
                       struct cfg *cfg, struct error *err)
{
    _cleanup_secret_ struct secret piece = {0};
    struct ini_quick quick = {.wanted = wanted, .count = count, .ini = &cfg->ini};
    while (quick.state == INI_QUICK_MORE) {
        size_t had = piece.length;
        if (file_read_some(fd, path, PIECE - had, &piece, err) < 0)
            return -1;
        if (piece.length == had)
            ini_quick_end(&quick, had);
        size_t taken = ini_quick_feed(&quick, piece.bytes, piece.length);
        piece.length -= taken;
        memmove(piece.bytes, piece.bytes + taken, piece.length);
    }
    if (quick.state == INI_QUICK_FOUND && are_final(&cfg->ini))
        return 1;
    ini_free_document(&cfg->ini);
    return lseek(fd, 0, SEEK_SET) < 0 ? error_sys(err, "%s: cannot be read again", path) : 0;
}

static int read_file(const char *path, const struct ini_wanted *wanted, size_t count,
                     struct cfg *cfg, struct error *err)
{
    _cleanup_cfg_ struct cfg read = {.exists = true};
    _cleanup_close_ int fd = file_open(AT_FDCWD, path, 0, path, &read.status, err);
    if (fd < 0 && err->kind == ERROR_SYSTEM && (err->errnum == ENOENT || err->errnum == ENOTDIR)) {
        *cfg = (struct cfg){0};
        return 0;
    }
    if (fd < 0 && err->kind == ERROR_INPUT)
        error_hint(
            err, "put the file there: Docker creates a directory where a file to mount is missing");
    int found = fd < 0 ? -1 : count > 0 ? read_wanted(fd, path, wanted, count, &read, err) : 0;
    if (found < 0 || (found == 0 && read_whole(fd, path, &read, err) < 0))
        return -1;
    *cfg = read;
    read = (struct cfg){0};
    return 0;
}

int cfg_read(const char *path, struct cfg *cfg, struct error *err)
{
    return read_file(path, NULL, 0, cfg, err);
}

int cfg_read_options(const char *path, const struct ini_wanted *wanted, size_t count,
                     struct cfg *cfg, struct error *err)
{
    return read_file(path, wanted, count, cfg, err);
}

/* Searches [section], then [DEFAULT]. */
static const struct ini_option *find_option(const struct ini *ini, const char *section,
                                            const char *name)
{
    const struct ini_option *own = ini_find(ini, section, name);
    return own ? own : ini_find(ini, "DEFAULT", name);
}

/* The expansion of one value. `budget` limits the number of references. */
struct interpolation {
    const struct ini *ini;
    const char *section;
    struct secret *out;
    size_t budget;
};

static int interpolate(struct interpolation *work, const char *text, int depth, struct error *err)
{
    struct secret *out = work->out;
    if ((depth > DEPTH_MOST && strchr(text, '%')) || out->length > VALUE_MOST ||
        work->budget-- == 0)
        return error_input(err, "its %%(name)s refer to each other without end");
    while (*text) {
        size_t plain = strcspn(text, "%");
        if (secret_append(out, text, plain, err) < 0)
            return -1;
        text += plain;
        if (*text == '\0')
            break;
        if (text[1] == '%') {
            if (secret_append(out, "%", 1, err) < 0)
                return -1;
            text += 2;
            continue;
        }

        const char *close = text[1] == '(' ? strchr(text, ')') : NULL;
        size_t length = close ? (size_t)(close - text) - 2 : 0;
        char name[256];
        if (length == 0 || length >= sizeof name || close[1] != 's')
            return error_input(err, "a \"%%\" in it is no \"%%%%\" and no \"%%(name)s\"");
        memcpy(name, text + 2, length);
        name[length] = '\0';
        const struct ini_option *option = find_option(work->ini, work->section, name);
        if (!option)
            return error_input(err, "a %%(name)s in it refers to an option that does not exist");
        if (interpolate(work, ini_value(work->ini, option), depth + 1, err) < 0)
            return -1;
        text = close + 2;
    }
    return 0;
}

int cfg_value(const struct cfg *cfg, const char *section, const char *name, struct secret *value,
              struct error *err)
{
    bool is_default = strcmp(section, "DEFAULT") == 0;
    if (!cfg->exists || !(is_default || ini_section(&cfg->ini, section)))
        return 0;
    const struct ini_option *option = find_option(&cfg->ini, section, name);
    if (!option)
        return 0;
    struct interpolation work = {&cfg->ini, section, value, REFERENCES_MOST};
    if (secret_append(value, "", 0, err) < 0 ||
        interpolate(&work, ini_value(&cfg->ini, option), 1, err) < 0)
        return -1;
    return 1;
}

void cfg_free(struct cfg *cfg)
{
    ini_free_document(&cfg->ini);
    secret_free(&cfg->text);
    *cfg = (struct cfg){0};
}
