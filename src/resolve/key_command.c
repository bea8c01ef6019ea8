#include "resolve/key_command.h"

#include <stdio.h>
#include <string.h>

#include "airflow/managed.h"
#include "base/command.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/words.h"
#include "store/store.h"

enum { OUTPUT_MOST = 64 * 1024 };

static bool is_program(const char *word, const char *name)
{
    const char *slash = strrchr(word, '/');
    return strcmp(slash ? slash + 1 : word, name) == 0;
}

/* Compares the spelling, where "//" is "/". */
static bool is_same_path(const char *a, const char *b)
{
    while (*a && *a == *b) {
        size_t slashes = strspn(a, "/");
        a += slashes ? slashes : 1;
        slashes = strspn(b, "/");
        b += slashes ? slashes : 1;
    }
    return *a == *b;
}

/* Only the plain forms. With options or a shell the command is run like any other. */
static bool reads_own_store(const struct words *words, const struct key_command *command)
{
    char *const *argv = words->argv;
    if (words->count == 3 && !command->secret->is_value && is_program(argv[0], "fernit"))
        return strcmp(argv[1], "key") == 0 && strcmp(argv[2], "print") == 0;
    if (words->count != 2 || !is_program(argv[0], "cat"))
        return false;
    char path[STORE_PATH];
    snprintf(path, sizeof path, "%s/%s", command->store_path, command->secret->name);
    return is_same_path(argv[1], path);
}

enum key_command_result key_command_run(const struct key_command *command, struct secret *output,
                                        struct error *err)
{
    _cleanup_words_ struct words words = {0};
    if (words_split(command->text, &words, err) < 0)
        return KEY_COMMAND_FAILED;
    if (reads_own_store(&words, command))
        return KEY_COMMAND_OWN_STORE;
    if (!command->may_run)
        return KEY_COMMAND_NOT_RUN;

    _cleanup_environment_ struct environment environment = {0};
    struct deadline deadline = deadline_in(command->timeout, command->signals);
    if (environment_copy(&environment, command->environment, err) < 0 ||
        environment_set(&environment, KEY_COMMAND_MARK, "1", err) < 0 ||
        secret_append(output, "", 0, err) < 0 ||
        command_output(words.argv, environment.list, OUTPUT_MOST, &deadline, output, err) < 0)
        return KEY_COMMAND_FAILED;
    return KEY_COMMAND_RAN;
}
