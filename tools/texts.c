#include "tools/texts.h"

const char *const option_texts[OPTION_COUNT] = {
    [OPTION_STORE] = "the folder, on a volume, that keeps the key",
    [OPTION_STORE_MODE] =
        "mode of the files in the store and of a new `airflow.cfg`; `0640` and `0660` share them "
        "with a group, as containers with arbitrary uids and group 0 need",
    [OPTION_SECRET_FILE] =
        "one more file to look for a mounted key in (repeatable; a comma list in the variable)",
    [OPTION_CMD_TIMEOUT] = "how long a `_CMD` may take: `500ms`, `10s`, `2m`",
    [OPTION_DELIVER] =
        "how the command gets the key: in its environment, in `airflow.cfg` or in both",
    [OPTION_ON_CHANGE] =
        "[what to do with a key](changing-keys.md) from outside that the store has never seen",
    [OPTION_MANAGE] =
        "[the secrets](sources.md#airflows-other-secrets) to find, store and deliver, a comma list",
    [OPTION_AIRFLOW_VERSION] =
        "[which Airflow](sources.md#which-airflow) the command is, such as `2.10.5`: it gets only "
        "the names that this version knows; `found`: fernit finds the version",
    [OPTION_STRICT] = "refuse where a [warning](messages.md#warnings) would concern security",
    [OPTION_SINGLE_WRITER] = "of `init` and of the commands that change the store: change it "
                             "although its locks do not reach other hosts; on one host at a time",
    [OPTION_YES] = "of `key promote`, `retire`, `unretire`, `destroy`: make the change; without it "
                   "they only say what they would do; on the command line alone",
    [OPTION_CONFIG] = "a file with settings, `option = value` under `[fernit]`",
    [OPTION_LOG_FORMAT] = "the format of fernit's lines: for people, or [each one JSON "
                          "object](messages.md#logs-for-programs)",
    [OPTION_JSON] = "of `status`: one JSON object, for programs",
    [OPTION_RUN_COMMANDS] = "of `status`: run the `_CMD` that a start would run",
    [OPTION_USER] = "[become this user](process-1.md#another-user), by name or number, before "
                    "fernit looks at anything",
    [OPTION_NO_NEW_PRIVS] = "the command and its children can gain no rights, by sudo for example",
    [OPTION_WAIT_FOR] = "[wait](process-1.md#waiting-for-the-database) before the command until a "
                        "process listens: `db`, `broker`, `tcp://HOST:PORT`, `unix:/PATH` "
                        "(repeatable; a comma list in the variable)",
    [OPTION_INIT] =
        "stay, as process 1 or not, and supervise the command; the other options here need it",
    [OPTION_SIGNAL_SCOPE] =
        "[which processes get a signal](process-1.md#which-processes-get-a-signal): `auto` is "
        "`group`, but `child` for a worker, a task, or with `DUMB_INIT_SETSID=0`",
    [OPTION_SETSID] = "give the command a session of its own, and the terminal with it",
    [OPTION_REWRITE] = "forward one signal as another, or not at all: `HUP:0` (repeatable)",
    [OPTION_GRACE] = "after the command's end send TERM to what is left, and KILL after this time",
    [OPTION_OK_EXIT] = "report this status as 0, such as `143` (repeatable)",
    [OPTION_PDEATHSIG] =
        "get this signal when the process that started fernit ends, and forward it",
};

const char *const command_texts[COMMAND_COUNT] = {
    [COMMAND_RUN] = "Finds the key, or creates one and saves it in the store, delivers it, and "
                    "executes COMMAND. With `--init` it stays, and supervises COMMAND. COMMAND is "
                    "the first word that is no option; `--` may stand before it.",
    [COMMAND_INIT] = "Does the same without a command, for init containers and one-off jobs.",
    [COMMAND_STATUS] =
        "Shows each source that is set (`--verbose`: all sources), the store, `airflow.cfg`, what "
        "a "
        "start would do, and last the warnings and errors with their hints. Changes nothing, "
        "prints no secret.",
    [COMMAND_KEY_GENERATE] = "Prints a new key and stores nothing.",
    [COMMAND_KEY_PRINT] = "Prints the key that a start would use, a comma list if there are "
                          "several. Never creates one.",
    [COMMAND_KEY_CHECK] = "Says whether FILE, or standard input for `-`, holds a key, and what is "
                          "wrong with it. Without FILE it checks what a start would use.",
    [COMMAND_KEY_FINGERPRINT] = "Prints the fingerprint, by which logs name the key in FILE. "
                                "Without FILE it takes what a start would use.",
    [COMMAND_KEY_PROMOTE] = "Moves the staged key, or the key FP, to the front of the key ring: it "
                            "encrypts from then on. Without FP it takes the only staged key.",
    [COMMAND_KEY_RETIRE] = "Moves the key FP from the key ring or the staged keys to the retired "
                           "ones. Without FP it takes all but the first.",
    [COMMAND_KEY_UNRETIRE] = "Moves the retired key FP to the end of the key ring.",
    [COMMAND_KEY_DESTROY] = "Erases the retired key FP. No other command ever erases a key.",
    [COMMAND_INSTALL] = "Copies fernit, and the helpers beside it, into the folder DIR, each whole "
                        "or not at all: an init container hands them to an image that does not "
                        "have them. Nothing is written if the same program is there already.",
    [COMMAND_VERSION] = "Prints the version; `fernit --version` is the same.",
    [COMMAND_HELP] = "Prints a page on a command, a topic or an option, or the overview. Every "
                     "command takes `--help`.",
};

const char *option_text(enum option_id id)
{
    return option_texts[id] ? option_texts[id] : options[id].help;
}
