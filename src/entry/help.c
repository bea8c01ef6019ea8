#include "entry/help.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "entry/options.h"
#include "entry/report.h"

static const char overview[] =
    "fernit keeps Airflow's Fernet key across rebuilds, restarts and replicas.\n"
    "\n"
    "  fernit run [OPTIONS] [--] COMMAND [ARG...]   find or make the key, keep it, write\n"
    "                                               airflow.cfg, become COMMAND (--init:\n"
    "                                               supervise it)\n"
    "  fernit init [OPTIONS]                        the same without COMMAND\n"
    "  fernit status [--json] [--run-commands]      what a run would do, and why\n"
    "  fernit key generate                          print a new key, store nothing\n"
    "  fernit key print                             print the key that a run would use\n"
    "  fernit key check [FILE|-]                    is it one? without FILE: what a run uses\n"
    "  fernit key fingerprint [FILE|-]              the name under which logs speak of it\n"
    "  fernit key promote [FP] | retire [FP] | unretire FP | destroy FP\n"
    "                                               change the keys in the store (--yes)\n"
    "  fernit install DIR                           copy the programs into DIR\n"
    "  fernit version | help [COMMAND]\n"
    "\n"
    "\"fernit help run\" lists the options. Each is a variable, too, and a line in\n"
    "/etc/fernit.ini: --cmd-timeout 5s, FERNIT_CMD_TIMEOUT=5s, cmd_timeout = 5s.\n";

static const struct {
    const char *name;
    unsigned options;
    const char *text;
} pages[] = {
    {"run", FOR_RUN,
     "fernit run [OPTIONS] [--] COMMAND [ARG...]\n"
     "\n"
     "Looks for the key in this order, and the first that holds one counts:\n"
     "  1  AIRFLOW__CORE__FERNET_KEY\n"
     "  2  AIRFLOW__CORE__FERNET_KEY_CMD, ..._SECRET\n"
     "  3  FERNET_KEY\n"
     "  4  AIRFLOW__CORE__FERNET_KEY_FILE, FERNET_KEY_FILE, --secret-file, "
     "/run/secrets/fernet_key\n"
     "  5  the store\n"
     "  6  airflow.cfg: fernet_key, fernet_key_cmd, fernet_key_secret\n"
     "  7  nowhere: makes one, keeps it in the store, and only then uses it\n"
     "A source that is named and broken ends the run; it never leads to a new key.\n"
     "\n"
     "--init stays as process 1 (or any other): passes signals on, reaps, and holds no key in\n"
     "memory. A Celery worker gets its signals alone, any other command with all its group.\n"
     "\n"
     "Status: the command's own; 127 not found, 126 not runnable, 125 a failure of fernit's.\n"},
    {"init", FOR_INIT,
     "fernit init [OPTIONS]\n"
     "\n"
     "As run, without a command: for init containers and one-off jobs. Status 0, or 125.\n"},
    {"status", FOR_STATUS,
     "fernit status [--json] [--run-commands]\n"
     "\n"
     "Shows each source, the store, airflow.cfg and what a run would do. Changes nothing and\n"
     "prints no secret. Status 0, 1 where a run would be refused or something is broken.\n"},
    {"key", FOR_KEY | FOR_CHANGE,
     "fernit key generate | print | check [FILE|-] | fingerprint [FILE|-]\n"
     "fernit key promote [FP] | retire [FP] | unretire FP | destroy FP\n"
     "\n"
     "Without FILE the key that a run would use. Status 0, 1 no key or a bad one, 2 wrong "
     "usage.\n"
     "\n"
     "The second line changes the store. FP is a fingerprint, or its first digits, at least 4.\n"
     "  promote   a staged key comes to the front: it encrypts. Without FP the only staged one\n"
     "  retire    a key leaves the ring, for retired/. Without FP all but the first\n"
     "  unretire  a retired key comes back, to the end of the ring\n"
     "  destroy   erases a retired key. Nothing else ever erases one\n"
     "Without --yes each says what it would do, and ends with 1.\n"},
    {"install", FOR_INSTALL,
     "fernit install DIR\n"
     "\n"
     "Copies fernit, and those of fernit-db and fernit-fetch that lie beside it, into DIR, which "
     "is\n"
     "made if it is missing: for an init container, which hands them on in an emptyDir. What is\n"
     "there already is left alone. Status 0, 1 a problem, 2 wrong usage.\n"},
};

static void print_options(unsigned command)
{
    printf("\nOptions:\n");
    for (size_t id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &options[id];
        if (!option->help || !(option->commands & command))
            continue;
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->metavar ? " " : "",
                 option->metavar ? option->metavar : "");
        printf("  %-22s %s", left, option->help);
        if (option->fallback && option->kind != KIND_FLAG)
            printf(" [%s]", option->fallback);
        putchar('\n');
    }
}

int help_print(const char *command)
{
    if (!command || strcmp(command, "help") == 0 || strcmp(command, "version") == 0) {
        fputs(overview, stdout);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(pages[i].name, command) != 0)
            continue;
        fputs(pages[i].text, stdout);
        print_options(pages[i].options);
        return EXIT_GOOD;
    }
    log_error("there is no help on %s; \"fernit help\" lists the commands", command);
    return EXIT_USAGE;
}
