#include "tools/texts.h"

const char *const option_texts[OPTION_COUNT] = {
    [OPTION_STORE] = "the folder, on a volume, that keeps the key",
    [OPTION_STORE_MODE] = "mode of the files in the store and of a new `airflow.cfg`; `0640` and "
                          "`0660` share them with a group, as containers "
                          "with arbitrary uids and group 0 need",
    [OPTION_SECRET_FILE] =
        "one more place to look for a mounted key (repeatable; a comma list in the variable)",
    [OPTION_CMD_TIMEOUT] = "how long a `_CMD` may take: `500ms`, `10s`, `2m`",
    [OPTION_DELIVER] = "how the command gets the key: by its environment, by `airflow.cfg` or by "
                       "both",
    [OPTION_ON_CHANGE] = "[what to do with a key](changing-keys.md) from outside that the store "
                         "has never seen",
    [OPTION_MANAGE] =
        "[the secrets](sources.md#airflows-other-secrets) to find, keep and deliver, a comma "
        "list",
    [OPTION_AIRFLOW_VERSION] = "[which Airflow](sources.md#which-airflow) the command is, such as "
                               "`2.10.5`: it gets only the "
                               "names that this one knows; `found`: fernit looks for it",
    [OPTION_STRICT] = "refuse where a [warning](messages.md#warnings) would speak of security",
    [OPTION_SINGLE_WRITER] =
        "of `init` and of the commands that change the store: change it although its locks do not "
        "reach other hosts; on one host at a time",
    [OPTION_YES] = "of `key promote`, `retire`, `unretire`, `destroy`: do it, and do not only say "
                   "what would be done; on the command line alone",
    [OPTION_CONFIG] = "a file with settings, `option = value` under `[fernit]`",
    [OPTION_LOG_FORMAT] = "how fernit's lines look: for people, or "
                          "[each one JSON object](messages.md#logs-for-programs)",
    [OPTION_JSON] = "of `status`: one JSON object, for programs",
    [OPTION_RUN_COMMANDS] = "of `status`: run the `_CMD` that a run would run",
    [OPTION_USER] =
        "[become this user](process-1.md#another-user), by name or number, before anything is "
        "looked at",
    [OPTION_NO_NEW_PRIVS] = "the command and what it starts can gain no rights, by sudo for one",
    [OPTION_WAIT_FOR] =
        "[wait](process-1.md#waiting-for-the-database) before the command until somebody listens: "
        "`db`, `broker`, `tcp://HOST:PORT`, `unix:/PATH` (repeatable; a comma list "
        "in the variable)",
    [OPTION_INIT] =
        "stay, as process 1 or not, and supervise the command; the other options here need it",
    [OPTION_SIGNAL_SCOPE] =
        "[whom signals are for](process-1.md#which-processes-get-a-signal): `auto` is `group`, but "
        "`child` for a worker, a task, or with `DUMB_INIT_SETSID=0`",
    [OPTION_SETSID] = "give the command a session of its own, and the terminal with it",
    [OPTION_REWRITE] = "pass one signal on as another, or not at all: `HUP:0` (repeatable)",
    [OPTION_GRACE] =
        "after the command's end TERM what it has left behind, and KILL it after this time",
    [OPTION_OK_EXIT] = "report this status as 0, such as `143` (repeatable)",
    [OPTION_PDEATHSIG] =
        "get this signal when the process that started fernit ends, and pass it on",
};

const char *const command_texts[COMMAND_COUNT] = {
    [COMMAND_RUN] = "Finds the key, or makes one and keeps it in the store, delivers it, and "
                    "executes COMMAND; with `--init` it stays, and supervises it. COMMAND is the "
                    "first word that is no option; `--` may stand before it.",
    [COMMAND_INIT] = "Does the same without a command, for init containers and one-off jobs.",
    [COMMAND_STATUS] =
        "Shows every source with what was found there, the store, `airflow.cfg`, what a run would "
        "do, and what to do about each problem. Changes nothing, prints no secret.",
    [COMMAND_KEY_GENERATE] = "Prints a new key and stores nothing.",
    [COMMAND_KEY_PRINT] = "Prints the key that a run would use, a comma list where there are "
                          "several. Never makes one.",
    [COMMAND_KEY_CHECK] = "Says whether FILE, or standard input for `-`, holds a key, and what is "
                          "wrong with it; without FILE, of what a run would use.",
    [COMMAND_KEY_FINGERPRINT] =
        "Prints the name by which logs speak of the key in FILE, or of what a run would use.",
    [COMMAND_KEY_PROMOTE] = "Brings the staged key to the front of the ring, or the key FP: it "
                            "encrypts from then on. Without FP the only one that is staged.",
    [COMMAND_KEY_RETIRE] = "Takes the key FP out of the ring, or out of what is staged, to the "
                           "retired ones; without FP all but the first.",
    [COMMAND_KEY_UNRETIRE] = "Brings the retired key FP back, to the end of the ring.",
    [COMMAND_KEY_DESTROY] = "Erases the retired key FP. Nothing else ever erases a key.",
    [COMMAND_INSTALL] = "Copies fernit, and those of its helpers that lie beside it, into the "
                        "folder DIR, each whole or "
                        "not at all: an init container hands them on to an image that does not "
                        "have them. What is there "
                        "already is left alone.",
    [COMMAND_VERSION] = "Prints the version; `fernit --version` is the same.",
    [COMMAND_HELP] = "Prints a page on a command, a topic or an option, or the overview. Every "
                     "command takes `--help`.",
};

const char *option_text(enum option_id id)
{
    return option_texts[id] ? option_texts[id] : options[id].help;
}
