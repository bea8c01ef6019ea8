#include "base/ini_quick.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A blank for Python, a byte of one, or a control character. */
static bool may_be_blank(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f;
}

/* This and the functions below return false for a doubt. */
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

/* The text behind "NAME =" or "NAME:" at the start of a line, or NULL. */
static const char *behind_name(const char *line, const char *name)
{
    line += strlen(name);
    line += strspn(line, " ");
    return *line == '=' || *line == ':' ? line + 1 : NULL;
}

static bool take_value(struct ini_quick *quick, const struct ini_wanted *wanted, const char *start,
                       const char *newline)
{
    for (const char *p = start; p < newline; p++)
        if (*p != ' ' && may_be_blank(*p))
            return false;
    return add_option(quick, wanted, line_trim(start, newline));
}

/* The first line that is neither empty nor a comment, or `end`. */
static const char *skip_comments(const char *line, const char *end)
{
    while (line < end && (*line == '\n' || *line == '#' || *line == ';'))
        line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
    return line;
}

/* Whether `line` does not continue the option above it. At the end of the text this stays open. */
static bool ends_above(struct ini_quick *quick, const char *line, const char *end)
{
    const char *next = skip_comments(line, end);
    quick->open |= next == end;
    return next == end || !may_be_blank(*next);
}

/* A line that contains the name and is no comment is the option, or a doubt: it may be an indented option. */
static bool take_option(struct ini_quick *quick, const struct ini_wanted *wanted, const char *line,
                        const char *end)
{
    const char *start = line;
    const char *at;
    while ((at = memmem(line, (size_t)(end - line), wanted->name, strlen(wanted->name)))) {
        const char *before = memrchr(start, '\n', (size_t)(at - start));
        const char *first = before ? before + 1 : start;
        const char *value = first == at ? behind_name(at, wanted->name) : NULL;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        first += strspn(first, " \t");
        line = newline + 1;
        if (*first != '#' && *first != ';' &&
            !(value && take_value(quick, wanted, value, newline) && ends_above(quick, line, end)))
            return false;
    }
    return true;
}

/* Reads lines that have no header among them. */
static bool take_lines(struct ini_quick *quick, const char *line, const char *end)
{
    bool was_open = quick->open;
    if (!quick->in_section)
        return skip_comments(line, end) == end;
    if (!quick->section)
        return true;
    quick->open = false;
    if (memchr(line, '\r', (size_t)(end - line)) || (was_open && !ends_above(quick, line, end)))
        return false;
    for (size_t i = 0; i < quick->count; i++)
        if (strcmp(quick->section, quick->wanted[i].section) == 0 &&
            !take_option(quick, &quick->wanted[i], line, end))
            return false;
    return true;
}

/* Whether the bracket may be the first character of its line that is not a blank. */
static bool may_begin_line(const char *text, const char *bracket)
{
    const char *p = bracket;
    while (p > text && p[-1] != '\n' && p[-1] != '\r' && may_be_blank(p[-1]))
        p--;
    return p == text || p[-1] == '\n' || p[-1] == '\r';
}

/* Reads complete lines. */
static bool take_text(struct ini_quick *quick, const char *text, const char *end)
{
    const char *line = text;
    const char *bracket = text;
    while ((bracket = memchr(bracket, '[', (size_t)(end - bracket)))) {
        if (!may_begin_line(line, bracket)) {
            bracket++;
            continue;
        }
        const char *before = memrchr(line, '\n', (size_t)(bracket - line));
        const char *header = before ? before + 1 : line;
        if (!take_lines(quick, line, header))
            return false;
        const char *newline = memchr(bracket, '\n', (size_t)(end - bracket));
        if (header < bracket || !take_header(quick, bracket, newline))
            return false;
        line = bracket = newline + 1;
    }
    return take_lines(quick, line, end);
}

size_t ini_quick_feed(struct ini_quick *quick, const char *text, size_t length)
{
    const char *newline = memrchr(text, '\n', length);
    if (!newline || quick->state != INI_QUICK_MORE)
        return 0;
    if (!take_text(quick, text, newline + 1))
        quick->state = INI_QUICK_DOUBT;
    return (size_t)(newline - text) + 1;
}

void ini_quick_end(struct ini_quick *quick, size_t left)
{
    if (quick->state == INI_QUICK_MORE)
        quick->state = left == 0 && !quick->has_default ? INI_QUICK_FOUND : INI_QUICK_DOUBT;
}
