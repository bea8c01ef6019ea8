#include "cli/commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/options.h"

#define ROW(id, ...) [id] = {__VA_ARGS__}

const struct command commands[COMMAND_COUNT] = {
    ROW(COMMAND_RUN, "run", NULL, FOR_RUN, "[OPTIONS] [--] COMMAND [ARG...]",
        "find or create the key, store it, deliver it, become COMMAND"),
    ROW(COMMAND_INIT, "init", NULL, FOR_INIT, "[OPTIONS]",
        "the same without COMMAND: init containers, one-off jobs"),
    ROW(COMMAND_STATUS, "status", NULL, FOR_STATUS, "[OPTIONS]",
        "what a run would do, and why; changes nothing"),
    ROW(COMMAND_KEY_GENERATE, "key", "generate", FOR_KEY, NULL, "print a new key, store nothing"),
    ROW(COMMAND_KEY_PRINT, "key", "print", FOR_KEY, "[OPTIONS]",
        "print the key that a run would use"),
    ROW(COMMAND_KEY_CHECK, "key", "check", FOR_KEY, "[OPTIONS] [FILE|-]",
        "say whether it is a key"),
    ROW(COMMAND_KEY_FINGERPRINT, "key", "fingerprint", FOR_KEY, "[OPTIONS] [FILE|-]",
        "print the key's name in logs"),
    ROW(COMMAND_KEY_PROMOTE, "key", "promote", FOR_CHANGE, "[OPTIONS] [FP]",
        "let a staged key encrypt"),
    ROW(COMMAND_KEY_RETIRE, "key", "retire", FOR_CHANGE, "[OPTIONS] [FP]",
        "take a key out of the ring"),
    ROW(COMMAND_KEY_UNRETIRE, "key", "unretire", FOR_CHANGE, "[OPTIONS] FP",
        "bring a retired key back"),
    ROW(COMMAND_KEY_DESTROY, "key", "destroy", FOR_CHANGE, "[OPTIONS] FP", "erase a retired key"),
    ROW(COMMAND_INSTALL, "install", NULL, FOR_INSTALL, "[OPTIONS] DIR",
        "copy the programs into DIR, for another container"),
    ROW(COMMAND_VERSION, "version", NULL, 0, NULL, "print the version"),
    ROW(COMMAND_HELP, "help", NULL, 0, "[COMMAND|TOPIC|OPTION|ID]",
        "explain a command, a topic, an option, an id"),
};

enum command_id command_named(const char *first, const char *second)
{
    enum command_id id = 0;
    for (; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        if (strcmp(command->name, first) == 0 &&
            (!command->second || (second && strcmp(command->second, second) == 0)))
            break;
    }
    return id;
}

void command_words(const char *first, const char *words[COMMAND_COUNT + 1])
{
    size_t count = 0;
    for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        bool again = count > 0 && strcmp(words[count - 1], command->name) == 0;
        if (!first && !again)
            words[count++] = command->name;
        else if (first && command->second && strcmp(command->name, first) == 0)
            words[count++] = command->second;
    }
    words[count] = NULL;
}
