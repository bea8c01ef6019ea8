/* The reading of airflow.cfg: what is taken is in order and inside the text, and reading a part of it finds the same. */
#include "base/ini.h"

#include "fuzz.h"

enum { LOOKED_UP = 6 };

static bool is_inside(struct span span, const struct ini *ini)
{
    return span.start >= ini->text && span.start + span.length <= ini->text + ini->length;
}

static void hold_order(const struct ini *ini)
{
    size_t end = 0;
    size_t line = 0;
    for (size_t i = 0; i < ini->option_count; i++) {
        const struct ini_option *option = &ini->options[i];
        hold(is_inside(option->name, ini) && is_inside(option->section, ini),
             "names are in the text");
        hold(option->name.length > 0 && option->section.length > 0, "no name is empty");
        hold(option->start >= end && option->end > option->start && option->end <= ini->length,
             "options follow each other");
        hold(option->line > line, "lines are counted upwards");
        hold(option->value < ini->values.length, "a value is among the values");
        hold(ini->values.bytes[ini->values.length - 1] == '\0', "the last value is terminated");
        end = option->end;
        line = option->line;
    }
    for (size_t i = 0; i < ini->section_count; i++)
        hold(is_inside(ini->sections[i].name, ini) && ini->sections[i].end <= ini->length,
             "sections are in the text");
}

/* What ini_read_option has found in the beginning of the text stands there for ini_read, too. */
static void hold_part(const struct ini *ini, const struct ini_option *option, size_t length)
{
    struct error err = {0};
    _cleanup_ini_ struct ini part = {0};
    _cleanup_free_ char *section = text_of(option->section.start, option->section.length);
    _cleanup_free_ char *name = text_of(option->name.start, option->name.length);
    hold(strlen(section) == option->section.length && strlen(name) == option->name.length,
         "no name holds a NUL");
    hold(ini_find(ini, section, name) == option, "an option is found by its names");

    int ended = ini_read_option(ini->text, length, section, name, &part, &err);
    hold(ended >= 0, "a part of what can be read can be read");
    const struct ini_option *found = ini_find(&part, section, name);
    hold(found || (ended == 0 && option->start >= length), "the option is found in its part");
    if (ended || (found && length == ini->length))
        hold(strcmp(ini_value(&part, found), ini_value(ini, option)) == 0, "with the same value");
}

static void hold_lookups(const struct ini *ini)
{
    for (size_t i = 0; i < ini->option_count && i < LOOKED_UP; i++) {
        const struct ini_option *option = &ini->options[i];
        hold_part(ini, option, ini->length);
        hold_part(ini, option, option->end);
        const char *newline = memchr(ini->text + option->end, '\n', ini->length - option->end);
        if (newline)
            hold_part(ini, option, (size_t)(newline - ini->text) + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct error why = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_ini_ struct ini ini = {0};
    _cleanup_ini_ struct ini key = {0};
    int ended = ini_read_option(text, size, "core", "fernet_key", &key, &why);
    if (ini_read(text, size, &ini, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        return 0;
    }
    hold(ended >= 0, "what can be read can be read in part");
    hold((ini_find(&ini, "core", "fernet_key") != NULL) ==
             (ini_find(&key, "core", "fernet_key") != NULL),
         "the key is found either way");
    hold_order(&ini);
    hold_lookups(&ini);
    return 0;
}
