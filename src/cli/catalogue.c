#include "cli/catalogue.h"

#include <string.h>

enum { ERROR = CATALOGUE_ERROR, WARNING = CATALOGUE_WARNING };

const struct catalogue_row catalogue[] = {
    /* Errors. First those of base/error.c, for an error that has no id of its own. */
    {"usage",
     "An option or a setting is wrong.\n"
     "See \"fernit help COMMAND\".",
     ERROR, false},
    {"input",
     "A URL, a line of a file or a variable is wrong.\n"
     "Change it where the message says: the place stands before the fault.",
     ERROR, false},
    {"system",
     "A system call failed.\n"
     "Remove the reason at the end of the message.",
     ERROR, false},
    {"refused",
     "fernit could continue, but not safely.\n"
     "The hints below the message say what allows it.",
     ERROR, false},

    /* The keys, and what they come from. */
    {"invalid-key",
     "A source holds no Fernet key: 44 characters of base64.\n"
     "Give the whole key there: what was saved with it needs that very key.",
     ERROR, false},
    {"set-twice",
     "A variable and the same with _FILE are both set.\n"
     "Unset one.",
     ERROR, false},
    {"failed-command",
     "A ..._CMD failed or was slow.\n"
     "Run it by hand. If it is slow, set --cmd-timeout.",
     ERROR, false},
    {"refused-change",
     "A key is new, and --on-change is refuse.\n"
     "If it is meant, start once with --on-change keep.",
     ERROR, false},
    {"no-key",
     "No source holds a key.\n"
     "See \"fernit status\": it may be another store.",
     ERROR, false},
    {"no-volume",
     "No key was found, and a new one would be lost: the store is on no volume.\n"
     "Mount a volume at the folder of --store, or give the key of your connections in "
     "FERNET_KEY.",
     ERROR, false},

    /* The store. */
    {"lost-ring",
     "The store's key file is gone: files beside it show that it existed.\n"
     "Put back a backup, or give the key in FERNET_KEY.",
     ERROR | WARNING, false},
    {"damaged-key",
     "A file in the store holds no whole key.\n"
     "Put back a backup.",
     ERROR, false},
    {"unsafe-file",
     "Another user could write this file, or it is a link.\n"
     "Find out who wrote it, then chown and chmod it.",
     ERROR, false},
    {"store-owner",
     "A file or folder has the wrong owner.\n"
     "chown it, or start fernit as its owner.",
     ERROR, false},
    {"lock-held",
     "Another fernit holds a lock.\n"
     "Set a longer --lock-timeout, or end it if it hangs.",
     ERROR, false},
    {"unfinished-key",
     "Another start has not finished the key.\n"
     "If it is dead, run what the hint says.",
     ERROR, false},

    /* airflow.cfg, the user, waiting, the command. */
    {"interrupted-write",
     "fernit was killed while it wrote airflow.cfg.\n"
     "Check the file, then move the copy away.",
     ERROR, false},
    {"user-change",
     "fernit cannot become --user.\n"
     "Start as root with SETUID and SETGID, or as that user.",
     ERROR, false},
    {"no-answer",
     "A target of --wait-for does not answer.\n"
     "Check it, or set --wait-timeout.",
     ERROR, false},
    {"command-not-found",
     "COMMAND or its interpreter is missing.\n"
     "Correct its name or PATH.",
     ERROR, false},
    {"command-not-run",
     "COMMAND cannot be run.\n"
     "chmod a+x it, add #!/bin/sh, or check its processor.",
     ERROR, false},
    {"sandbox",
     "The system gives no random bytes.\n"
     "Allow getrandom(2) in the seccomp profile.",
     ERROR, false},

    /* Commands that change keys. */
    {"unknown-key",
     "The store has no such key, or several.\n"
     "Give a fingerprint that \"fernit status\" shows.",
     ERROR, false},
    {"key-in-use",
     "The key encrypts, or a source gives it.\n"
     "First promote another one, or remove it there.",
     ERROR, false},
    {"not-confirmed",
     "Nothing was changed yet.\n"
     "To do it, add --yes.",
     ERROR, false},

    /* Warnings. First what the sources hold: resolve/remark.c. */
    {"empty-value",
     "An empty variable or line is ignored.\n"
     "Remove it, or give it the key.",
     WARNING, false},
    {"broken-source",
     "A source below the one in use is broken.\n"
     "Repair it.",
     WARNING, false},
    {"unused-source",
     "A ..._CMD or ..._SECRET is not used any more.\n"
     "Keep its key while it may be needed.",
     WARNING, false},
    {"other-key",
     "Two sources hold different keys.\n"
     "Add the lower one to the upper list.",
     WARNING, false},
    {"changed-key",
     "A new key encrypts, the old ones decrypt.\n"
     "Restart all, rotate, retire: \"fernit help changes\".",
     WARNING, false},
    {"staged-key",
     "A new key only decrypts.\n"
     "When all have restarted: \"fernit key promote --yes\".",
     WARNING, false},
    {"replaced-key",
     "A new key replaced the old ones.\n"
     "If you need one: \"fernit key unretire\".",
     WARNING, false},
    {"retired-key",
     "A source gives a retired key.\n"
     "Give the new one there.",
     WARNING, false},
    {"other-first",
     "A source and the store differ in the first key.\n"
     "Give all the same order.",
     WARNING, false},
    {"fewer-keys",
     "docker exec gets fewer keys than are stored.\n"
     "Use \"fernit run\" there.",
     WARNING, false},
    {"joined-key",
     "A key of a lower source also decrypts.\n"
     "Give all the same keys.",
     WARNING, false},
    {"dropped-key",
     "An old key or secret in airflow.cfg is not used.\n"
     "Nothing to do.",
     WARNING, false},
    {"published-key",
     "Everybody knows this secret: it is published.\n"
     "Create a new one: \"fernit help changes\".",
     ERROR | WARNING, true},
    {"readable-store",
     "Every user can read the key.\n"
     "chmod o-r the file.",
     WARNING, true},
    {"modeless-store",
     "The store's volume has no modes: all can replace the key.\n"
     "Mount it with modes, or use another.",
     WARNING, true},
    {"other-owner",
     "Root created a file that its folder's owner cannot use.\n"
     "chown it, or set --user.",
     WARNING, false},

    {"misnamed-secret",
     "Airflow ignores this name.\n"
     "Rename it as the hint says.",
     WARNING, false},
    {"own-key",
     "The command creates a Fernet key at each start.\n"
     "Remove that line.",
     WARNING, true},
    {"unknown-variable",
     "This FERNIT_ variable is no setting.\n"
     "Correct or unset it.",
     WARNING, false},
    {"key-only-in-cfg",
     "The key is lost with airflow.cfg.\n"
     "Give a volume: --store DIR.",
     WARNING, false},
    {"unkept-secret",
     "A secret was not saved in the store.\n"
     "Mount its volume writable.",
     WARNING, false},
    {"cfg-without-key",
     "airflow.cfg has no fernet_key: see --manage.\n"
     "Set the key in the environment.",
     WARNING, false},
    {"option-file-left",
     "Only \"fernit run\" reads this _FILE.\n"
     "Start Airflow with it.",
     WARNING, false},
    {"cfg-left-behind",
     "With --user Airflow reads another airflow.cfg.\n"
     "Move it, or set AIRFLOW_HOME.",
     WARNING, false},
    {"cfg-not-written",
     "airflow.cfg is not writable: docker exec may lack the key.\n"
     "Mount it writable, or set AIRFLOW__CORE__FERNET_KEY.",
     WARNING, false},
    {"readable-cfg",
     "Every user can read the secrets in airflow.cfg.\n"
     "chmod o-r it, or --deliver env.",
     WARNING, true},
    {"shown-secret",
     "Airflow shows a secret of airflow.cfg.\n"
     "Move or remove the line.",
     WARNING, true},

    /* The supervisor's. */
    {"dumb-init-signals-all",
     "dumb-init also signals the tasks.\n"
     "Set DUMB_INIT_SETSID=0, or remove it.",
     WARNING, false},
    {"not-executed-anew",
     "fernit runs, but could not execute itself again.\n"
     "See why: noexec, seccomp.",
     WARNING, false},
    {"signal-not-passed",
     "The command is another user's: it gets no signal.\n"
     "Set --user, or run fernit as root.",
     WARNING, false},
    {"left-to-others",
     "Another user's processes are left.\n"
     "Run fernit as root or that user.",
     WARNING, false},
    {"left-unseen",
     "--grace cannot see what is left.\n"
     "Mount /proc.",
     WARNING, false},
};

const size_t catalogue_count = sizeof catalogue / sizeof *catalogue;

_Static_assert(sizeof catalogue / sizeof *catalogue <= CATALOGUE_MOST, "CATALOGUE_MOST");

const struct catalogue_row *catalogue_named(const char *id)
{
    for (size_t i = 0; i < catalogue_count; i++)
        if (strcmp(catalogue[i].id, id) == 0)
            return &catalogue[i];
    return NULL;
}

bool warning_is_security(const char *id)
{
    const struct catalogue_row *row = catalogue_named(id);
    return row && row->security;
}
