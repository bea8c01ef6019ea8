#include "cli/help.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/failure.h"
#include "cli/options.h"
#include "cli/unknown.h"

enum { WIDTH = 80, NAME_AT = 13, TEXT_AT = 26 };

static const char *const topic_texts[TOPIC_COUNT] = {
    [TOPIC_SOURCES] =
        "fernit reads these in this order, and uses the first that holds a key:\n"
        "  1  AIRFLOW__CORE__FERNET_KEY\n"
        "  2  AIRFLOW__CORE__FERNET_KEY_CMD, ..._SECRET\n"
        "  3  FERNET_KEY\n"
        "  4  AIRFLOW__CORE__FERNET_KEY_FILE, FERNET_KEY_FILE, --secret-file,\n"
        "     /run/secrets/fernet_key\n"
        "  5  the store\n"
        "  6  airflow.cfg: fernet_key, fernet_key_cmd, fernet_key_secret\n"
        "  7  no key anywhere: fernit creates one, stores it, and only then uses it\n"
        "A source that is named but broken ends the run. It never leads to a new key.\n",
    [TOPIC_STORE] =
        "An absolute path that outlives the container: a named volume, a bind mount, a\n"
        "persistent volume. fernit creates no key elsewhere. The keys are files:\n"
        "  fernet_key          the ring: the first key encrypts, all of them decrypt\n"
        "  fernet_key.staged   decrypts, and does not encrypt yet\n"
        "  retired/            retired keys, which no run uses\n",
    [TOPIC_CHANGES] =
        "A key from the sources 1 to 4, or from fernet_key_cmd in airflow.cfg, that the\n"
        "store has never seen:\n"
        "  keep     encrypts from now on; the old keys still decrypt\n"
        "  stage    only decrypts, until \"fernit key promote\": for rolling restarts\n"
        "  refuse   ends the run with status 125; nothing is changed\n"
        "  replace  is the only key; the old keys are retired\n"
        "Only \"fernit key destroy\" erases a key. After a change restart everything, then\n"
        "\"fernit run -- airflow rotate-fernet-key\" and \"fernit key retire --yes\".\n",
    [TOPIC_DELIVERY] =
        "The command gets AIRFLOW__CORE__FERNET_KEY in its environment, and fernit sets\n"
        "fernet_key in airflow.cfg ($AIRFLOW_CONFIG, else in $AIRFLOW_HOME, else in\n"
        "~/airflow), where docker exec finds it, too. A sensitive option given as a file\n"
        "(AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE) is set in the environment alone.\n",
    [TOPIC_USER] =
        "Started as root with --user, fernit reads mounted secrets and creates a missing\n"
        "store as root. It does everything else as that user, with the user's HOME.\n"
        "Without a group the user has the groups of /etc/group.\n",
    [TOPIC_SUPERVISE] =
        "Forwards every signal, reaps processes, keeps no key in memory, and ends with\n"
        "the command's status. Scope auto is the command alone for a Celery worker, which\n"
        "then finishes its tasks, and else its process group. The others need --init.\n",
    [TOPIC_WAITING] =
        "After the key is stored and airflow.cfg is written, before the command starts:\n"
        "  db              Airflow's sql_alchemy_conn, wherever the command will find it\n"
        "  broker          Celery's broker_url, in the same way; nothing without it and\n"
        "                  without a Celery executor\n"
        "  tcp://HOST:PORT, unix:/PATH\n"
        "A target is ready when it accepts a connection. A timeout is status 125. A TERM\n"
        "ends the wait.\n",
    [TOPIC_LOGS] =
        "Lines on standard error, never with a secret: keys appear as fingerprints.\n"
        "  fernit: error: TEXT        fernit ends\n"
        "  fernit: warning: ID: TEXT  fernit continues\n"
        "  fernit: hint: TEXT         what to do\n"
        "An error has an ID, too: --log-format json shows it. \"fernit help ID\" explains\n"
        "each, \"fernit help messages\" lists all. An ID never changes.\n",
    [TOPIC_SETTINGS] =
        "Each option but --yes is also a variable and a line of fernit.ini:\n"
        "  --cmd-timeout 5s    FERNIT_CMD_TIMEOUT=5s    cmd_timeout = 5s\n"
        "The command line beats the environment, the environment beats the file. In both\n"
        "a flag is yes or no, and a repeatable option is a comma list. Times are 500ms,\n"
        "10s, 2m. A value that begins with \"-\" needs \"=\" before it: --config=-x.\n",
    [TOPIC_EXIT] = "run     the command's own status, or 128+N where signal N ended it, or\n"
                   "          125    fernit failed: a setting, a key, the store, a file\n"
                   "          126    COMMAND exists and cannot be run\n"
                   "          127    COMMAND does not exist\n"
                   "          128+N  signal N came before COMMAND started\n"
                   "init    0, 125 or 128+N, as above\n"
                   "others  0 good; 1 a problem found, or --yes is missing; 2 wrong usage;\n"
                   "          125 out of memory\n",
};

static const struct {
    const char *name;
    enum option_topic own; /* whose options are explained there; TOPIC_COUNT: none */
    const char *text;
} pages[] = {
    {"run", TOPIC_COUNT,
     "Finds Airflow's Fernet key, or creates and stores one. Delivers it, then becomes\n"
     "COMMAND, or supervises it (--init). COMMAND is the first word that is not an\n"
     "option. Its status is the command's own; 125: fernit failed (\"help exit\").\n"},
    {"init", TOPIC_COUNT,
     "Does what run does, without a command: finds or creates the key, stores it,\n"
     "writes airflow.cfg. For init containers and one-off jobs. Status 0, or 125.\n"},
    {"status", TOPIC_STATUS,
     "Shows the sources (--verbose: also those not set), the store, airflow.cfg and\n"
     "what a run would do. Changes nothing, prints no secret. Status 0, or 1 where a\n"
     "run would fail or something is broken.\n\n"},
    {"key", TOPIC_COUNT,
     "Without FILE: the key that a run would use. FP is a fingerprint, or its first\n"
     "digits, at least 4. Without FP promote takes the only staged key, retire all but\n"
     "the first. Without --yes the last four only say what they would do: status 1.\n"},
    {"install", TOPIC_COUNT,
     "Copies fernit, and its helpers beside it, into DIR, which is created if missing:\n"
     "an init container passes them on in an emptyDir. Existing files stay.\n"},
    {"version", TOPIC_COUNT,
     "Prints one line, \"fernit " FERNIT_VERSION "\". Status 0.\n"
     "\"fernit --version\" and \"fernit -V\" are the same.\n"},
};

/* The words that have the page with all ids. */
static const char all_messages[] = "messages";
static const char all_warnings[] = "warnings";

/* Where the page is printed to. */
static FILE *output;

/* Prints words, each after a blank, from column `at` on. A word that would pass WIDTH begins a new line at column
 * `left`.
 * Returns the column after the last. */
static int print_words(const char *text, int at, int left)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at + 1 + length > WIDTH)
            at = fprintf(output, "\n%*s", left - 1, "") - 1;
        at += fprintf(output, " %.*s", length, text);
        text += length;
        text += *text == ' ';
    }
    return at;
}

static void print_option(const struct option *option)
{
    char text[64];
    snprintf(text, sizeof text, "--%s %s", option->name, option->metavar ? option->metavar : "");
    int at = fprintf(output, "  %-23s", text);
    at = print_words(option->help, at, TEXT_AT);
    if (option->words) {
        at += fprintf(output, ":");
        at = print_words(option->words, at, TEXT_AT);
    }
    if (option_default(option) && option->kind != KIND_FLAG) {
        snprintf(text, sizeof text, "[%s]", option_default(option));
        print_words(text, at, TEXT_AT);
    }
    fputc('\n', output);
}

static void print_options(enum option_topic topic)
{
    for (size_t id = 0; id < OPTION_COUNT; id++)
        if (options[id].topic == topic)
            print_option(&options[id]);
}

/* The names of a command's options, a line or two a topic. */
static void print_option_names(unsigned command, enum option_topic but)
{
    for (enum option_topic topic = 0; topic < TOPIC_COUNT; topic++) {
        int at = 0;
        for (size_t id = 0; id < OPTION_COUNT; id++) {
            const struct option *option = &options[id];
            char name[64];
            if (option->topic != topic || topic == but || !(option->commands & command))
                continue;
            if (at == 0)
                at = fprintf(output, "  %-10s", topics[topic].name);
            snprintf(name, sizeof name, "--%s", option->name);
            at = print_words(name, at, NAME_AT);
        }
        if (at > 0)
            fputc('\n', output);
    }
}

static void print_line(const char *name, const char *text)
{
    print_words(text, fprintf(output, "  %-10s", name), NAME_AT);
    fputc('\n', output);
}

static int print_overview(void)
{
    fprintf(output, "fernit keeps Airflow's Fernet key across rebuilds, restarts and replicas.\n\n"
                    "Commands:\n");
    for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        const char *words[COMMAND_COUNT + 1];
        command_words(command->name, words);
        if (!command->second) {
            print_line(command->name, command->summary);
        } else if (strcmp(command->second, *words) == 0) {
            int at = fprintf(output, "  %-10s", command->name);
            for (size_t i = 0; words[i]; i++)
                at = print_words(words[i], at, NAME_AT);
            fputc('\n', output);
        }
    }
    fprintf(output, "\nTopics:\n");
    for (enum option_topic topic = 0; topic < TOPIC_COUNT; topic++)
        if (topic_texts[topic])
            print_line(topics[topic].name, topics[topic].title);
    fprintf(output,
            "\n\"fernit help WORD\" explains a command, a topic, an option or a message's id.\n");
    return EXIT_GOOD;
}

/* The ids of all errors, or of all warnings. */
static void print_ids(const char *title, enum catalogue_level level)
{
    int at = 1;
    fprintf(output, "%s:\n ", title);
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_row *row = &catalogue[i];
        char id[64];
        if (!(row->levels & level))
            continue;
        snprintf(id, sizeof id, "%s%s", row->id,
                 row->security && level == CATALOGUE_WARNING ? "*" : "");
        at = print_words(id, at, 2);
    }
    fputc('\n', output);
}

static int print_list(void)
{
    fputs("\"fernit help ID\" explains each.\n\n", output);
    print_ids("Errors", CATALOGUE_ERROR);
    fputc('\n', output);
    print_ids("Warnings (* about security)", CATALOGUE_WARNING);
    return EXIT_GOOD;
}

/* What it means, and what to do: a paragraph each. */
static int print_row(const struct catalogue_row *row)
{
    static const char *const levels[] = {
        [CATALOGUE_ERROR] = "error",
        [CATALOGUE_WARNING] = "warning",
        [CATALOGUE_ERROR | CATALOGUE_WARNING] = "error or warning",
    };
    fprintf(output, "%s: %s%s\n", row->id, levels[row->levels],
            row->security ? ", about security" : "");
    for (const char *text = row->help; *text;) {
        char line[256];
        int length = (int)strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", length, text);
        fputs("\n ", output);
        print_words(line, 1, 2);
        fputc('\n', output);
        text += length;
        text += *text == '\n';
    }
    fputs("\nMore: fernit-messages(7)\n", output);
    return EXIT_GOOD;
}

static int print_topic(enum option_topic topic)
{
    fprintf(output, "%s: %s\n\n%s", topics[topic].name, topics[topic].title, topic_texts[topic]);
    if (topic != TOPIC_EXIT)
        fputc('\n', output);
    print_options(topic);
    return EXIT_GOOD;
}

/* The page of a command, or -1. */
static int print_command(const char *name)
{
    size_t page = 0;
    while (page < sizeof pages / sizeof *pages && strcmp(pages[page].name, name) != 0)
        page++;
    if (page == sizeof pages / sizeof *pages)
        return -1;
    unsigned taken = 0;
    for (enum command_id id = 0; id < COMMAND_COUNT; id++) {
        const struct command *command = &commands[id];
        char usage[64];
        if (strcmp(command->name, name) != 0)
            continue;
        snprintf(usage, sizeof usage, "fernit %s%s%s%s%s", name, command->second ? " " : "",
                 command->second ? command->second : "", command->arguments ? " " : "",
                 command->arguments ? command->arguments : "");
        if (command->second)
            fprintf(output, "%-42s%s\n", usage, command->summary);
        else
            fprintf(output, "%s\n", usage);
        taken |= command->options;
    }
    fprintf(output, "\n%s", pages[page].text);
    print_options(pages[page].own);
    if (taken)
        fprintf(output, "\nOptions, each explained by \"fernit help TOPIC\":\n");
    print_option_names(taken, pages[page].own);
    return EXIT_GOOD;
}

static int no_page(const char *word)
{
    const char *names[COMMAND_COUNT + TOPIC_COUNT + OPTION_COUNT + CATALOGUE_MOST + 3];
    size_t count = 0;
    command_words(NULL, names);
    while (names[count])
        count++;
    for (enum option_topic topic = 0; topic < TOPIC_COUNT; topic++)
        if (topic_texts[topic])
            names[count++] = topics[topic].name;
    for (size_t i = 0; i < catalogue_count; i++)
        names[count++] = catalogue[i].id;
    names[count++] = all_messages;
    names[count++] = all_warnings;
    option_names(ORIGIN_FLAG, names + count);
    struct error err = {0};
    unknown_word(&(struct unknown){.before = "",
                                   .word = word + strspn(word, "-"),
                                   .what = "a command, a topic, an option or an id",
                                   .names = names,
                                   .prefix = "fernit help ",
                                   .otherwise = "fernit help lists commands and topics"},
                 &err);
    return report_unstarted(&err, EXIT_USAGE);
}

int help_print(const char *word)
{
    output = stdout;
    if (!word || strcmp(word, "help") == 0)
        return print_overview();
    if (print_command(word) == EXIT_GOOD)
        return EXIT_GOOD;
    for (enum option_topic topic = 0; topic < TOPIC_COUNT; topic++)
        if (topic_texts[topic] && strcmp(topics[topic].name, word) == 0)
            return print_topic(topic);
    const struct catalogue_row *row = catalogue_named(word);
    if (row)
        return print_row(row);
    if (strcmp(word, all_messages) == 0 || strcmp(word, all_warnings) == 0)
        return print_list();
    const char *name = word + (strncmp(word, "--", 2) == 0 ? 2 : 0);
    size_t id = option_named(name, strlen(name), false);
    if (id == OPTION_COUNT)
        return no_page(word);
    enum option_topic topic = options[id].topic;
    return topic_texts[topic] ? print_topic(topic) : print_command(topics[topic].name);
}

void help_usage(FILE *stream)
{
    output = stream;
    print_overview();
}
