#include "base/ini.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/lines.h"

/* inih is compiled with INI_CUSTOM_ALLOCATOR, because its line buffer has secrets in it. */
void *ini_malloc(size_t size);
void ini_free(void *pointer);
void *ini_realloc(void *pointer, size_t size);

/* The state of ini_read. inih calls give_line for each line, and take_option with each option. */
struct reading {
    struct ini *ini;
    struct lines lines;
    size_t line; /* number of the current one */
    size_t option_room;
    size_t section_room;

    struct span section; /* NULL start: before the first header */
    bool in_option;      /* an indented line would continue it */
    size_t indent;       /* of the last line that was no continuation, in characters */
    size_t blank_lines;  /* since the option's last line: they are part of its value */

    struct span content; /* of the current line, without blanks */
    size_t start;        /* where this line starts in the text, */
    size_t end;          /* and the next one */
    size_t given;        /* bytes of `content` that inih has */
    bool continues;      /* it continues an option */
    bool pending;        /* inih does not have all of it */

    struct error *err;
    bool failed;
};

void *ini_malloc(size_t size)
{
    /* The size is stored in front, so that free and realloc know how many bytes to zero. */
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

static bool fail(struct reading *reading, const char *what, const char *hint)
{
    if (!reading->failed) {
        error_input(reading->err, "line %zu: %s", reading->line, what);
        error_hint(reading->err, "%s", hint);
    }
    reading->failed = true;
    return false;
}

/* Makes room for one more element; the array doubles. */
static void *grow(struct reading *reading, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t more = *room ? *room * 2 : 16;
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
    static const char hint[] = "write it as [NAME]";
    struct ini *ini = reading->ini;
    struct span content = reading->content;
    const char *first = memchr(content.start, ']', content.length);
    const char *last = memrchr(content.start, ']', content.length);
    if (!first)
        return fail(reading, "begins with \"[\" and has no \"]\"", hint);
    if (first != last)
        return fail(reading, "has more than one \"]\", which Python versions read differently",
                    hint);
    if (first == content.start + 1)
        return fail(reading, "is a section without a name", hint);

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
        .end = reading->end,
    };
    return true;
}

/* Decides, as configparser does, what the line is. Returns false if inih does not need it. */
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
    if (*content.start == '[')
        return begin_section(reading);
    if (!reading->section.start)
        return fail(reading, "stands before the first [section]", "move it below one");
    reading->in_option = true;
    return true;
}

/* Moves to the next line that inih needs. */
static bool advance(struct reading *reading)
{
    struct span whole;
    while (!reading->failed && lines_next(&reading->lines, &whole, &reading->content)) {
        reading->line++;
        reading->start = (size_t)(whole.start - reading->ini->text);
        reading->end = reading->start + whole.length;
        if (!classify(reading, whole.start))
            continue;
        if (memchr(reading->content.start, '\0', reading->content.length))
            return fail(reading, "holds a NUL byte", "remove that byte");
        reading->given = 0;
        reading->pending = true;
        return true;
    }
    return false;
}

/* inih's fgets: the line without blanks, with one in front if it continues an option. */
static char *give_line(char *buffer, int room, void *stream)
{
    struct reading *reading = stream;
    if (!reading->pending && !advance(reading))
        return NULL;

    char *to = buffer;
    char *last = buffer + room - 1;
    if (reading->given == 0 && reading->continues && to < last)
        *to++ = ' ';
    size_t left = reading->content.length - reading->given;
    size_t count = left < (size_t)(last - to) ? left : (size_t)(last - to);
    memcpy(to, reading->content.start + reading->given, count);
    to += count;
    reading->given += count;
    if (reading->given == reading->content.length && to < last) {
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

/* inih's callback for each option and each continuation line. */
static int take_option(void *user, const char *section, const char *name, const char *value)
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
        option->end = reading->end;
        reading->blank_lines = 0;
        return append_value(reading, value);
    }

    struct span own = line_trim(name, name + strlen(name));
    if (own.length == 0)
        return fail(reading, "has no name before its \"=\" or \":\"", "write it as NAME = VALUE");
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
        .end = reading->end,
    };
    reading->blank_lines = 0;
    return append_value(reading, value);
}

/* FNV-1a, over both names. */
static size_t hash_names(struct span section, struct span name)
{
    const struct span both[] = {section, name};
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < both[i].length; j++)
            hash = (hash ^ (unsigned char)both[i].start[j]) * 16777619U;
    return hash;
}

/* A section (then `name` is empty) or an option: none may be there twice. */
struct entry {
    struct span section;
    struct span name;
    size_t line;
};

/* The message does not have the name: it may be a secret that was pasted there. */
static int refuse_twice(const struct entry *entry, size_t first, struct error *err)
{
    bool is_section = entry->name.length == 0;
    error_input(err, "line %zu: this %s was already in line %zu", entry->line,
                is_section ? "section" : "option", first);
    return error_hint(err, is_section ? "move its options to the first one"
                                      : "keep one of the two lines");
}

static struct entry entry_at(const struct ini *ini, size_t index)
{
    if (index < ini->section_count)
        return (struct entry){ini->sections[index].name, {"", 0}, ini->sections[index].line};
    const struct ini_option *option = &ini->options[index - ini->section_count];
    return (struct entry){option->section, option->name, option->line};
}

/* Uses a hash table that is at most half full. It stores each entry's index plus 1; 0 is a free slot. */
static int refuse_duplicates(const struct ini *ini, struct error *err)
{
    size_t count = ini->section_count + ini->option_count;
    size_t size = 64;
    while (size < count * 2)
        size *= 2;
    _cleanup_free_ size_t *table = calloc(size, sizeof *table);
    if (!table)
        return error_sys(err, "cannot compare the options");

    for (size_t i = 0; i < count; i++) {
        struct entry own = entry_at(ini, i);
        size_t slot = hash_names(own.section, own.name) & (size - 1);
        for (; table[slot]; slot = (slot + 1) & (size - 1)) {
            struct entry other = entry_at(ini, table[slot] - 1);
            if (span_same(own.name, other.name) && span_same(own.section, other.section))
                return refuse_twice(&own, other.line, err);
        }
        table[slot] = i + 1;
    }
    return 0;
}

int ini_read(const char *text, size_t length, struct ini *ini, struct error *err)
{
    _cleanup_ini_ struct ini read = {.text = text, .length = length};
    struct reading reading = {.ini = &read, .lines = lines_of(text, length), .err = err};

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        error_input(err, "line 1: begins with a byte order mark, which Airflow cannot read");
        return error_hint(err, "save it as UTF-8 without a byte order mark");
    }

    /* Most of a file is comments. */
    if (secret_reserve(&read.values, length / 4, err) < 0)
        return -1;
    int result = ini_parse_stream(give_line, &reading, take_option, &reading);
    if (reading.failed)
        return -1;
    if (result == -2) {
        errno = ENOMEM;
        return error_sys(err, "line %zu", reading.line);
    }
    if (result != 0) {
        error_input(err, "line %zu: is no comment, no [section] and has no \"=\" or \":\"",
                    reading.line);
        return error_hint(err, "begin it with \"#\", or write it as NAME = VALUE");
    }
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
