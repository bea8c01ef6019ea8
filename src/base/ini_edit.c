#include "base/ini_edit.h"

#include <string.h>

#include "base/error.h"

/* `offset` is the start of a line. Returns the start of the line above it, or `offset` if it is the first. */
static size_t line_above(const struct ini *ini, size_t offset)
{
    size_t at = offset;
    if (at > 0 && ini->text[at - 1] == '\n')
        at--;
    if (at > 0 && ini->text[at - 1] == '\r')
        at--;
    while (at > 0 && ini->text[at - 1] != '\n' && ini->text[at - 1] != '\r')
        at--;
    return at;
}

bool ini_is_marked(const struct ini *ini, const struct ini_option *option, const char *mark)
{
    const char *above = ini->text + line_above(ini, option->start);
    size_t length = strlen(mark);
    size_t room = (size_t)(ini->text + option->start - above);
    return room > length && memcmp(above, mark, length) == 0 &&
           (above[length] == '\n' || above[length] == '\r');
}

/* The option to change, and the value it must have afterwards (NULL: it must be gone). */
struct change {
    const char *section;
    const char *name;
    const char *value;
    const char *mark; /* the comment line that must be above it, or NULL */
};

static bool is_changed(const struct ini_option *option, const struct change *change)
{
    return span_is(option->name, change->name) && span_is(option->section, change->section);
}

/* The next option at or behind *index that is not the changed one, or NULL. */
static const struct ini_option *next_other(const struct ini *ini, size_t *index,
                                           const struct change *change)
{
    while (*index < ini->option_count) {
        const struct ini_option *option = &ini->options[(*index)++];
        if (!is_changed(option, change))
            return option;
    }
    return NULL;
}

static bool only_change(const struct ini *before, const struct ini *after,
                        const struct change *change)
{
    const struct ini_option *now = ini_find(after, change->section, change->name);
    if (change->value ? !now || strcmp(ini_value(after, now), change->value) != 0 : now != NULL)
        return false;
    if (change->value && change->mark && !ini_is_marked(after, now, change->mark))
        return false;

    size_t added = change->value && !ini_section(before, change->section) ? 1 : 0;
    if (after->section_count != before->section_count + added)
        return false;
    for (size_t i = 0; i < before->section_count; i++)
        if (!span_same(before->sections[i].name, after->sections[i].name))
            return false;

    for (size_t i = 0, j = 0;;) {
        const struct ini_option *was = next_other(before, &i, change);
        const struct ini_option *is = next_other(after, &j, change);
        if (!was || !is)
            return !was && !is;
        if (!span_same(was->section, is->section) || !span_same(was->name, is->name) ||
            strcmp(ini_value(before, was), ini_value(after, is)) != 0)
            return false;
    }
}

/* Parses the edited text and compares. */
static int verify(const struct ini *before, const struct change *change, struct secret *edited,
                  struct error *err)
{
    _cleanup_ini_ struct ini after = {0};
    struct error why = {0};
    int read = ini_read(edited->bytes, edited->length, &after, &why);
    if (read == 0 && only_change(before, &after, change))
        return 0;
    secret_free(edited);
    if (read < 0 && why.kind == ERROR_SYSTEM) {
        *err = why;
        return -1;
    }
    error_refused(err, "changing %s in [%s] would change something else too", change->name,
                  change->section);
    return error_hint(err, "edit it by hand");
}

static int add(struct secret *to, const char *text, struct error *err)
{
    return secret_append(to, text, strlen(text), err);
}

static int add_range(struct secret *to, const struct ini *ini, size_t start, size_t end,
                     struct error *err)
{
    return secret_append(to, ini->text + start, end - start, err);
}

/* How the line at `offset` ends; "\n" if it has no line end. */
static const char *line_end(const struct ini *ini, size_t offset)
{
    const char *p = ini->text + offset;
    const char *end = ini->text + ini->length;
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    if (p == end || *p == '\n')
        return "\n";
    return p + 1 < end && p[1] == '\n' ? "\r\n" : "\r";
}

static bool ends_line(const struct ini *ini, size_t offset)
{
    return offset == 0 || ini->text[offset - 1] == '\n' || ini->text[offset - 1] == '\r';
}

/* The indentation of the first line behind `offset` that is neither blank nor a comment. A line inserted before it
 * needs the same one: if it had less, that line would continue it. */
static struct span indent_behind(const struct ini *ini, size_t offset)
{
    struct lines lines = lines_of(ini->text + offset, ini->length - offset);
    struct span line;
    struct span content;
    while (lines_next(&lines, &line, &content))
        if (content.length > 0 && *content.start != '#' && *content.start != ';')
            return (struct span){line.start, (size_t)(content.start - line.start)};
    return (struct span){"", 0};
}

/* The option's line, and its mark if it needs one. */
static int add_option(struct secret *to, const struct change *change, struct span indent,
                      const char *newline, struct error *err)
{
    if (change->mark && (add(to, change->mark, err) < 0 || add(to, newline, err) < 0))
        return -1;
    const char *const parts[] = {change->name, " = ", change->value};
    if (secret_append(to, indent.start, indent.length, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (add(to, parts[i], err) < 0)
            return -1;
    return 0;
}

static int replace(const struct ini *ini, const struct ini_option *option,
                   const struct change *change, struct secret *edited, struct error *err)
{
    struct lines lines = lines_of(ini->text + option->start, option->end - option->start);
    struct span line;
    struct span content;
    lines_next(&lines, &line, &content);
    const char *end = line.start + line.length;
    const char *newline = end;
    while (newline > line.start && (newline[-1] == '\n' || newline[-1] == '\r'))
        newline--;

    struct change added = *change;
    if (added.mark && ini_is_marked(ini, option, added.mark))
        added.mark = NULL;
    struct span indent = {line.start, (size_t)(content.start - line.start)};
    if (add_range(edited, ini, 0, option->start, err) < 0 ||
        add_option(edited, &added, indent, line_end(ini, option->start), err) < 0 ||
        secret_append(edited, newline, (size_t)(end - newline), err) < 0)
        return -1;
    while (lines_next(&lines, &line, &content)) {
        bool stays = content.length == 0 || *content.start == '#' || *content.start == ';';
        if (stays && secret_append(edited, line.start, line.length, err) < 0)
            return -1;
    }
    return add_range(edited, ini, option->end, ini->length, err);
}

static int insert(const struct ini *ini, const struct ini_section *section,
                  const struct change *change, struct secret *edited, struct error *err)
{
    const char *newline = line_end(ini, (size_t)(section->name.start - ini->text));
    struct span indent = indent_behind(ini, section->end);
    if (add_range(edited, ini, 0, section->end, err) < 0 ||
        (!ends_line(ini, section->end) && add(edited, newline, err) < 0) ||
        add_option(edited, change, indent, newline, err) < 0 || add(edited, newline, err) < 0)
        return -1;
    return add_range(edited, ini, section->end, ini->length, err);
}

static int append(const struct ini *ini, const struct change *change, struct secret *edited,
                  struct error *err)
{
    const char *newline = line_end(ini, 0);
    if (add_range(edited, ini, 0, ini->length, err) < 0 ||
        (!ends_line(ini, ini->length) && add(edited, newline, err) < 0) ||
        (ini->length > 0 && add(edited, newline, err) < 0))
        return -1;

    const struct span none = {"", 0};
    if (add(edited, "[", err) < 0 || add(edited, change->section, err) < 0 ||
        add(edited, "]", err) < 0 || add(edited, newline, err) < 0 ||
        add_option(edited, change, none, newline, err) < 0)
        return -1;
    return add(edited, newline, err);
}

int ini_set(const struct ini *ini, const char *section, const char *name, const char *value,
            const char *mark, struct secret *edited, struct error *err)
{
    const struct change change = {section, name, value, mark};
    const struct ini_option *option = ini_find(ini, section, name);
    const struct ini_section *header = ini_section(ini, section);
    size_t most = ini->length + strlen(section) + strlen(name) + strlen(value) +
                  (mark ? strlen(mark) : 0) + 18;

    if (secret_reserve(edited, most, err) < 0)
        return -1;
    int made = option   ? replace(ini, option, &change, edited, err)
               : header ? insert(ini, header, &change, edited, err)
                        : append(ini, &change, edited, err);
    return made < 0 ? -1 : verify(ini, &change, edited, err);
}

/* Whether the text has exactly these lines. */
static bool has_lines(const struct ini *ini, const struct secret *wanted)
{
    const char *end = ini->text + ini->length;
    const char *at = ini->text;
    if (wanted->length == 0 || !strchr("\r\n", wanted->bytes[wanted->length - 1]))
        return false;
    while ((at = memmem(at, (size_t)(end - at), wanted->bytes, wanted->length))) {
        if (ends_line(ini, (size_t)(at - ini->text)))
            return true;
        at++;
    }
    return false;
}

int ini_comment_out(const struct ini *ini, const char *section, const char *name, const char *mark,
                    struct secret *edited, struct error *err)
{
    const struct change change = {section, name, NULL, NULL};
    const struct ini_option *option = ini_find(ini, section, name);
    if (!option)
        return error_refused(err, "there is no %s in [%s]", name, section);
    _cleanup_secret_ struct secret comment = {0};
    struct lines lines = lines_of(ini->text + option->start, option->end - option->start);
    struct span line;
    struct span content;
    while (lines_next(&lines, &line, &content))
        if ((content.length > 0 && add(&comment, "# ", err) < 0) ||
            secret_append(&comment, line.start, line.length, err) < 0)
            return -1;
    bool is_new = !has_lines(ini, &comment);
    bool is_marked = mark && ini_is_marked(ini, option, mark);
    size_t start = is_marked ? line_above(ini, option->start) : option->start;
    if (secret_reserve(edited, ini->length + comment.length, err) < 0 ||
        add_range(edited, ini, 0, start, err) < 0 ||
        (is_new && secret_append(edited, comment.bytes, comment.length, err) < 0) ||
        add_range(edited, ini, option->end, ini->length, err) < 0)
        return -1;
    return verify(ini, &change, edited, err);
}
