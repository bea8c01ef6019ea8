#include "command/key_print.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/shown.h"
#include "cli/suggest.h"
#include "fernet/published.h"
#include "run/report.h"

enum { KEY_FILE_MOST = 64 * 1024 };

static int failed(const struct context *context, const struct error *err)
{
    return report_failure(context->signals, err, failure_status(err));
}

static int read_keys(int fd, const char *name, struct ring *ring, struct error *err)
{
    _cleanup_secret_ struct secret text = {0};
    if (file_read(fd, name, KEY_FILE_MOST, &text, err) < 0)
        return -1;
    if (ring_parse(ring, text.bytes, text.length, err) < 0)
        return error_within(err, "%s", name);
    return 0;
}

/* Adds the keys that a run would use. If a run would create one, that is an error. */
static int find_keys(const struct context *context, struct ring *ring, struct error *err)
{
    _cleanup_findings_ struct findings findings = {.store = {.directory = -1}};
    if (findings_gather(context, 1, RUN_COMMANDS_NEEDED, &findings, err) < 0)
        return -1;
    const struct item *item = findings.items;
    report_remarks(&item->survey, &item->decision);
    if (item->decision.action == ACTION_SECRET)
        return error_input(err, "%s: the key is in Airflow's secrets backend, not here",
                           item->decision.winner->name);
    if (item->decision.action == ACTION_GENERATE) {
        const char *carried = context->settings->options;
        error_input(err, "there is no key yet");
        error_id(err, "no-key");
        error_hint(err, "see where fernit looked for one: fernit status%s", carried);
        return error_hint(err, "or, if none was ever used, create one: fernit init%s", carried);
    }
    return ring_add_all(ring, &item->decision.ring, err);
}

static int keys_of(const struct context *context, struct ring *ring, struct error *err)
{
    char *const *words = context->settings->words;
    if (!words[0])
        return find_keys(context, ring, err);
    if (words[1])
        return error_usage(err, "one FILE at the most, or - for standard input");
    if (strcmp(words[0], "-") == 0) {
        /* The input may never come, so a signal must end this program at once. No work is half done. */
        signals_restore(context->signals);
        return read_keys(STDIN_FILENO, "standard input", ring, err);
    }
    if (ring_is_text(words[0])) {
        error_input(err, "the word is a key, and others can see it in the list of processes");
        return error_hint(err, "give it on standard input: fernit key check -");
    }
    struct stat status;
    const char *name = shown(words[0], NULL, "the file");
    _cleanup_close_ int fd = file_open(AT_FDCWD, words[0], 0, name, &status, err);
    return fd < 0 ? -1 : read_keys(fd, words[0], ring, err);
}

static int print_ring(const struct context *context, const struct ring *ring)
{
    struct error err = {0};
    _cleanup_secret_ struct secret text = {0};
    if (ring_text(ring, &text, &err) < 0 || secret_append(&text, "\n", 1, &err) < 0 ||
        file_write(STDOUT_FILENO, "standard output", text.bytes, text.length, &err) < 0)
        return failed(context, &err);
    return EXIT_GOOD;
}

static int no_words(const struct context *context, const char *command, struct error *err)
{
    const struct settings *settings = context->settings;
    return *settings->words ? suggest_no_words(settings, command, err) : 0;
}

int key_generate_command(const struct context *context)
{
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {0};
    if (no_words(context, "key generate", &err) < 0 ||
        ring_generate(&ring, FERNET_KEY_BYTES, &err) < 0)
        return failed(context, &err);
    return print_ring(context, &ring);
}

int key_print_command(const struct context *context)
{
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {0};
    if (no_words(context, "key print", &err) < 0 || find_keys(context, &ring, &err) < 0)
        return failed(context, &err);
    return print_ring(context, &ring);
}

int key_check_command(const struct context *context)
{
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {0};
    if (keys_of(context, &ring, &err) < 0)
        return failed(context, &err);

    size_t count = ring_count(&ring);
    printf("%zu %s:", count, count == 1 ? "key" : "keys");
    for (size_t i = 0; i < count; i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&ring, i, text);
        printf("%s %s%s", i > 0 ? "," : "", text, i == 0 ? " (encrypts)" : "");
    }
    putchar('\n');
    int result = EXIT_GOOD;
    for (size_t i = 0; i < count; i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&ring, i, text);
        const char *where = fingerprint_published(text);
        if (!where)
            continue;
        log_error("published-key", "create a new one: fernit key generate",
                  "key %zu of %zu is known to everybody, from %s", i + 1, count, where);
        result = EXIT_PROBLEM;
    }
    return result;
}

int key_fingerprint_command(const struct context *context)
{
    struct error err = {0};
    _cleanup_ring_ struct ring ring = {0};
    if (keys_of(context, &ring, &err) < 0)
        return failed(context, &err);
    for (size_t i = 0; i < ring_count(&ring); i++) {
        char text[FINGERPRINT_TEXT + 1];
        ring_fingerprint(&ring, i, text);
        printf("%s\n", text);
    }
    return EXIT_GOOD;
}
