#include "resolve/key_command.h"

#include <signal.h>
#include <time.h>

#include "airflow/managed.h"
#include "base/environment.h"
#include "folder.h"

static const struct signals no_signals = {.descriptor = -1};

static char *const environment[] = {"PATH=/usr/bin:/bin", "A=1", NULL};

static enum key_command_result run_for(const struct managed *secret, const char *text,
                                       const char *store, bool may_run, int64_t timeout,
                                       struct secret *output, struct error *err)
{
    const struct key_command command = {
        .text = text,
        .environment = environment,
        .store_path = store,
        .secret = secret,
        .timeout = timeout,
        .signals = &no_signals,
        .may_run = may_run,
    };
    return key_command_run(&command, output, err);
}

static enum key_command_result run(const char *text, const char *store, bool may_run,
                                   int64_t timeout, struct secret *output, struct error *err)
{
    return run_for(MANAGED_FERNET_KEY, text, store, may_run, timeout, output, err);
}

static const struct {
    const char *text;
    const char *store;
    enum key_command_result result;
} recognised[] = {
    {"fernit key print", "/s", KEY_COMMAND_OWN_STORE},
    {"  /usr/local/bin/fernit\tkey 'print' ", "/s", KEY_COMMAND_OWN_STORE},
    {"./fernit key print", "/s", KEY_COMMAND_OWN_STORE},
    {"cat /s/fernet_key", "/s", KEY_COMMAND_OWN_STORE},
    {"/bin/cat '/s/fernet_key'", "/s", KEY_COMMAND_OWN_STORE},
    {"cat /s/fernet_key", "/s/", KEY_COMMAND_OWN_STORE},
    {"cat /s//fernet_key", "/s", KEY_COMMAND_OWN_STORE},
    {"cat s/fernet_key", "s", KEY_COMMAND_OWN_STORE},
    {"cat '/a b/fernet_key'", "/a b", KEY_COMMAND_OWN_STORE},

    {"fernit", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit key", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit key generate", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit key print --store /other", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit --quiet key print", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit-fetch key print", "/s", KEY_COMMAND_NOT_RUN},
    {"fernit/x key print", "/s", KEY_COMMAND_NOT_RUN},
    {"echo key print", "/s", KEY_COMMAND_NOT_RUN},
    {"cat", "/s", KEY_COMMAND_NOT_RUN},
    {"cat /s/fernet_key2", "/s", KEY_COMMAND_NOT_RUN},
    {"cat /s/fernet_ke", "/s", KEY_COMMAND_NOT_RUN},
    {"cat /s2/fernet_key", "/s", KEY_COMMAND_NOT_RUN},
    {"cat /s/fernet_key /s/fernet_key", "/s", KEY_COMMAND_NOT_RUN},
    {"cat -- /s/fernet_key", "/s", KEY_COMMAND_NOT_RUN},
    {"tac /s/fernet_key", "/s", KEY_COMMAND_NOT_RUN},
    {"sh -c 'cat /s/fernet_key'", "/s", KEY_COMMAND_NOT_RUN},
    {"cat /run/secrets/fernet_key", "/s", KEY_COMMAND_NOT_RUN},

    {"cat '/s/fernet_key", "/s", KEY_COMMAND_FAILED},
    {"cat \\", "/s", KEY_COMMAND_FAILED},
};

static void commands_that_lead_back_to_us_are_recognised(void **state)
{
    (void)state;
    foreach(row, recognised) {
        struct error err = {0};
        struct secret output = {0};
        enum key_command_result result = run(row->text, row->store, false, 1000, &output, &err);
        if (result != row->result || output.bytes)
            fail_msg("%s, store %s: %d", row->text, row->store, (int)result);
        if ((result == KEY_COMMAND_FAILED) != (err.kind == ERROR_INPUT))
            fail_msg("%s: says %s", row->text, err.message);
    }
}

/* `fernit key print` prints the Fernet key; of another secret only the file's own name leads back. */
static void each_secret_has_a_file_of_its_own(void **state)
{
    (void)state;
    foreach(secret, managed_secrets)
        foreach(other, managed_secrets) {
            struct error err = {0};
            struct secret output = {0};
            char text[64];
            snprintf(text, sizeof text, "cat /s/%s", other->name);
            enum key_command_result wanted =
                secret == other ? KEY_COMMAND_OWN_STORE : KEY_COMMAND_NOT_RUN;
            if (run_for(secret, text, "/s", false, 1000, &output, &err) != wanted)
                fail_msg("%s, of %s", text, secret->name);
            wanted = secret == MANAGED_FERNET_KEY ? KEY_COMMAND_OWN_STORE : KEY_COMMAND_NOT_RUN;
            if (run_for(secret, "fernit key print", "/s", false, 1000, &output, &err) != wanted)
                fail_msg("key print, of %s", secret->name);
        }
}

static const struct {
    int line;
    const char *text;
    const char *output; /* NULL: it fails, and says: */
    const char *says;
} runs[] = {
    {ROW, "echo key", "key\n", NULL},
    {ROW, "printf %s key", "key", NULL},
    {ROW, "true", "", NULL},
    {ROW, "/bin/echo  'a  b'  \"c\"", "a  b c\n", NULL},
    {ROW, "echo $A ${A} ~ * | cat # c", "$A ${A} ~ * | cat # c\n", NULL},
    {ROW, "sh -c 'echo $A$FERNIT_IN_COMMAND'", "11\n", NULL},
    {ROW, "sh -c 'cat; echo end'", "end\n", NULL},
    {ROW, "sh -c 'echo a; sleep 0.05; echo b'", "a\nb\n", NULL},
    {ROW, "sh -c 'head -c 65536 /dev/zero | tr \"\\0\" x | wc -c'", "65536\n", NULL},

    {ROW, "false", NULL, "false: ended with status 1"},
    {ROW, "sh -c 'echo hunter2; exit 3'", NULL, "sh: ended with status 3"},
    {ROW, "sh -c 'kill -9 $$'", NULL, "sh: was ended by signal 9"},
    {ROW, "nop hunter2", NULL, "nop: "},
    {ROW, "no-such-program hunter2", NULL, "the command: "},
    {ROW, "/no/such/program hunter2", NULL, "/no/such/program: "},
    {ROW, "''", NULL, ": "},
    {ROW, "./plain hunter2", NULL, "./plain: "},
    {ROW, "/tmp hunter2", NULL, "/tmp: "},
    {ROW, "head -c 65537 /dev/zero", NULL, "head: wrote more than 65536 bytes"},
    {ROW, "yes hunter2", NULL, "yes: wrote more than 65536 bytes"},
};

static void what_it_prints_comes_back_or_why_it_failed(void **state)
{
    (void)state;
    write_bytes("plain", "hunter2", 7, 0644);
    foreach(row, runs) {
        struct error err = {0};
        _cleanup_secret_ struct secret output = {0};
        enum key_command_result result = run(row->text, "/s", true, 20000, &output, &err);
        if (result != (row->output ? KEY_COMMAND_RAN : KEY_COMMAND_FAILED))
            fail_row(row, "result %d: %s", (int)result, err.message);
        if (row->output &&
            (output.length != strlen(row->output) || strcmp(output.bytes, row->output) != 0))
            fail_row(row, "printed %s", output.bytes);
        if (row->says && (!strstr(err.message, row->says) || strstr(err.message, "hunter2") ||
                          (err.kind != ERROR_INPUT && err.kind != ERROR_SYSTEM)))
            fail_row(row, "says %s", err.message);
    }
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Neither one that hangs, nor one that closed its output, nor one whose child holds it open. */
static void one_that_does_not_end_in_time_is_killed_with_its_children(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "sleep 60",
        "sh -c 'echo x; exec >&-; sleep 60'",
        "sh -c 'trap \"\" TERM; sleep 60 & echo $! >child; wait'",
    };
    foreach(text, texts) {
        struct error err = {0};
        _cleanup_secret_ struct secret output = {0};
        int64_t start = milliseconds();
        enum key_command_result result = run(*text, "/s", true, 300, &output, &err);
        int64_t took = milliseconds() - start;
        if (result != KEY_COMMAND_FAILED || !error_says(&err, ERROR_INPUT, "in time"))
            fail_msg("%s: %d, %s", *text, (int)result, err.message);
        if (took < 300 || took > 10000)
            fail_msg("%s: took %lld ms", *text, (long long)took);
    }
    /* Of whom nobody is left: killed and waiting for init at the most. */
    pid_t child = (pid_t)strtol(text_of("child"), NULL, 10);
    assert_true(child > 1);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)child);
    for (int i = 0; i < 100; i++) {
        const char *words = text_of(path);
        if (!words || !*words)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    fail_msg("%d is alive", (int)child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_that_lead_back_to_us_are_recognised),
        cmocka_unit_test(each_secret_has_a_file_of_its_own),
        in_folder(what_it_prints_comes_back_or_why_it_failed),
        in_folder(one_that_does_not_end_in_time_is_killed_with_its_children),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
