#include "cli/unknown.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"
#include "base/shown.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/suggest.h"

enum { PREFIX_LEAST = 2, LINE_MOST = 120, PLAIN_MOST = 7 };

static bool is_near(const char *word, const char *name)
{
    bool begins =
        strlen(word) >= PREFIX_LEAST && (text_begins(word, name) || text_begins(name, word));
    return begins || word_distance(word, name) * 3 <= strlen(name);
}

/* The nearest name: among those that are near, or with `of_all` among all. */
static const char *nearest(const char *word, const char *const *names, bool of_all)
{
    const char *found = NULL;
    for (; *names; names++)
        if ((of_all || is_near(word, *names)) &&
            (!found || word_distance(word, *names) < word_distance(word, found)))
            found = *names;
    return found;
}

const char *nearest_word(const char *word, const char *const *names)
{
    return nearest(word, names, false);
}

/* Such a word is a name, not a secret. */
static bool is_plain(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz-_");
    return !word[length] && length <= PLAIN_MOST;
}

int unknown_word(const struct unknown *unknown, struct error *err)
{
    static const char hidden[] = "...";
    const char *word = unknown->word;
    const char *near = nearest_word(word, unknown->names);
    const char *known = is_plain(word) ? word : nearest(word, unknown->names, true);
    const char *text = shown(word, known, hidden);
    const char *why = text == hidden ? "\n\"...\" stands for a word that may be a secret" : "";
    error_usage(err, "%s%s is not %s", unknown->before, text, unknown->what);
    if (near)
        return error_hint(err, "did you mean %s%s?%s", unknown->prefix, near, why);
    return error_hint(err, "%s%s", unknown->otherwise, why);
}

int unknown_option(const char *dashes, const char *name, struct error *err)
{
    const char *names[OPTION_COUNT + 1];
    char word[256];
    option_names(ORIGIN_FLAG, names);
    span_name((struct span){name, strcspn(name, "=")}, word, sizeof word);
    return unknown_word(&(struct unknown){.before = dashes,
                                          .word = word,
                                          .what = "an option",
                                          .names = names,
                                          .prefix = "--",
                                          .otherwise = "fernit help COMMAND lists the options"},
                        err);
}

/* Options before the command: the hint has the right order. */
static int misplaced_option(char *const *words, struct error *err)
{
    char line[SUGGESTED] = "";
    error_usage(err, "options come after the command");
    for (; *words && text_begins(*words, "--") && (*words)[2]; words++) {
        const char *name = *words + 2;
        size_t length = strcspn(name, "=");
        size_t id = option_named(name, length, false);
        if (id == OPTION_COUNT)
            return unknown_option("--", name, err);
        const char *value = name[length] ? name + length + 1 : NULL;
        if (!value && options[id].kind != KIND_FLAG && !(value = *++words))
            break;
        suggest_add(line, options[id].name, value ? shown_value(value) : NULL);
    }
    const char *carried = strlen(line) <= LINE_MOST ? line : " ...";
    if (*words && strcmp(*words, "--") == 0)
        return error_hint(err, "fernit run%s -- COMMAND", carried);
    enum command_id id = *words ? command_named(words[0], words[1]) : COMMAND_COUNT;
    const struct command *command = id < COMMAND_COUNT ? &commands[id] : NULL;
    const char *second = command ? command->second : NULL;
    bool has_more = command && words[second ? 2 : 1];
    return error_hint(err, "fernit %s%s%s%s%s", command ? command->name : "COMMAND",
                      second ? " " : "", second ? second : "", carried,
                      has_more ? " ..." : "");
}

int unknown_command(char *const *words, struct error *err)
{
    const char *first = words[0];
    const char *second = words[1];
    const char *names[COMMAND_COUNT + 1];
    size_t dashes = strspn(first, "-");
    if (strcmp(first, "--") == 0) {
        error_usage(err, "no command given");
        return error_hint(err, "fernit run -- COMMAND");
    }
    if (dashes > 0) {
        size_t length = strcspn(first + dashes, "=");
        return dashes == 2 && option_named(first + 2, length, false) < OPTION_COUNT
                   ? misplaced_option(words, err)
                   : unknown_option(dashes == 1 ? "-" : "--", first + dashes, err);
    }
    command_words(first, names);
    if (*names && !second) {
        char list[128] = "";
        for (size_t i = 0, length = 0; names[i] && length < sizeof list; i++)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       i > 0 ? ", " : "", names[i]);
        error_usage(err, "%s needs a second word", first);
        return error_hint(err, "one of %s", list);
    }
    char before[32] = "";
    char prefix[40] = "fernit ";
    if (*names) {
        snprintf(before, sizeof before, "%s ", first);
        snprintf(prefix, sizeof prefix, "fernit %s ", first);
    } else {
        command_words(NULL, names);
    }
    return unknown_word(&(struct unknown){.before = before,
                                          .word = *before ? second : first,
                                          .what = "a command",
                                          .names = names,
                                          .prefix = prefix,
                                          .otherwise = *before
                                                           ? "fernit help key lists the commands"
                                                           : "fernit help lists the commands\n"
                                                             "to start a program: fernit run "
                                                             "-- PROGRAM"},
                        err);
}
