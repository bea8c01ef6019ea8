/* Values of airflow.cfg with their %(name)s, and the short way to the secrets: it finds what the long way finds, and
 * misses what that misses. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "airflow/cfg.h"
#include "fuzz.h"

static const struct ini_wanted wanted[] = {
    {"core", "fernet_key"}, {"core", "internal_api_secret_key"},
    {"api", "secret_key"},  {"webserver", "secret_key"},
    {"core", "a"},
};

enum {
    WANTED = sizeof wanted / sizeof *wanted,
    LOOKED_UP = 8,
    SHORT_WAY = 8000,
    VALUE_LONGEST = 2 * 1024 * 1024
};

static void hold_value(const struct cfg *cfg, const struct ini_option *option)
{
    struct error err = {0};
    _cleanup_secret_ struct secret got = {0};
    _cleanup_free_ char *section = text_of(option->section.start, option->section.length);
    _cleanup_free_ char *name = text_of(option->name.start, option->name.length);
    const char *raw = ini_value(&cfg->ini, option);
    int found = cfg_value(cfg, section, name, &got, &err);
    if (found < 0) {
        hold_error(&err, ERROR_INPUT);
        hold(strchr(raw, '%'), "a value without a \"%\" is right");
        return;
    }
    hold_terminated(&got);
    hold(got.length <= VALUE_LONGEST, "a value does not grow without bound");
    hold(found == 1, "what a section has is found");
    if (!strchr(raw, '%'))
        hold(strcmp(got.bytes, raw) == 0, "a value without a \"%\" stands for itself");
}

/* The file: the input behind so much of a comment that a piece which is read ends somewhere in it. */
static void write_file(int fd, const uint8_t *data, size_t size)
{
    static char line[SHORT_WAY];
    memset(line, '#', sizeof line);
    size_t before = size > 0 && data[size - 1] % 2 == 1 && size < sizeof line
                        ? sizeof line - size * data[size - 1] / 256
                        : 0;
    if (before > 0)
        line[before - 1] = '\n';
    hold(ftruncate(fd, 0) == 0 && pwrite(fd, line, before, 0) == (ssize_t)before &&
             pwrite(fd, data, size, (off_t)before) == (ssize_t)size,
         "a file takes the input");
}

static void hold_same(const struct cfg *whole, const struct cfg *beginning,
                      const struct ini_wanted *what)
{
    struct error one = {0};
    struct error two = {0};
    _cleanup_secret_ struct secret by_whole = {0};
    _cleanup_secret_ struct secret by_beginning = {0};
    int found = cfg_value(whole, what->section, what->name, &by_whole, &one);
    hold(!ini_find(&whole->ini, what->section, what->name) ==
             !ini_find(&beginning->ini, what->section, what->name),
         "both ways find an option, or neither");
    hold(cfg_value(beginning, what->section, what->name, &by_beginning, &two) == found,
         "both ways find a value, or neither");
    hold(strcmp(one.message, two.message) == 0, "or the same fault");
    hold(same_secret(&by_whole, &by_beginning), "both ways find the same value");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("airflow.cfg", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    write_file(fd, data, size);

    /* Now one of them, now all. */
    size_t count = 1 + size % WANTED;
    struct error err = {0};
    _cleanup_cfg_ struct cfg whole = {0};
    _cleanup_cfg_ struct cfg beginning = {0};
    int read = cfg_read(path, &whole, &err);
    int begun = cfg_read_options(path, wanted, count, &beginning, &err);
    if (read < 0) {
        hold_error(&err, ERROR_INPUT);
        return 0;
    }
    hold(begun == 0, "what can be read can be read in part");
    hold(whole.is_whole && whole.exists && beginning.exists, "the file is there");
    for (size_t i = 0; i < count; i++)
        hold_same(&whole, &beginning, &wanted[i]);
    for (size_t i = 0; i < whole.ini.option_count && i < LOOKED_UP; i++)
        hold_value(&whole, &whole.ini.options[i]);
    return 0;
}
