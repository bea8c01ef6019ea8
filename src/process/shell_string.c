#include "process/shell_string.h"

#include <string.h>

static void put(struct last_command *last, char c)
{
    if (last->used < sizeof last->text)
        last->text[last->used++] = c;
    else
        last->full = true;
}

static void add(struct last_command *last, char *word)
{
    if (last->count == LAST_WORDS)
        last->full = true;
    if (!last->full)
        last->words[last->count++] = word;
    last->words[last->count] = NULL;
}

/* Something of a command follows: of the next one, if this one has ended. */
static void begin(struct last_command *last)
{
    if (last->after == '\0')
        return;
    last->before = last->after;
    last->after = '\0';
    last->plain = true;
    last->redirected = last->full = false;
    last->used = last->count = 0;
    last->words[0] = NULL;
}

/* Behind $(...), ${...} or `...`, or behind the '$' of $NAME; NULL if it has no end. */
static const char *behind_expansion(const char *p)
{
    char open = '\0';
    char close = '`';
    if (*p == '$') {
        open = *++p;
        if (open != '(' && open != '{')
            return p;
        close = open == '(' ? ')' : '}';
    }

    p++;
    for (int level = 1; level > 0; p++) {
        if (*p == '\'' && close == ')')
            p = strchr(p + 1, '\'');
        else if (*p == '\\' && p[1])
            p++;
        else if (*p == close)
            level--;
        else if (*p == open)
            level++;
        if (!p || !*p)
            return NULL;
    }
    return p;
}

/* Puts what a backslash protects; the end of a line vanishes. */
static const char *escaped(const char *p, struct last_command *last)
{
    if (p[1] != '\n')
        put(last, p[1]);
    return p + 2;
}

/* Puts what is between quotes, from behind the first one. An expansion counts as a lone '$'.
 * Returns the place behind the second one, or NULL. */
static const char *quoted(const char *p, char quote, struct last_command *last)
{
    while (p && *p && *p != quote) {
        if (quote == '"' && *p == '\\' && p[1] && strchr("$`\"\\\n", p[1])) {
            p = escaped(p, last);
        } else if (quote == '"' && (*p == '$' || *p == '`')) {
            put(last, '$');
            p = behind_expansion(p);
        } else {
            put(last, *p++);
        }
    }
    return p && *p ? p + 1 : NULL;
}

/* Puts one word. Returns the place behind it, or NULL. */
static const char *unquoted(const char *p, struct last_command *last)
{
    while (p && *p && !strchr(" \t\n;&|<>()", *p)) {
        if (*p == '\\' && p[1]) {
            p = escaped(p, last);
        } else if (*p == '\'' || *p == '"') {
            p = quoted(p + 1, *p, last);
        } else if (*p == '$' || *p == '`') {
            put(last, '$');
            p = behind_expansion(p);
        } else {
            put(last, *p++);
        }
    }
    return p;
}

/* Adds the words that "$0" or "$@" stands for, from those behind the string. */
static bool add_arguments(struct last_command *last, const char *word, size_t length,
                          char *const *zero)
{
    if (length > 2 && word[0] == '"' && word[length - 1] == '"') {
        word++;
        length -= 2;
    }
    if (length == 2 && memcmp(word, "$0", 2) == 0) {
        if (*zero)
            add(last, *zero);
        return true;
    }
    if (!(length == 2 && memcmp(word, "$@", 2) == 0) &&
        !(length == 4 && memcmp(word, "${@}", 4) == 0))
        return false;
    for (char *const *argument = zero; *argument && argument[1]; argument++)
        add(last, argument[1]);
    return true;
}

bool shell_last_command(const char *text, char *const *zero, struct last_command *last)
{
    bool is_target = false;
    last->plain = true;
    for (const char *p = text; *p;) {
        if (*p == ' ' || *p == '\t') {
            p++;
        } else if (*p == '\\' && p[1] == '\n') {
            p += 2;
        } else if (*p == '#') {
            p += strcspn(p, "\n");
        } else if (*p == '(' || *p == ')') {
            last->plain = false;
            p++;
        } else if (*p == '<' || *p == '>' || (*p == '&' && p[1] == '>')) {
            begin(last);
            last->redirected = is_target = true;
            p += strspn(p, "<>&|");
        } else if (strchr("\n;&|", *p)) {
            bool doubled = p[1] == *p && (*p == '&' || *p == '|');
            if (last->after == '\0')
                last->after = (char)(doubled ? 'l' : *p);
            p += doubled || (*p == '|' && p[1] == '&') ? 2 : 1;
        } else {
            begin(last);
            const char *start = p;
            char *word = last->text + last->used;
            p = unquoted(p, last);
            if (!p)
                return false;
            put(last, '\0');
            bool is_descriptor =
                (*p == '<' || *p == '>') && strspn(start, "0123456789") == (size_t)(p - start);
            if (!is_target && !is_descriptor &&
                !add_arguments(last, start, (size_t)(p - start), zero))
                add(last, word);
            is_target = false;
        }
    }
    return true;
}
