/* What the programs that measure share: commands on one command line, started by turns.
 *
 *     ROUNDS  EVERY COMMAND [ARG...] ';'  EVERY COMMAND [ARG...] ';' ...
 *
 * A command takes part in each EVERYth round. Each round begins with another one, so that nobody always runs after the
 * slowest, and what else the machine does in the meantime hits all alike. */
#pragma once

#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct command {
    long every;
    char **words;
};

struct turns {
    long rounds;
    size_t count;
    struct command commands[32];
};

static inline int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits until *word is something else than `value`, at most `seconds`; it may return early. */
static inline void wait_for_change(const uint32_t *word, uint32_t value, int seconds)
{
    struct timespec limit = {.tv_sec = seconds};
    syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

static inline void wake_all(const uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Cuts the words at each ";". Returns 0, or -1 with a line on how the program is called. */
static inline int read_turns(int argc, char **argv, struct turns *turns)
{
    char **words = argv + 2;
    turns->rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    turns->count = 0;
    while (turns->rounds > 0 && *words &&
           turns->count < sizeof turns->commands / sizeof *turns->commands) {
        struct command *command = &turns->commands[turns->count];
        command->every = strtol(*words++, NULL, 10);
        command->words = words;
        while (*words && strcmp(*words, ";") != 0)
            words++;
        if (*words)
            *words++ = NULL;
        if (command->every < 1 || !command->words[0])
            break;
        turns->count++;
    }
    if (turns->count > 0 && !*words)
        return 0;
    fprintf(stderr, "usage: %s ROUNDS EVERY COMMAND [ARG...] ';' ...\n", argv[0]);
    return -1;
}

/* Calls `turn` for each command of each round, until one returns -1, which is returned. */
static inline int by_turns(const struct turns *turns,
                           int (*turn)(size_t index, const struct command *command, void *context),
                           void *context)
{
    for (long round = 0; round < turns->rounds; round++)
        for (size_t i = 0; i < turns->count; i++) {
            size_t index = (i + (size_t)round) % turns->count;
            const struct command *command = &turns->commands[index];
            if (round % command->every == 0 && turn(index, command, context) < 0)
                return -1;
        }
    return 0;
}
