/* The reading of airflow.cfg: what is taken is in order and inside the text, and a quick reading that is sure of
 * itself finds the same. */
#include "base/ini_quick.h"

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

/* What a quick reading finds of one option, its text cut anywhere. */
static void hold_quick(const struct ini *ini, const struct ini_option *option, size_t cut)
{
    _cleanup_ini_ struct ini found = {0};
    _cleanup_free_ char *section = text_of(option->section.start, option->section.length);
    _cleanup_free_ char *name = text_of(option->name.start, option->name.length);
    hold(strlen(section) == option->section.length && strlen(name) == option->name.length,
         "no name holds a NUL");
    hold(ini_find(ini, section, name) == option, "an option is found by its names");
    if (strcmp(section, "DEFAULT") == 0)
        return;

    const struct ini_wanted wanted = {section, name};
    struct ini_quick quick = {.wanted = &wanted, .count = 1, .ini = &found};
    size_t taken = ini_quick_feed(&quick, ini->text, cut);
    hold(taken <= cut, "no more is taken than there is");
    taken += ini_quick_feed(&quick, ini->text + taken, ini->length - taken);
    ini_quick_end(&quick, ini->length - taken);
    hold(quick.state != INI_QUICK_MORE, "the end is the end");
    if (quick.state == INI_QUICK_FOUND)
        hold(strcmp(ini_value(&found, ini_find(&found, section, name)), ini_value(ini, option)) ==
                 0,
             "with the same value");
}

static void hold_lookups(const struct ini *ini)
{
    for (size_t i = 0; i < ini->option_count && i < LOOKED_UP; i++) {
        const struct ini_option *option = &ini->options[i];
        hold_quick(ini, option, 0);
        hold_quick(ini, option, option->end);
        hold_quick(ini, option, (option->start + ini->length) / 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_ini_ struct ini ini = {0};
    if (ini_read(text, size, &ini, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        return 0;
    }
    hold_order(&ini);
    hold_lookups(&ini);
    return 0;
}
