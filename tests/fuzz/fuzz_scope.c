/* Whom a signal is for: the same behind an init, and as the string of a shell.
 *
 * The input is a command, a word each line. */
#include "process/scope.h"

#include "fuzz.h"
#include "process/shell_string.h"

enum { WORDS = 40 };

static void quote_words(char *const *words, struct secret *string)
{
    struct error err = {0};
    int result = secret_append(string, "", 0, &err);
    for (; *words; words++) {
        result |= secret_append(string, " '", 2, &err);
        for (const char *p = *words; *p; p++)
            result |= *p == '\'' ? secret_append(string, "'\\''", 4, &err)
                                 : secret_append(string, p, 1, &err);
        result |= secret_append(string, "'", 1, &err);
    }
    hold(result == 0, "there is memory");
}

/* Quoted, they are one plain command of the same words. */
static void hold_string(char *const *words, size_t count, const char *string)
{
    struct last_command last = {0};
    hold(shell_last_command(string, words + count, &last), "what was quoted is understood");
    hold(last.plain && !last.redirected && !last.before && !last.after, "it is a plain command");
    hold(last.count == count || strlen(string) > LAST_TEXT, "of as many words");
    for (size_t i = 0; i < last.count; i++)
        hold(strcmp(last.words[i], words[i]) == 0, "of the same words");
}

static void hold_scope(char **words, size_t count)
{
    _cleanup_secret_ struct secret string = {0};
    char *behind_init[WORDS + 3] = {"tini", "--"};
    memcpy(behind_init + 2, words, (count + 1) * sizeof *words);
    enum scope scope = scope_for(words);
    hold(scope == SCOPE_CHILD || scope == SCOPE_GROUP, "a signal is for somebody");
    hold(scope_for(words) == scope, "always for the same one");
    hold(scope == SCOPE_CHILD || scope_for(behind_init) == SCOPE_GROUP,
         "an init in front makes no worker of it");
    if (scope == SCOPE_GROUP)
        (void)scope_is_doubtful(words);

    quote_words(words, &string);
    hold_string(words, count, string.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = text_of(data, size);
    char *words[WORDS + 1] = {0};
    char *rest = text;
    size_t count = 0;
    for (char *word = NULL; count < WORDS && (word = next_line(&rest)); count++)
        words[count] = word;
    hold_scope(words, count);

    /* The last word as a shell's string, whatever it is. */
    struct last_command last = {0};
    if (count > 0 && shell_last_command(words[count - 1], words + count, &last)) {
        hold(last.count <= LAST_WORDS && !last.words[last.count], "a NULL ends the words");
        for (size_t i = 0; i < last.count; i++)
            hold(strlen(last.words[i]) < LAST_TEXT, "each word is there");
    }
    return 0;
}
