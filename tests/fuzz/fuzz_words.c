/* The splitting of a ..._CMD: the words, quoted as shlex.quote does it, split into the same words. */
#include "base/words.h"

#include "fuzz.h"

static void quote(struct secret *line, const char *word)
{
    struct error err = {0};
    int result = secret_append(line, "'", 1, &err);
    for (; *word; word++)
        result |= *word == '\'' ? secret_append(line, "'\"'\"'", 5, &err)
                                : secret_append(line, word, 1, &err);
    result |= secret_append(line, "' ", 2, &err);
    hold(result == 0, "there is memory");
}

static void hold_same(const struct words *a, const struct words *b)
{
    hold(a->count == b->count, "as many words");
    for (size_t i = 0; i < a->count; i++)
        hold(strcmp(a->argv[i], b->argv[i]) == 0, "the same words");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_words_ struct words words = {0};
    _cleanup_words_ struct words again = {0};
    _cleanup_secret_ struct secret line = {0};
    if (words_split(text, &words, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        hold(strpbrk(text, "'\"\\"), "only a quote or a backslash can be wrong");
        return 0;
    }
    size_t length = 0;
    for (size_t i = 0; i < words.count; i++) {
        length += strlen(words.argv[i]) + 1;
        quote(&line, words.argv[i]);
    }
    hold(!words.argv[words.count], "a NULL ends them");
    hold(length <= size + 1, "words have no more characters than their line");
    hold(words_split(line.bytes ? line.bytes : "", &again, &err) == 0, "what was quoted is split");
    hold_same(&words, &again);
    return 0;
}
