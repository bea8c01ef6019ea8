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
        "In this order; the first that holds a key counts:\n"
        "  1  AIRFLOW__CORE__FERNET_KEY\n"
        "  2  AIRFLOW__CORE__FERNET_KEY_CMD, ..._SECRET\n"
        "  3  FERNET_KEY\n"
        "  4  AIRFLOW__CORE__FERNET_KEY_FILE, FERNET_KEY_FILE, --secret-file,\n"
        "     /run/secrets/fernet_key\n"
        "  5  the store\n"
        "  6  airflow.cfg: fernet_key, fernet_key_cmd, fernet_key_secret\n"
        "  7  nowhere: makes one, keeps it in the store, and only then uses it\n"
        "A source that is named and broken ends the run, and never leads to a new key.\n",
    [TOPIC_STORE] =
        "An absolute path. It must outlive the container: a named volume, a bind mount,\n"
        "a persistent volume. Where it would not, no key is made. The keys are files:\n"
        "  fernet_key          the ring: the first key encrypts, all decrypt\n"
        "  fernet_key.staged   decrypts, and does not encrypt yet\n"
        "  retired/            kept, and used by no run\n",
    [TOPIC_CHANGES] =
        "A key from the sources 1 to 4, or from fernet_key_cmd in airflow.cfg, that the\n"
        "store has never seen:\n"
        "  keep     it encrypts from now on, the old ones still decrypt\n"
        "  stage    it only decrypts, until \"fernit key promote\": for rolling restarts\n"
        "  refuse   status 125, and nothing is changed\n"
        "  replace  it alone; the old ones are retired\n"
        "Nothing is erased, but by \"fernit key destroy\". Afterwards restart all, run\n"
        "\"fernit run -- airflow rotate-fernet-key\" and \"fernit key retire --yes\".\n",
    [TOPIC_DELIVERY] =
        "AIRFLOW__CORE__FERNET_KEY in the command's environment, and fernet_key in\n"
        "airflow.cfg ($AIRFLOW_CONFIG, else in $AIRFLOW_HOME, else in ~/airflow), which\n"
        "docker exec finds, too. A sensitive option of Airflow's that is given as a file,\n"
        "such as AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE, goes by the environment alone.\n",
    [TOPIC_USER] = "Started as root with --user, fernit reads mounted secrets and makes a missing\n"
                   "store as root; for all the rest it is that user, whose HOME counts. Without a\n"
                   "group he has those of /etc/group.\n",
    [TOPIC_SUPERVISE] =
        "Passes every signal on, reaps, holds no key in memory, ends with the command's\n"
        "status. Scope auto is the command alone for a Celery worker, which then finishes\n"
        "its tasks, and its group for all else. What follows --init needs it.\n",
    [TOPIC_WAITING] =
        "When the key is kept and airflow.cfg is written, before the command begins:\n"
        "  db              Airflow's sql_alchemy_conn, wherever the command will find it\n"
        "  broker          Celery's broker_url, the same way; without one and without a\n"
        "                  Celery executor nothing\n"
        "  tcp://HOST:PORT, unix:/PATH\n"
        "That somebody listens is enough. Too late is status 125. A TERM ends the wait.\n",
    [TOPIC_LOGS] =
        "Lines on standard error, never with a secret: keys stand there as fingerprints.\n"
        "After a warning fernit goes on. Each kind of warning has an id, which stays the\n"
        "same from version to version: --log-format json shows it.\n",
    [TOPIC_SETTINGS] =
        "Each option but --yes is also a variable and a line of fernit.ini:\n"
        "  --cmd-timeout 5s    FERNIT_CMD_TIMEOUT=5s    cmd_timeout = 5s\n"
        "The command line beats the environment, the environment beats the file. There\n"
        "a flag is yes or no, and what is repeatable a comma list. 500ms, 10s, 2m: times.\n"
        "A value that begins with \"-\" needs a \"=\" before it: --config=-x.\n",
    [TOPIC_EXIT] =
        "run     the command's own, or 128+N where signal N has ended it, or\n"
        "          125    a failure of fernit's own: a setting, a key, the store, a file\n"
        "          126    COMMAND is there and cannot be run\n"
        "          127    COMMAND is not there\n"
        "          128+N  signal N came before COMMAND had started\n"
        "init    0, 125 or 128+N, as above\n"
        "others  0 good; 1 a problem found, or --yes is missing; 2 wrong usage;\n"
        "          125 no memory\n",
};

static const struct {
    const char *name;
    enum option_topic own; /* whose options are shown in full; TOPIC_COUNT: none */
    const char *text;
} pages[] = {
    {"run", TOPIC_COUNT,
     "Finds Airflow's Fernet key, or makes one and keeps it; delivers it; then becomes\n"
     "COMMAND, or stays over it (--init). COMMAND is the first word that is no option.\n"
     "Its status is the command's own; 125 is a failure of fernit's (\"help exit\").\n"},
    {"init", TOPIC_COUNT,
     "Does what run does, but for the command: finds or makes the key, keeps it,\n"
     "writes airflow.cfg. For init containers and one-off jobs. Status 0, or 125.\n"},
    {"status", TOPIC_STATUS,
     "Shows each source, the store, airflow.cfg and what a run would do. Changes\n"
     "nothing, prints no secret. Status 0, or 1 where a run would be refused or\n"
     "something is broken.\n\n"},
    {"key", TOPIC_COUNT,
     "Without FILE what a run would use. FP is a fingerprint, or its first digits, at\n"
     "least 4; without FP promote takes the only staged key, retire all but the first.\n"
     "Without --yes the last four only say what they would do, and end with 1.\n"},
    {"install", TOPIC_COUNT,
     "Copies fernit, and its helpers beside it, into DIR, which is made if missing: an\n"
     "init container hands them on in an emptyDir. What is there is left alone.\n"},
    {"version", TOPIC_COUNT,
     "Prints one line, \"fernit " FERNIT_VERSION "\", and ends with 0.\n"
     "\"fernit --version\" is the same.\n"},
};

/* A word that has the page with all ids of warnings. */
static const char all_warnings[] = "warnings";

/* Where the page is printed to. */
static FILE *output;

/* Prints words, each behind a blank, from column `at` on; where one would not end before WIDTH it begins a line of
 * its own, at column `left`. Returns the column behind the last. */
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
    fprintf(output, "\n\"fernit help WORD\" tells more of a command, a topic or an option.\n");
    return EXIT_GOOD;
}

/* The ids of all warnings. */
static void print_warnings(void)
{
    int at = fprintf(output, " ");
    for (size_t i = 0; i < warning_count; i++) {
        char id[64];
        snprintf(id, sizeof id, "%s%s", warnings[i].id, warnings[i].security ? "*" : "");
        at = print_words(id, at, 2);
    }
    fputc('\n', output);
}

static int print_topic(enum option_topic topic)
{
    fprintf(output, "%s: %s\n\n%s", topics[topic].name, topics[topic].title, topic_texts[topic]);
    if (topic != TOPIC_EXIT)
        fputc('\n', output);
    print_options(topic);
    if (topic == TOPIC_LOGS) {
        fprintf(output, "\nWarnings, with * those about security:\n");
        print_warnings();
    }
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
    const char *names[COMMAND_COUNT + TOPIC_COUNT + OPTION_COUNT + WARNINGS_MOST + 2];
    size_t count = 0;
    command_words(NULL, names);
    while (names[count])
        count++;
    for (enum option_topic topic = 0; topic < TOPIC_COUNT; topic++)
        if (topic_texts[topic])
            names[count++] = topics[topic].name;
    for (size_t i = 0; i < warning_count; i++)
        names[count++] = warnings[i].id;
    names[count++] = all_warnings;
    option_names(ORIGIN_FLAG, names + count);
    struct error err = {0};
    unknown_word(&(struct unknown){.before = "",
                                   .word = word + strspn(word, "-"),
                                   .what = "a command, a topic, an option or a warning",
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
    if (strcmp(word, all_warnings) == 0 || warning_named(word))
        return print_topic(TOPIC_LOGS);
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
