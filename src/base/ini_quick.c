#include "base/ini_quick.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Most of what a quick reading costs is looking at each byte: 16 of them at once, where musl's memchr takes
 * eight. Hits are where all bits of a byte are set. */
typedef char row __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t hits __attribute__((vector_size(16)));
enum { ROW = sizeof(row) };

static row row_at(const char *text)
{
    return *(const row *)(const void *)text;
}

static bool has_hits(row found)
{
    hits both = (hits)found;
    return both[0] | both[1];
}

/* As memchr. */
static const char *find(const char *at, const char *end, char wanted)
{
    const row all = wanted - (row){0};
    for (; end - at >= 4 * ROW; at += 4 * ROW)
        if (has_hits((row_at(at) == all) | (row_at(at + ROW) == all) |
                     (row_at(at + 2 * ROW) == all) | (row_at(at + 3 * ROW) == all)))
            break;
    return memchr(at, wanted, (size_t)(end - at));
}

/* The first of the lines from `line` on, whose last ends at `end`, that begins with `name`; or NULL. */
static const char *find_line(const char *line, const char *end, const char *name)
{
    const row newlines = '\n' - (row){0};
    const row first = *name - (row){0};
    size_t length = strlen(name);
    if ((size_t)(end - line) > length && memcmp(line, name, length) == 0)
        return line;
    for (const char *next; line < end; line = next) {
        next = end - line > ROW ? line + ROW : end;
        if (end - line > ROW && !has_hits((row_at(line) == newlines) & (row_at(line + 1) == first)))
            continue;
        for (const char *p = line; p < next; p++)
            if (*p == '\n' && (size_t)(end - p) > length && memcmp(p + 1, name, length) == 0)
                return p + 1;
    }
    return NULL;
}

/* A blank for Python, a part of one, or a control character. */
static bool may_be_blank(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f;
}

static bool is_complete(const struct ini_quick *quick)
{
    return quick->ini->option_count == quick->count && !quick->open;
}

/* What all of the following return: whether it is beyond doubt. */
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

static bool take_value(struct ini_quick *quick, const struct ini_wanted *wanted, const char *start,
                       const char *newline)
{
    for (const char *p = start; p < newline; p++)
        if (*p != ' ' && may_be_blank(*p))
            return false;
    return add_option(quick, wanted, line_trim(start, newline));
}

/* The first line that is neither empty nor a comment; `end` if there is none. */
static const char *skip_remarks(const char *line, const char *end)
{
    while (line < end && (*line == '\n' || *line == '#' || *line == ';'))
        line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
    return line;
}

/* Whether the option above `line` does not go on there, as far as can be seen. Behind a "\r" it could. */
static bool ends_above(struct ini_quick *quick, const char *line, const char *end)
{
    const char *next = skip_remarks(line, end);
    quick->open = quick->open || next == end;
    return (next == end || !may_be_blank(*next)) && !memchr(line, '\r', (size_t)(next - line));
}

static bool take_options(struct ini_quick *quick, const struct ini_wanted *wanted, const char *line,
                         const char *end)
{
    while ((line = find_line(line, end, wanted->name))) {
        const char *value = behind_name(line, wanted->name);
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        line = newline + 1;
        if (value && !(take_value(quick, wanted, value, newline) && ends_above(quick, line, end)))
            return false;
    }
    return true;
}

/* Whether a line that is no comment has this name in it. */
static bool is_mentioned(const char *line, const char *end, const char *name)
{
    for (const char *at = line; (at = memmem(at, (size_t)(end - at), name, strlen(name))); at++) {
        const char *first = at;
        while (first > line && first[-1] != '\n' && first[-1] != '\r')
            first--;
        first += strspn(first, " \t");
        if (*first != '#' && *first != ';')
            return true;
    }
    return false;
}

/* Lines without a header among them. */
static bool take_lines(struct ini_quick *quick, const char *line, const char *end)
{
    bool was_open = quick->open;
    if (!quick->in_section)
        return skip_remarks(line, end) == end;
    quick->open = false;
    if (was_open && !ends_above(quick, line, end))
        return false;
    for (size_t i = 0; i < quick->count && quick->section; i++) {
        if (strcmp(quick->section, quick->wanted[i].section) != 0)
            continue;
        if (!take_options(quick, &quick->wanted[i], line, end))
            return false;
        if (!ini_find(quick->ini, quick->section, quick->wanted[i].name) &&
            is_mentioned(line, end, quick->wanted[i].name))
            quick->mentioned |= 1U << i;
    }
    return true;
}

/* Whether nothing that is certainly no blank stands before it in its line. */
static bool may_begin_line(const char *text, const char *bracket)
{
    const char *p = bracket;
    while (p > text && p[-1] != '\n' && p[-1] != '\r' && may_be_blank(p[-1]))
        p--;
    return p == text || p[-1] == '\n' || p[-1] == '\r';
}

/* Whole lines. */
static bool take_text(struct ini_quick *quick, const char *text, const char *end)
{
    const char *line = text;
    const char *bracket = text;
    while ((bracket = find(bracket, end, '['))) {
        if (!may_begin_line(line, bracket)) {
            bracket++;
            continue;
        }
        const char *before = memrchr(line, '\n', (size_t)(bracket - line));
        const char *header = before ? before + 1 : line;
        if (!take_lines(quick, line, header))
            return false;
        if (is_complete(quick))
            return true;
        const char *newline = memchr(bracket, '\n', (size_t)(end - bracket));
        if (header < bracket || !take_header(quick, bracket, newline))
            return false;
        if (is_complete(quick))
            return true;
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
    else if (is_complete(quick))
        quick->state = INI_QUICK_FOUND;
    return (size_t)(newline - text) + 1;
}

/* Whether an option was not found that may be there. */
static bool misses(const struct ini_quick *quick)
{
    for (size_t i = 0; i < quick->count; i++)
        if ((quick->mentioned & 1U << i) &&
            !ini_find(quick->ini, quick->wanted[i].section, quick->wanted[i].name))
            return true;
    return false;
}

void ini_quick_end(struct ini_quick *quick, size_t left)
{
    if (quick->state != INI_QUICK_MORE)
        return;
    if (left == 0)
        quick->open = false;
    bool is_sure = is_complete(quick) || (left == 0 && !quick->has_default && !misses(quick));
    quick->state = is_sure ? INI_QUICK_FOUND : INI_QUICK_DOUBT;
}
