#include "cli/suggest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/shown.h"
#include "cli/options.h"

/* Room for options whose values are not shown, and for the last word. */
enum { NAMES_MOST = 160, END_MOST = 8 };

static const char hidden[] = "...";

/* Quotes the value as one word of a shell. Returns whether it is whole, and a log can show it. */
static bool quote(const char *text, char word[SUGGESTED])
{
    bool is_plain = *text && span_plain(span_of(text), "/._-:=,@%+") == strlen(text);
    size_t length = (size_t)snprintf(word, SUGGESTED, "%s", is_plain ? text : "'");
    for (; !is_plain && *text && length < SUGGESTED; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
        length += (size_t)snprintf(word + length, SUGGESTED - length,
                                   *text == '\'' ? "'\\''" : "%c", *text);
    }
    if (!is_plain && length < SUGGESTED)
        length += (size_t)snprintf(word + length, SUGGESTED - length, "'");
    if (length >= SUGGESTED)
        return false;
    char masked[SUGGESTED];
    memcpy(masked, word, length + 1);
    log_mask(masked);
    return strcmp(masked, word) == 0;
}

void suggest_add(char text[SUGGESTED], const char *name, const char *value)
{
    char word[SUGGESTED] = "";
    size_t length = strlen(text);
    bool is_whole = !value || quote(value, word);
    const char *between = !value ? "" : *value == '-' ? "=" : " ";
    if (length + strlen(name) + strlen(word) + END_MOST >= SUGGESTED - NAMES_MOST)
        is_whole = !value;
    size_t left = SUGGESTED - END_MOST - length;
    int taken = snprintf(text + length, left, " --%s%s%s", name, between, is_whole ? word : hidden);
    if ((size_t)taken >= left)
        snprintf(text + length, END_MOST, " %s", hidden);
}

static void add_path(char text[SUGGESTED], const char *name, const char *path)
{
    char folder[PATH_MAX];
    char whole[2 * PATH_MAX];
    bool is_known = *path == '/' || getcwd(folder, sizeof folder);
    snprintf(whole, sizeof whole, "%s%s%s", *path == '/' ? "" : folder, *path == '/' ? "" : "/",
             path);
    suggest_add(text, name, is_known ? whole : "\n");
}

static void add_option(const struct settings *settings, size_t id, char text[SUGGESTED])
{
    const void *field = (const char *)settings + options[id].field;
    const char *name = options[id].name;
    switch (options[id].kind) {
    case KIND_FILES:
        for (const char *const *path = ((const struct paths *)field)->list; *path; path++)
            add_path(text, name, *path);
        break;
    case KIND_FILE:
        add_path(text, name, settings->all[id].text);
        break;
    default:
        suggest_add(text, name,
                    options[id].kind == KIND_FLAG && *(const bool *)field ? NULL
                                                                          : settings->all[id].text);
    }
}

static void add_all(const struct settings *settings, enum option_carried carried,
                    enum origin weakest, char text[SUGGESTED])
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (options[id].carried == carried && settings->all[id].origin >= weakest)
            add_option(settings, id, text);
}

void suggest_options(const struct settings *settings, char text[SUGGESTED])
{
    *text = '\0';
    add_all(settings, CARRIED_BY_ALL, ORIGIN_ENVIRONMENT, text);
}

void suggest_init(const struct settings *settings, char text[SUGGESTED])
{
    suggest_options(settings, text);
    add_all(settings, CARRIED_BY_INIT, ORIGIN_FLAG, text);
}

int suggest_no_words(const struct settings *settings, const char *command, struct error *err)
{
    error_usage(err, "%s takes no word, and \"%s\" is one", command, shown_value(*settings->words));
    return error_hint(err, "fernit %s%s", command, settings->options);
}
