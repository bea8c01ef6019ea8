#include "fuzz.h"

#include <stdio.h>

int LLVMFuzzerInitialize(const int *argc, char *const **argv);

int LLVMFuzzerInitialize(const int *argc, char *const **argv)
{
    struct error err = {0};
    (void)argc;
    (void)argv;
    hold(secret_setup(&err) == 0, "there is memory for secrets");
    return 0;
}

void broken(const char *file, int line, const char *sentence)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, sentence);
    abort();
}

char *text_of(const void *data, size_t size)
{
    char *text = malloc(size + 1);
    hold(text, "there is memory for the input");
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

char *next_line(char **text)
{
    char *line = *text;
    if (!line)
        return NULL;
    char *newline = strchr(line, '\n');
    if (newline)
        *newline = '\0';
    *text = newline ? newline + 1 : NULL;
    return line;
}

void hold_error(const struct error *err, enum error_kind kind)
{
    hold(err->kind == kind, "an error is of the kind that the header names");
    hold(err->message[0], "an error says what it is");
    hold(memchr(err->message, '\0', sizeof err->message), "a message ends");
    hold(!strchr(err->message, '\n'), "a message is one line");
}

void hold_terminated(const struct secret *secret)
{
    hold(!secret->bytes || secret->bytes[secret->length] == '\0', "a secret has a NUL behind it");
}

bool same_secret(const struct secret *a, const struct secret *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}
