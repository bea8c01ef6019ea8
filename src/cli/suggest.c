#include "cli/suggest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/log.h"
#include "cli/values.h"

/* What is kept for options whose values are not shown, and for the last word. */
enum { NAMES_MOST = 160, END_MOST = 8 };

static const char hidden[] = "...";

/* As one word of a shell. Returns whether it is whole, and a log shows it as it is. */
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

/* Without a value: a flag that is on. */
static void add(char text[SUGGESTED], const char *name, const char *value)
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
    add(text, name, is_known ? whole : "\n");
}

static void add_option(const struct settings *settings, size_t id, char text[SUGGESTED])
{
    const struct setting *setting = &settings->all[id];
    const char *name = options[id].name;
    bool flag = false;
    if (id == OPTION_SECRET_FILE)
        for (const char *const *file = settings->secret_files; *file; file++)
            add_path(text, name, *file);
    else if (id == OPTION_CONFIG)
        add_path(text, name, setting->text);
    else if (options[id].kind == KIND_FLAG && value_flag(setting->text, &flag) == 0 && flag)
        add(text, name, NULL);
    else
        add(text, name, setting->text);
}

static bool leads_to_store(size_t id)
{
    return id == OPTION_STORE || id == OPTION_STORE_MODE || id == OPTION_USER ||
           id == OPTION_CONFIG;
}

static bool is_of_init(size_t id)
{
    bool is_printed = id == OPTION_QUIET || id == OPTION_VERBOSE || id == OPTION_LOG_FORMAT;
    return (options[id].commands & FOR_INIT) && options[id].topic != TOPIC_WAITING &&
           options[id].kind != KIND_LATER && id != OPTION_SINGLE_WRITER && !is_printed;
}

void suggest_options(const struct settings *settings, char text[SUGGESTED])
{
    *text = '\0';
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (leads_to_store(id) && settings->all[id].origin >= ORIGIN_ENVIRONMENT)
            add_option(settings, id, text);
}

void suggest_init(const struct settings *settings, char text[SUGGESTED])
{
    suggest_options(settings, text);
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (!leads_to_store(id) && is_of_init(id) && settings->all[id].origin == ORIGIN_FLAG)
            add_option(settings, id, text);
}
