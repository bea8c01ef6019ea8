/* pages WHAT FILE: copies FILE to standard output, with the places in it filled from the program's tables.
 *
 *   man, bash   a line that ends with @NAME@ or @NAME ARGUMENT@ is replaced
 *   readme      what stands between the lines <!-- NAME --> and <!-- /NAME --> is
 *
 * pages list: the tables themselves, a row a line, the cells apart by tabs; what is empty is "-".
 *
 * Built and used by `make pages`; no part of the program. */
#include "tools/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signal_name.h"
#include "cli/catalogue.h"
#include "cli/variables.h"
#include "tools/texts.h"

bool topic_is_there(unsigned topic)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++)
        if (options[id].topic == topic)
            return true;
    return false;
}

enum value_sort option_sort(unsigned id)
{
    const struct option *option = &options[id];
    static const struct {
        const char *metavar;
        enum value_sort sort;
    } sorts[] = {
        {"DIR", VALUE_FOLDER},      {"PATH", VALUE_FILE},  {"NAME[:GROUP]", VALUE_USER},
        {"SIG:SIG", VALUE_REWRITE}, {"SIG", VALUE_SIGNAL},
    };
    if (option->kind == KIND_FLAG)
        return VALUE_NONE;
    if (option->kind == KIND_SET)
        return VALUE_LIST;
    if (option->words)
        return VALUE_WORD;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (strcmp(sorts[i].metavar, option->metavar) == 0)
            return sorts[i].sort;
    return VALUE_ANY;
}

const char *next_word(const char **list, char word[64])
{
    const char *end = strstr(*list, ", ");
    size_t length = end ? (size_t)(end - *list) : strlen(*list);
    snprintf(word, 64, "%.*s", (int)length, *list);
    *list = end ? end + 2 : *list + length;
    return word;
}

const char *signal_words(void)
{
    static char words[512];
    size_t length = 0;
    for (int number = 1; number < 32; number++) {
        char name[SIGNAL_NAME];
        length += (size_t)snprintf(words + length, sizeof words - length, "%s ",
                                   signal_name(number, name) + strlen("SIG"));
    }
    snprintf(words + length, sizeof words - length, "RTMIN RTMAX");
    return words;
}

void print_help_words(const char *between)
{
    const char *words[COMMAND_COUNT + 1];
    command_words(NULL, words);
    for (size_t i = 0; words[i]; i++)
        printf("%s%s", words[i], between);
    for (unsigned topic = 0; topic < TOPIC_STATUS; topic++)
        if (topic_is_there(topic) || topic == TOPIC_EXIT)
            printf("%s%s", topics[topic].name, topic == TOPIC_EXIT ? "" : between);
}

static const char *cell(const char *text)
{
    return text && *text ? text : "-";
}

/* For the tests: what everything else is held against. */
static void list(void)
{
    static const char *const kinds[KIND_COUNT] = {
        [KIND_FLAG] = "flag",         [KIND_FOLDER] = "folder",     [KIND_FILE] = "file",
        [KIND_USER] = "user",         [KIND_DURATION] = "time",     [KIND_MODE] = "mode",
        [KIND_WORD] = "word",         [KIND_SET] = "set",           [KIND_SIGNAL] = "signal",
        [KIND_VERSION] = "version",   [KIND_FILES] = "files",       [KIND_WAITS] = "waits",
        [KIND_REWRITES] = "rewrites", [KIND_STATUSES] = "statuses",
    };
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        printf("command\t%s\t%s\t%u\t%s\t%s\n", command->name, cell(command->second),
               command->options, cell(command->arguments), command->summary);
    }
    for (unsigned id = 0; id < TOPIC_COUNT; id++)
        printf("topic\t%s\t%s\t%s\n", topics[id].name, topics[id].title,
               topic_is_there(id) ? "there" : "-");
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &options[id];
        char variable[VARIABLE_NAME];
        variable_name(option->name, variable);
        printf("option\t%s\t%s\t%s\t%u\t%s\t%s\t%s\t%s\t%s\n", option->name,
               option_may_come_from(id, ORIGIN_ENVIRONMENT) ? variable : "-",
               cell(kinds[option->kind]), option->commands, topics[option->topic].name,
               cell(option->metavar), cell(option->fallback), cell(option->words),
               cell(option->help));
    }
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_row *row = &catalogue[i];
        const char *end = strchr(row->help, '\n');
        printf("message\t%s\t%s\t%s\t%s\t%.*s\t%s\n", row->id,
               row->levels & CATALOGUE_ERROR ? "error" : "-",
               row->levels & CATALOGUE_WARNING ? "warning" : "-", row->security ? "security" : "-",
               (int)(end - row->help), row->help, end + 1);
    }
}

static int fail(const char *what, const char *name)
{
    fprintf(stderr, "pages: %s: %s\n", what, name);
    return -1;
}

/* Prints what belongs at the place "NAME" or "NAME ARGUMENT". */
static int fill(const struct place *places, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s", text);
    char *blank = strchr(name, ' ');
    if (blank)
        *blank = '\0';
    for (; places->name; places++)
        if (strcmp(places->name, name) == 0)
            return places->print(blank ? blank + 1 : "") ? 0 : fail("nothing to fill in", text);
    return fail("no such place", text);
}

/* The text between two marks of a line, or false. */
static bool between(const char *line, const char *before, const char *after, char found[64])
{
    const char *start = strstr(line, before);
    const char *end = start ? strstr(start + strlen(before), after) : NULL;
    if (!end)
        return false;
    start += strlen(before);
    snprintf(found, 64, "%.*s", (int)(end - start), start);
    return true;
}

/* Markdown: the marks stay, what is between them goes. */
static int skip_old(FILE *file, const char *name)
{
    char line[8192];
    char found[64];
    while (fgets(line, sizeof line, file))
        if (between(line, "<!-- /", " -->", found) && strcmp(found, name) == 0) {
            fputs(line, stdout);
            return 0;
        }
    return fail("its place has no end", name);
}

static int copy(FILE *file, const struct place *places)
{
    char line[8192];
    char name[64];
    bool is_readme = places == readme_places;
    while (fgets(line, sizeof line, file)) {
        if (is_readme || !between(line, " @", "@\n", name))
            fputs(line, stdout);
        else if (fill(places, name) < 0)
            return -1;
        if (is_readme && strncmp(line, "<!-- ", 5) == 0 && between(line, "<!-- ", " -->", name) &&
            (fill(places, name) < 0 || skip_old(file, name) < 0))
            return -1;
    }
    return ferror(file) ? fail("cannot be read", "the file") : 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const struct place *places;
    } sorts[] = {{"man", mdoc_places}, {"readme", readme_places}, {"bash", bash_places}};
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        list();
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    for (size_t i = 0; argc == 3 && i < sizeof sorts / sizeof *sorts; i++) {
        if (strcmp(sorts[i].name, argv[1]) != 0)
            continue;
        FILE *file = fopen(argv[2], "r");
        if (!file) {
            perror(argv[2]);
            return EXIT_FAILURE;
        }
        int copied = copy(file, sorts[i].places);
        fclose(file);
        return copied == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    fputs("usage: pages list | man FILE | readme FILE | bash FILE\n", stderr);
    return 2;
}
