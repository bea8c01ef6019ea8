#include "base/ini_quick.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A blank for Python, a part of one, or a control character. */
static bool may_be_blank(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f;
}

/* These return whether there is no doubt. */
static bool add_section(struct ini_quick *quick)
{
    struct ini *ini = quick->ini;
    if (!ini->sections)
        ini->sections = calloc(quick->count, sizeof *ini->sections);
    if (!ini->sections || ini_section(ini, quick->section))
        return false;
    ini->sections[ini->section_count++].name =
        (struct span){quick->section, strlen(quick->section)};
    return true;
}

static bool add_option(struct ini_quick *quick, const struct ini_wanted *wanted, struct span value)
{
    struct ini *ini = quick->ini;
    struct error ignored;
    if (!ini->options)
        ini->options = calloc(quick->count, sizeof *ini->options);
    if (!ini->options || ini_find(ini, wanted->section, wanted->name))
        return false;
    ini->options[ini->option_count++] = (struct ini_option){
        .section = {wanted->section, strlen(wanted->section)},
        .name = {wanted->name, strlen(wanted->name)},
        .value = ini->values.length,
    };
    return secret_append(&ini->values, value.start, value.length, &ignored) == 0 &&
           secret_append(&ini->values, "", 1, &ignored) == 0;
}

/* A line with "[" at its first column. */
static bool take_header(struct ini_quick *quick, const char *line, const char *newline)
{
    const char *name = line + 1;
    const char *close = newline - 1;
    if (close <= name || memchr(name, ']', (size_t)(newline - name)) != close)
        return false;
    for (const char *p = name; p < close; p++)
        if ((unsigned char)*p < ' ')
            return false;

    quick->in_section = true;
    quick->has_default |= span_is((struct span){name, (size_t)(close - name)}, "DEFAULT");
    quick->open = false;
    quick->section = NULL;
    for (size_t i = 0; i < quick->count && !quick->section; i++)
        if (*name == *quick->wanted[i].section &&
            span_is((struct span){name, (size_t)(close - name)}, quick->wanted[i].section))
            quick->section = quick->wanted[i].section;
    return !quick->section || add_section(quick);
}

/* What stands behind "NAME =" or "NAME:" at the beginning of a line, or NULL. */
static const char *behind_name(const char *line, const char *name)
{
    line += strlen(name);
    line += strspn(line, " ");
    return *line == '=' || *line == ':' ? line + 1 : NULL;
}

/* The option, which is nowhere else in its section. */
static bool take_option(struct ini_quick *quick, const struct ini_wanted *wanted, const char *line,
                        const char *newline)
{
    const char *value = behind_name(line, wanted->name);
    for (const char *p = value; value && p < newline; p++)
        if (*p != ' ' && may_be_blank(*p))
            return false;
    quick->open = true;
    return value && add_option(quick, wanted, line_trim(value, newline));
}

/* A line that has the name in it is the option or a doubt: it may be an option that is indented. */
static bool take_wanted(struct ini_quick *quick, const char *line, const char *newline)
{
    for (size_t i = 0; i < quick->count; i++) {
        const struct ini_wanted *wanted = &quick->wanted[i];
        if (strcmp(quick->section, wanted->section) != 0)
            continue;
        const char *at = memmem(line, (size_t)(newline - line), wanted->name, strlen(wanted->name));
        if (at && !(at == line && take_option(quick, wanted, line, newline)))
            return false;
    }
    return true;
}

static bool take_line(struct ini_quick *quick, const char *line, const char *newline)
{
    const char *start = line;
    if (line == newline || *line == '#' || *line == ';')
        return true;
    if (*line == '[')
        return take_header(quick, line, newline);
    while (start < newline && may_be_blank(*start))
        start++;
    if (*start == '[' || !quick->in_section || (quick->open && start > line))
        return false;
    quick->open = false;
    return !quick->section || *start == '#' || *start == ';' || take_wanted(quick, line, newline);
}

size_t ini_quick_feed(struct ini_quick *quick, const char *text, size_t length)
{
    const char *line = text;
    const char *newline;
    if (memchr(text, '\r', length))
        quick->state = INI_QUICK_DOUBT;
    while (quick->state == INI_QUICK_MORE &&
           (newline = memchr(line, '\n', length - (size_t)(line - text)))) {
        if (!take_line(quick, line, newline))
            quick->state = INI_QUICK_DOUBT;
        line = newline + 1;
    }
    return (size_t)(line - text);
}

void ini_quick_end(struct ini_quick *quick, size_t left)
{
    if (quick->state == INI_QUICK_MORE)
        quick->state = left == 0 && !quick->has_default ? INI_QUICK_FOUND : INI_QUICK_DOUBT;
}
