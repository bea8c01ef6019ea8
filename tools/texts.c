#include "tools/texts.h"

#include <string.h>

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

static const struct message_text message_texts[] = {
    {"usage", NULL,
     "A word on the command line, in a `FERNIT_*` variable or in `fernit.ini` is no command, no "
     "option or no value that the option takes.",
     "Correct it. `fernit help COMMAND` lists the options of a command."},
    {"input", NULL,
     "A value or a file is wrong: a URL, a line of `airflow.cfg`, a mounted file. The message "
     "begins with its place.",
     "Correct it there. `fernit status` shows all sources and what is wrong with each."},
    {"system", NULL,
     "A system call failed. The message names the file, and ends with the reason of the kernel: no "
     "space, no permission, no memory.",
     "Remove the reason, and start again. fernit changed nothing, or finishes at the next start "
     "what it began."},
    {"refused", NULL,
     "fernit could continue, but a key or a secret would be at risk, or an option forbids it. "
     "(`--strict` makes each warning about security an error, with the same id.)",
     "Do what a hint says."},
    {"invalid-key", "`...: ... has ... bytes, a Fernet key has 32`",
     "A source holds something that is no Fernet key: a part of one, a template, a path, two keys "
     "without a comma. A key is 32 bytes in base64: 44 characters.",
     "Give the whole key. A new key cannot read what the old one has encrypted: give one only if "
     "nothing was encrypted yet."},
    {"set-twice", "`...: is set, and ... is set, too`",
     "A variable and the same variable with `_FILE` are both set, and fernit does not choose.",
     "Unset one of them."},
    {"failed-command", "`AIRFLOW__CORE__FERNET_KEY_CMD: ...`",
     "The `_CMD` of a key could not be run, failed, was too slow, or printed nothing or too much.",
     "Run it by hand, and read what it prints. If it is slow, set a longer `--cmd-timeout`."},
    {"refused-change", "`...: ... is new to ..., and --on-change is refuse`",
     "A source brings a key that the store has never seen, and `--on-change refuse` forbids it. "
     "fernit changed nothing.",
     "If it is meant, start once with `--on-change keep` or `--on-change stage`. If not, remove it "
     "from the source."},
    {"no-key", "`there is no key yet`",
     "No source holds a key, and this command never creates one.",
     "`fernit status` shows where fernit looked. `fernit init` creates a key."},
    {"no-volume", "`no Fernet key was found, and none was created: ... is on ...`",
     "No source holds a key, and the store is on no volume: on the container's own writable layer, "
     "in memory or on an anonymous volume. A new key would be lost with the container, and nobody "
     "could read the connections that were saved with it.",
     "Mount a volume at the store: `docker run -v fernit:/var/lib/fernit`, a PersistentVolumeClaim "
     "in Kubernetes. If there are connections already, give their key in `FERNET_KEY`. For a test, "
     "`--allow-ephemeral` creates a key that is lost with the container."},
    {"lost-ring", "`... is missing, and staged or retired keys beside it show that there was one`",
     "The store's `fernet_key` is gone, although staged or retired keys, or other secrets beside "
     "it, show that there was one. If a source gives a key, this is a warning: what the file held "
     "is not in the key ring. If no source gives one, it is an error, and fernit creates no other "
     "key.",
     "Put back a backup of it, or give the key once in `FERNET_KEY`, or bring a retired key back: "
     "`fernit key unretire FP --yes`."},
    {"damaged-key", "`/var/lib/fernit/fernet_key: ...`",
     "A file in the store is empty, or holds no whole key, or one in `retired/` holds another key "
     "than its name says. fernit does not change it.",
     "Put back a backup of it: `printf %s KEY > FILE`. An empty `fernet_key.staged` can be "
     "removed."},
    {"unsafe-file",
     "`...: can be written by every user`, `...: is owned by uid ..., and only root, ... may own "
     "it`, `...: is a symbolic link, which a store file must not be`",
     "Another user could have written this file, and replaced the key in it.",
     "Find out who wrote it. If it is right, correct its owner and mode: `chown`, `chmod go-w`. If "
     "not, move it away, and put back a backup."},
    {"store-owner",
     "`...: a new one would be owned by uid ...`, `...: its owner is not known in this user "
     "namespace`",
     "A file or folder belongs to another user, so that fernit cannot use it, or the process that "
     "needs it could not.",
     "Give it to the user that fernit runs as: `chown`, `fsGroup` in Kubernetes, or the option `U` "
     "of a volume of podman. Or start fernit as its owner."},
    {"lock-held",
     "`...: another fernit has held the lock for too long`, `...: another fernit has been writing "
     "it for too long`",
     "Another fernit changes the store or `airflow.cfg`, and has not finished in time.",
     "`--lock-timeout` waits longer. If the other one hangs, end it."},
    {"unfinished-key", "`...: another start began to write it, and has not finished`",
     "On a file system without links and locks a start writes the key in place. It is still at "
     "work, or it was killed.",
     "If no other fernit runs, run the command in the hint, once."},
    {"interrupted-write",
     "`...: fernit was killed while it wrote this file, and it was edited since`, `...: is not a "
     "copy that fernit wrote`",
     "fernit was killed while it wrote a bind-mounted `airflow.cfg`, and cannot tell what the file "
     "should hold.",
     "Check that `airflow.cfg` is complete, then move the copy away that the hint names."},
    {"user-change", "`fernit runs as ..., and only root can become ...`, `cannot set ...`",
     "fernit cannot become the user of `--user`, or could become root again.",
     "Start the container as root, with the capabilities SETUID and SETGID. Or start it as that "
     "user (`USER`, `docker run --user`, `runAsUser`), without `--user`."},
    {"no-answer", "`... has not answered within ...: ...`",
     "What `--wait-for` names did not answer in time. The end of the message is what the last "
     "attempt met.",
     "Check that it runs, that it listens at that address and port, and that its name is right. "
     "`--wait-timeout` waits longer."},
    {"command-not-found", "`...: is not on the command's PATH`",
     "The command does not exist, or the interpreter in its first line does not. Status 127.",
     "Correct its name, its path, or `PATH`."},
    {"command-not-run", "`...: cannot be run`",
     "The command exists, and cannot be run: no permission, no first line such as `#!/bin/sh`, or "
     "a program for another processor. Status 126.",
     "Run `chmod a+x` on it, add the line, or see for which platform the image was built."},
    {"sandbox", "`libsodium cannot get random bytes`",
     "The system forbids fernit to draw random bytes.",
     "Allow `getrandom` in the seccomp profile."},
    {"unknown-key",
     "`there is no key ...`, `... are several keys: give more digits`, `no key is staged`",
     "The store holds no key with this fingerprint, or several, or no staged key.",
     "Give one of the fingerprints that the hints and `fernit status` show."},
    {"key-in-use",
     "`... is the ... that is used now`, `...: still holds ..., and the next start would bring it "
     "back`",
     "The key that is to be retired or destroyed encrypts, or a source still gives it.",
     "Put another key in front with `fernit key promote FP --yes`, give another one in the source, "
     "or "
     "remove it there. Then restart every process."},
    {"not-confirmed", "`nothing was changed: --yes is missing`",
     "The command has shown what it would do.", "Run it again with `--yes`."},
    {"empty-value", NULL,
     "A variable or a line of `airflow.cfg` is there and empty. It is ignored. In its own variable "
     "and line Airflow reads this as \"store passwords in plain text\". If a second variable of "
     "the same name has a value, the empty one hides it: the hint says so.",
     "Remove it, or give it the key."},
    {"broken-source", NULL,
     "A source below the one in use is named, and missing or broken. Without the source in use it "
     "would end the start.",
     "Repair it as its message says."},
    {"unused-source", NULL,
     "Airflow has asked a command or a `_SECRET` so far, or a key is beside a `_SECRET` in use; it "
     "is not used any more.",
     "See which one has encrypted your connections. Keep its key while anything that it encrypted "
     "is left."},
    {"other-key", NULL,
     "Two sources hold different keys. fernit uses the upper one. What the other has encrypted "
     "cannot be read.",
     "If anything that it encrypted is left, add it to the list of the upper one."},
    {"changed-key", NULL,
     "A variable, command or file brings a new key, and the store saves it: it encrypts from now "
     "on, the old keys still decrypt. Processes with the old key ring cannot read what the new key "
     "encrypts.",
     "Restart every process; run `fernit run -- airflow rotate-fernet-key`, then `fernit key "
     "retire --yes`."},
    {"staged-key", NULL,
     "The new key waits in the store, `--on-change stage`: it decrypts, and does not encrypt yet.",
     "When every process has restarted once: `fernit key promote --yes`."},
    {"replaced-key", NULL,
     "The new key has replaced stored ones, `--on-change replace`: what the named keys have "
     "encrypted cannot be read. They are in `retired/`.",
     "If you need one: `fernit key unretire FP --yes`."},
    {"retired-key", NULL,
     "A variable, command or file brings a retired key. fernit uses it here, and does not store "
     "it.",
     "Give the new key there, or bring the old one back for all: `fernit key unretire FP --yes`."},
    {"other-first", NULL,
     "A variable, command or file puts one key of the store first, and the store another: a change "
     "was rolled back, or has not reached this container. All processes can read, but they encrypt "
     "with different keys, and neither key may be retired.",
     "Give the same first key everywhere, or `fernit key promote FP --yes` the one that you want."},
    {"fewer-keys", NULL,
     "The container's own variable or command, or the command in `airflow.cfg`, gives fewer keys "
     "than the store has. What fernit starts gets all of them. What `docker exec` starts gets only "
     "those, and cannot read what the others have encrypted.",
     "Use `fernit run -- airflow ...` there. The warning ends when the old keys are retired, or it "
     "gives all."},
    {"joined-key", NULL,
     "A source holds a key that the source in use lacks. It comes last in the key ring: it "
     "decrypts.",
     "See what it has encrypted; give one key ring everywhere."},
    {"dropped-key", NULL,
     "`airflow.cfg` holds a retired key, or another secret than the one in use. fernit does not "
     "use it, and a start that writes the file replaces it.",
     "Nothing, if that is right."},
    {"published-key", "`key ... is known to everybody, from ...`",
     "The key or secret is in a published compose file, image or chart (the message names it): "
     "everybody has it. fernit still uses it.",
     "A key: give `NEW,OLD` (`fernit key generate` prints one), run `fernit run -- airflow "
     "rotate-fernet-key`, then `fernit key retire --yes`. Another secret: give a new one, in the "
     "variable or file that has it, or once in its variable; the old one goes to `retired/`. "
     "Restart all that use it."},
    {"readable-store", NULL, "Every user of the system can read the store's file.",
     "`chmod o-r` it."},
    {"modeless-store", NULL,
     "The store is on a file system with one mode for all files: each user who reaches the volume "
     "can replace the key.",
     "Mount it with a mode and an owner of its own (`file_mode`, `umask`, `uid`), or use another "
     "volume."},
    {"other-owner", NULL,
     "Root created a file or folder that the owner of the folder around it cannot use: root may "
     "not chown it, or, without CAP_DAC_OVERRIDE, could not open it any more. Or root created "
     "`airflow.cfg` in a folder of root's where others may write, and they cannot read it: their "
     "Airflow silently skips it.",
     "Follow the hint: chown it, start fernit as that user (`--user`), or give it CAP_CHOWN and "
     "CAP_DAC_OVERRIDE."},
    {"misnamed-secret", NULL,
     "A variable such as `AIRFLOW_FERNET_KEY` or `AIRFLOW__SECRETS__JWT_SECRET` is set. Airflow "
     "and fernit both ignore it.",
     "If it holds a key that you need, rename it as the hint says."},
    {"own-key", NULL,
     "The command is a script, or the text of a shell's `-c`, that creates a Fernet key of its own "
     "(`generate_key`). That key may replace the one that fernit delivers, and is a different one "
     "at each start.",
     "Remove the line that the message names."},
    {"unknown-variable", NULL, "A `FERNIT_*` variable is no setting, and has no effect.",
     "Correct it; the message names the nearest setting. Give variables of your own another name."},
    {"key-only-in-cfg", NULL,
     "The key is only in `airflow.cfg`: a rebuild that loses the file loses the passwords of the "
     "connections.",
     "Give a volume (`--store DIR`): fernit then saves the key there."},
    {"unkept-secret", NULL,
     "The store cannot be written, or is lost with the container: a volume was forgotten, or is "
     "mounted elsewhere. fernit uses what was given or created and does not store it, or the store "
     "still has the old value.",
     "Mount the volume writable, or continue to give the secret."},
    {"cfg-without-key", NULL,
     "fernit created `airflow.cfg` without `fernet_key`, because `--manage` leaves it out. Airflow "
     "then stores passwords in plain text and cannot read encrypted ones, unless it gets the key "
     "another way.",
     "Let fernit manage `fernet_key`, or set it in Airflow's environment."},
    {"option-file-left", NULL,
     "`fernit init` has found the `_FILE` variable of an option that Airflow itself cannot read "
     "from a file: there is no command to give its value to.",
     "Start Airflow with `fernit run`."},
    {"cfg-left-behind", NULL,
     "With `--user` Airflow looks for `airflow.cfg` under that user's `HOME`, and no longer reads "
     "the one under the old `HOME`.",
     "Move it, set `AIRFLOW_HOME` to its folder, or remove it."},
    {"cfg-not-written", NULL,
     "`airflow.cfg` cannot be replaced: it is bind-mounted or read-only, or its owner could not "
     "read the new one. The command has its key; `docker exec` and pod templates do not see it. "
     "For `fernit init`: it has saved the key, and cannot create `airflow.cfg` at the default "
     "place.",
     "Follow the hint: mount it writable, give `--deliver cfg`, or set `AIRFLOW__CORE__FERNET_KEY` "
     "for the whole container. `init`: set "
     "`AIRFLOW_HOME` or `AIRFLOW_CONFIG`, or `--deliver env`."},
    {"readable-cfg", NULL,
     "fernit has written the secrets into an `airflow.cfg` that every user of the system can read. "
     "With `--strict` fernit refuses such a file whether it must be written or not.",
     "`chmod o-r` it, or `--deliver env`."},
    {"shown-secret", NULL,
     "`airflow.cfg` has a secret under a name that this Airflow does not know, so its "
     "configuration page shows the value. fernit cannot replace the file: it is bind-mounted or "
     "read-only. Or the secret is in `[DEFAULT]`: Airflow shows it under every other section, and "
     "fernit does not edit `[DEFAULT]`. With `--strict` such a start is refused.",
     "Remove the option from the file, or make the file writable. Move one in `[DEFAULT]` to the "
     "section that the hint names."},
    {"dumb-init-signals-all", NULL,
     "dumb-init is between fernit and a worker or task, and forwards each signal to all of its "
     "processes: TERM kills the running tasks, whatever `--signal-scope` says.",
     "`DUMB_INIT_SETSID=0`, or remove dumb-init: `fernit run --init` replaces it."},
    {"not-executed-anew", NULL,
     "The supervisor could not execute itself again; it has wiped its memory instead. The command "
     "runs, and is supervised.",
     "The message has the reason: a file system mounted noexec, a seccomp profile that forbids "
     "`execveat`."},
    {"signal-not-passed", NULL,
     "A signal could not be forwarded to the command, most often because the command has become "
     "another user.",
     "Let fernit change the user (`--user`), or run it as root."},
    {"left-to-others", NULL,
     "`--grace` has found processes of another user, which fernit may not end.",
     "Run fernit as root, or as the user who owns them."},
    {"left-unseen", NULL,
     "`--grace` needs `/proc` to find what the command has left, and there is none.",
     "Mount `/proc`."},
};

const struct message_text *message_text(const char *id)
{
    for (size_t i = 0; i < sizeof message_texts / sizeof *message_texts; i++)
        if (strcmp(message_texts[i].id, id) == 0)
            return &message_texts[i];
    return NULL;
}
