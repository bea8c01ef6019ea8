#include "base/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copies one word from *text to *out and moves both behind it. */
static int one_word(const char **text, char **out, struct error *err)
{
    const char *p = *text;
    char *to = *out;
    char quote = '\0';

    for (; *p && (quote || !is_blank(*p)); p++) {
        if (quote ? *p == quote : *p == '\'' || *p == '"') {
            if (quote)
                quote = '\0';
            else
                quote = *p;
        } else if (*p == '\\' && quote != '\'') {
            p++;
            if (*p == '\0') {
                error_input(err, "the command ends with a lone backslash");
                return error_hint(err, "remove it");
            }
            if (quote == '"' && *p != '"' && *p != '\\')
                *to++ = '\\';
            *to++ = *p;
        } else {
            *to++ = *p;
        }
    }
    if (quote) {
        error_input(err, "the command has a %c that is not closed", quote);
        return error_hint(err, "add the closing %c, or remove this one", quote);
    }

    *to++ = '\0';
    *text = p;
    *out = to;
    return 0;
}

int words_split(const char *text, struct words *words, struct error *err)
{
    _cleanup_words_ struct words split = {0};
    size_t length = strlen(text);

    /* Every word but the last takes at least two bytes of the text: one letter and a blank. */
    split.argv = calloc(length / 2 + 2, sizeof *split.argv);
    if (!split.argv)
        return error_sys(err, "cannot split a command of %zu bytes", length);
    if (secret_reserve(&split.text, length + 1, err) < 0)
        return -1;

    char *out = split.text.bytes;
    for (;;) {
        while (is_blank(*text))
            text++;
        if (*text == '\0')
            break;
        split.argv[split.count++] = out;
        if (one_word(&text, &out, err) < 0)
            return -1;
    }

    *words = split;
    split = (struct words){0};
    return 0;
}

void words_free(struct words *words)
{
    secret_free(&words->text);
    free(words->argv);
    *words = (struct words){0};
}
