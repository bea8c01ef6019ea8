#include "base/ini.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"

/* inih was compiled with INI_CUSTOM_ALLOCATOR: its line buffer holds secrets, too. */
void *ini_malloc(size_t size);
void ini_free(void *pointer);
void *ini_realloc(void *pointer, size_t size);

/* What inih gets from us and we from it, line by line. */
struct reading {
    struct ini *ini;
    const char *cursor; /* start of the next line */
    size_t line;        /* number of the current one */
    size_t option_room;
    size_t section_room;

    struct span section; /* NULL start: before the first header */
    bool in_option;      /* an indented line would continue it */
    size_t indent;       /* of the last line that was no continuation, in characters */
    size_t blank_lines;  /* since the option's last line: they are part of its value */

    struct span content; /* of the line being handed over */
    size_t start;        /* where this line starts in the text */
    size_t handed;       /* how much inih has of it */
    bool continues;      /* it continues an option */
    bool pending;        /* its end has not been handed over */

    struct error *err;
    bool failed;
};

void *ini_malloc(size_t size)
{
    /* The size stands in front, so that free and realloc know how much there is to zero. */
    size_t *block = malloc(sizeof(max_align_t) + size);
    if (!block)
        return NULL;
    *block = size;
    return (char *)block + sizeof(max_align_t);
}

void ini_free(void *pointer)
{
    if (!pointer)
        return;
    size_t *block = (size_t *)(void *)((char *)pointer - sizeof(max_align_t));
    explicit_bzero(pointer, *block);
    free(block);
}

void *ini_realloc(void *pointer, size_t size)
{
    void *moved = ini_malloc(size);
    if (moved && pointer) {
        size_t had = *(size_t *)(void *)((char *)pointer - sizeof(max_align_t));
        memcpy(moved, pointer, had < size ? had : size);
        ini_free(pointer);
    }
    return moved;
}

static bool fail(struct reading *reading, const char *what)
{
    if (!reading->failed)
        error_input(reading->err, "line %zu: %s", reading->line, what);
    reading->failed = true;
    return false;
}

/* Room for one more; the array doubles. */
static void *grow(struct reading *reading, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t more = *room ? *room * 2 : 64;
    void *moved = reallocarray(array, more, size);
    if (moved)
        *room = more;
    else if (!reading->failed)
        error_sys(reading->err, "cannot hold the options");
    reading->failed = reading->failed || !moved;
    return moved;
}

static bool begin_section(struct reading *reading)
{
    struct ini *ini = reading->ini;
    struct span content = reading->content;
    const char *first = memchr(content.start, ']', content.length);
    const char *last = memrchr(content.start, ']', content.length);
    if (!first)
        return fail(reading, "begins with \"[\" and has no \"]\"");
    if (first != last)
        return fail(reading, "has more than one \"]\", which Python versions read differently");
    if (first == content.start + 1)
        return fail(reading, "is a section without a name");

    reading->section = (struct span){content.start + 1, (size_t)(first - content.start) - 1};
    reading->in_option = false;
    if (span_is(reading->section, "DEFAULT"))
        return true;

    struct ini_section *sections =
        grow(reading, ini->sections, ini->section_count, &reading->section_room, sizeof *sections);
    if (!sections)
        return false;
    ini->sections = sections;
    sections[ini->section_count++] = (struct ini_section){
        .name = reading->section,
        .line = reading->line,
        .end = (size_t)(reading->cursor - ini->text),
        .first_option = ini->option_count,
    };
    return true;
}

/* Decides, as configparser does, what the line is; false: nothing for inih in it. */
static bool classify(struct reading *reading, const char *start)
{
    struct span content = reading->content;
    if (content.length == 0) {
        reading->blank_lines++;
        return false;
    }
    if (*content.start == '#' || *content.start == ';')
        return false;

    size_t indent = 0;
    for (const char *p = start; p < content.start; p += line_blank(p, content.start))
        indent++;
    reading->continues = reading->in_option && indent > reading->indent;
    if (reading->continues)
        return true;

    reading->indent = indent;
    if (*content.start == '[') {
        return begin_section(reading);
    }
    if (!reading->section.start)
        return fail(reading, "stands before the first [section]");
    reading->in_option = true;
    return true;
}

/* Moves to the next line that is for inih. */
static bool advance(struct reading *reading)
{
    const char *end = reading->ini->text + reading->ini->length;
    while (reading->cursor < end && !reading->failed) {
        const char *start = reading->cursor;
        reading->line++;
        line_next(&reading->cursor, end, &reading->content);
        if (classify(reading, start)) {
            reading->start = (size_t)(start - reading->ini->text);
            reading->handed = 0;
            reading->pending = true;
            return true;
        }
    }
    return false;
}

/* inih's fgets: the line without its blanks, with one before it where it continues an option. */
static char *hand_over(char *buffer, int room, void *stream)
{
    struct reading *reading = stream;
    if (!reading->pending && !advance(reading))
        return NULL;

    char *to = buffer;
    char *last = buffer + room - 1;
    if (reading->handed == 0 && reading->continues && to < last)
        *to++ = ' ';
    size_t left = reading->content.length - reading->handed;
    size_t count = left < (size_t)(last - to) ? left : (size_t)(last - to);
    memcpy(to, reading->content.start + reading->handed, count);
    to += count;
    reading->handed += count;
    if (reading->handed == reading->content.length && to < last) {
        *to++ = '\n';
        reading->pending = false;
    }
    *to = '\0';
    return buffer;
}

static bool append_value(struct reading *reading, const char *text)
{
    struct span value = line_trim(text, text + strlen(text));
    struct secret *values = &reading->ini->values;
    if (secret_append(values, value.start, value.length, reading->err) < 0 ||
        secret_append(values, "", 1, reading->err) < 0)
        reading->failed = true;
    return !reading->failed;
}

static int take(void *user, const char *section, const char *name, const char *value)
{
    (void)section;
    struct reading *reading = user;
    struct ini *ini = reading->ini;

    if (reading->continues) {
        struct ini_option *option = &ini->options[ini->option_count - 1];
        ini->values.length--;
        for (size_t i = 0; i <= reading->blank_lines; i++)
            if (secret_append(&ini->values, "\n", 1, reading->err) < 0)
                return !(reading->failed = true);
        option->end = (size_t)(reading->cursor - ini->text);
        reading->blank_lines = 0;
        return append_value(reading, value);
    }

    struct span own = line_trim(name, name + strlen(name));
    if (own.length == 0)
        return fail(reading, "has no name before its \"=\" or \":\"");
    struct ini_option *options =
        grow(reading, ini->options, ini->option_count, &reading->option_room, sizeof *options);
    if (!options)
        return 0;
    ini->options = options;
    options[ini->option_count++] = (struct ini_option){
        .section = reading->section,
        .name = {reading->content.start, own.length},
        .value = ini->values.length,
        .line = reading->line,
        .start = reading->start,
        .end = (size_t)(reading->cursor - ini->text),
    };
    reading->blank_lines = 0;
    return append_value(reading, value);
}

static int compare_names(struct span a, struct span b)
{
    int order = memcmp(a.start, b.start, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_options(const void *left, const void *right)
{
    const struct ini_option *const *a = left;
    const struct ini_option *const *b = right;
    int order = compare_names((*a)->section, (*b)->section);
    return order ? order : compare_names((*a)->name, (*b)->name);
}

static int compare_sections(const void *left, const void *right)
{
    const struct ini_section *const *a = left;
    const struct ini_section *const *b = right;
    return compare_names((*a)->name, (*b)->name);
}

static int refuse_twice(size_t line, size_t other, const char *what, struct span name,
                        struct error *err)
{
    size_t first = line < other ? line : other;
    size_t second = line < other ? other : line;
    int shown = name.length < 200 ? (int)name.length : 200;
    return error_input(err, "line %zu: the %s %.*s stands there twice, first in line %zu", second,
                       what, shown, name.start, first);
}

static int refuse_duplicates(const struct ini *ini, struct error *err)
{
    size_t most = ini->option_count > ini->section_count ? ini->option_count : ini->section_count;
    _cleanup_free_ const void **sorted = calloc(most + 1, sizeof *sorted);
    if (!sorted)
        return error_sys(err, "cannot compare the options");

    for (size_t i = 0; i < ini->section_count; i++)
        sorted[i] = &ini->sections[i];
    qsort(sorted, ini->section_count, sizeof *sorted, compare_sections);
    for (size_t i = 1; i < ini->section_count; i++) {
        const struct ini_section *a = sorted[i - 1];
        const struct ini_section *b = sorted[i];
        if (span_same(a->name, b->name))
            return refuse_twice(a->line, b->line, "section", a->name, err);
    }

    for (size_t i = 0; i < ini->option_count; i++)
        sorted[i] = &ini->options[i];
    qsort(sorted, ini->option_count, sizeof *sorted, compare_options);
    for (size_t i = 1; i < ini->option_count; i++) {
        const struct ini_option *a = sorted[i - 1];
        const struct ini_option *b = sorted[i];
        if (span_same(a->section, b->section) && span_same(a->name, b->name))
            return refuse_twice(a->line, b->line, "option", a->name, err);
    }
    return 0;
}

int ini_read(const char *text, size_t length, struct ini *ini, struct error *err)
{
    _cleanup_ini_ struct ini read = {.text = text, .length = length};
    struct reading reading = {.ini = &read, .cursor = text, .err = err};

    const char *nul = memchr(text, '\0', length);
    if (nul)
        return error_input(err, "holds a NUL byte at offset %zu", (size_t)(nul - text));
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return error_input(err, "line 1: begins with a byte order mark, which Airflow cannot read; "
                                "remove it: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE");

    /* Most of a file is comments. */
    if (secret_reserve(&read.values, length / 4, err) < 0)
        return -1;
    int result = ini_parse_stream(hand_over, &reading, take, &reading);
    if (reading.failed)
        return -1;
    if (result == -2) {
        errno = ENOMEM;
        return error_sys(err, "line %zu", reading.line);
    }
    if (result != 0)
        return error_input(err, "line %zu: is no comment, no [section] and has no \"=\" or \":\"",
                           reading.line);
    if (refuse_duplicates(&read, err) < 0)
        return -1;

    *ini = read;
    read = (struct ini){0};
    return 0;
}

const struct ini_option *ini_find(const struct ini *ini, const char *section, const char *name)
{
    for (size_t i = 0; i < ini->option_count; i++)
        if (span_is(ini->options[i].name, name) && span_is(ini->options[i].section, section))
            return &ini->options[i];
    return NULL;
}

const char *ini_value(const struct ini *ini, const struct ini_option *option)
{
    return ini->values.bytes + option->value;
}

const struct ini_section *ini_section(const struct ini *ini, const char *name)
{
    for (size_t i = 0; i < ini->section_count; i++)
        if (span_is(ini->sections[i].name, name))
            return &ini->sections[i];
    return NULL;
}

void ini_free_document(struct ini *ini)
{
    free(ini->options);
    free(ini->sections);
    secret_free(&ini->values);
    *ini = (struct ini){0};
}
