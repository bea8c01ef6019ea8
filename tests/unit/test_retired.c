#include "store/retired.h"

#include <sys/syscall.h>

#include "folder.h"
#include "rings.h"

static int fsyncs;

int fsync(int fd)
{
    fsyncs++;
    return (int)syscall(SYS_fsync, fd);
}

static int enter_store(void **state)
{
    return enter_folder(state) == 0 && mkdir("store", 0700) == 0 ? 0 : -1;
}

#define in_store(test) cmocka_unit_test_setup_teardown(test, enter_store, leave_folder)

static struct store open_store(void)
{
    struct error err = {0};
    struct store store;
    if (store_open(&store, "store", 0640, &err) != 0 || store.directory < 0)
        fail_msg("%s", err.message);
    return store;
}

static int retire(const char *letters, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    _cleanup_ring_ struct ring ring = {0};
    add_keys(&ring, letters);
    return store_retire(&store, "fernet_key", false, &ring, err);
}

static const char *fingerprint_of(char letter)
{
    static char texts[4][FINGERPRINT_TEXT + 1];
    static unsigned next;
    char *text = texts[next++ % COUNT(texts)];
    uint8_t key[FERNET_KEY_BYTES];
    memset(key, letter, sizeof key);
    fingerprint(key, sizeof key, text);
    return text;
}

/* "store/retired/<fingerprint>" */
static const char *path_of(char letter)
{
    static char path[256];
    snprintf(path, sizeof path, "store/retired/%s", fingerprint_of(letter));
    return path;
}

static int read_back(char letter, struct ring *ring, struct error *err)
{
    _cleanup_store_ struct store store = open_store();
    return store_retired_read(&store, "fernet_key", false, fingerprint_of(letter), ring, err);
}

static void keys_are_retired_once_and_read_back(void **state)
{
    (void)state;
    struct error err = {0};
    umask(077);
    for (int again = 0; again < 2; again++) {
        fsyncs = 0;
        if (retire("AB", &err) != 0)
            fail_msg("%s", err.message);
        /* Claim, its name, the folder's name, two keys, their names. */
        assert_int_equal(fsyncs, 6);
        assert_int_equal(mode_of("store/retired"), 0750);
        assert_int_equal(mode_of(path_of('A')), 0640);
        assert_int_equal(mode_of("store/.fernet_key.changing"), -1);
        foreach(letter, "AB") {
            _cleanup_ring_ struct ring ring = {0};
            char line[FERNET_KEY_TEXT + 2];
            if (!*letter)
                continue;
            snprintf(line, sizeof line, "%s\n", key_text(*letter));
            assert_string_equal(text_of(path_of(*letter)), line);
            assert_int_equal(read_back(*letter, &ring, &err), 0);
            assert_int_equal(*letters_of(&ring), *letter);
        }
    }
}

static void what_is_not_what_its_name_says_is_an_error_and_stays(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(retire("AB", &err), 0);
    char both[128];
    snprintf(both, sizeof both, "%s,%s\n", key_text('A'), key_text('B'));
    static const char *const damaged[] = {"", "QUF\n"};
    const char *const texts[] = {damaged[0], damaged[1], key_text('B'), both};
    foreach(text, texts) {
        _cleanup_ring_ struct ring ring = {0};
        write_text(path_of('A'), *text);
        if (read_back('A', &ring, &err) != -1 || !error_says(&err, ERROR_INPUT, path_of('A')))
            fail_msg("\"%s\": %s", *text, err.message);
        if (retire("CA", &err) != -1 || !same_text(text_of(path_of('A')), *text))
            fail_msg("\"%s\" was replaced", *text);
    }
    _cleanup_ring_ struct ring ring = {0};
    assert_int_equal(read_back('D', &ring, &err), -1);
    assert_true(error_says(&err, ERROR_INPUT, "has no key"));
}

static void only_a_folder_that_strangers_cannot_change_is_one(void **state)
{
    (void)state;
    static const struct {
        char kind;
        mode_t mode;
        enum error_kind kind_of_error;
        const char *says;
    } table[] = {
        {'l', 0, ERROR_REFUSED, "store/retired: is a symbolic link"},
        {'f', 0, ERROR_REFUSED, "store/retired: is a file"},
        {'d', 0777, ERROR_REFUSED, "store/retired: can be written by every user"},
        {'d', 0707, ERROR_REFUSED, "store/retired: can be written by every user"},
        {'d', 0755, ERROR_NONE, NULL},
        {'d', 0770, ERROR_NONE, NULL},
    };
    assert_int_equal(mkdir("elsewhere", 0700), 0);
    foreach(row, table) {
        struct error err = {0};
        _cleanup_store_ struct store store = open_store();
        _cleanup_retired_ struct retired list = {0};
        if (row->kind == 'l')
            assert_int_equal(symlink("../elsewhere", "store/retired"), 0);
        else if (row->kind == 'f')
            write_text("store/retired", "");
        else if (mkdir("store/retired", 0700) < 0 || chmod("store/retired", row->mode) < 0)
            fail_msg("%s", strerror(errno));
        int retired = retire("A", &err);
        if (retired != (row->says ? -1 : 0) ||
            (row->says && !error_says(&err, row->kind_of_error, row->says)))
            fail_msg("%c %o: %s", row->kind, (unsigned)row->mode, err.message);
        int listed = store_retired_list(&store, "fernet_key", false, &list, &err);
        if (listed != retired || (row->says && !error_says(&err, row->kind_of_error, row->says)))
            fail_msg("%c %o: listed", row->kind, (unsigned)row->mode);
        unlink(path_of('A'));
        remove("store/retired");
    }
    assert_int_equal(rmdir("elsewhere"), 0);
}

static void the_names_say_what_is_retired_of_which_secret(void **state)
{
    (void)state;
    struct error err = {0};
    _cleanup_store_ struct store store = open_store();
    _cleanup_retired_ struct retired list = {0};
    assert_int_equal(store_retired_list(&store, "fernet_key", false, &list, &err), 0);
    assert_int_equal(list.count, 0);
    mkdir("store/retired", 0700);
    static const char *const names[] = {
        "fedcba9876543210",
        "0123456789abcdef",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789ABCDEF",
        ".0123456789abcdef",
        "0123456789abcdeg",
        "secret_key.1111111111111111",
        "secret_key.111",
        "jwt_secret.2222222222222222",
        ".0123456789abcdef.change.0123456789abcdef",
        "secret_keyx1111111111111111",
    };
    foreach(name, names) {
        char path[128];
        snprintf(path, sizeof path, "store/retired/%s", *name);
        write_text(path, "");
    }
    assert_int_equal(store_retired_list(&store, "fernet_key", false, &list, &err), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.fingerprints[0], "0123456789abcdef");
    assert_string_equal(list.fingerprints[1], "fedcba9876543210");
    assert_true(retired_has(&list, "fedcba9876543210"));
    assert_false(retired_has(&list, "1111111111111111"));
    retired_free(&list);
    assert_int_equal(store_retired_list(&store, "secret_key", true, &list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_true(retired_has(&list, "1111111111111111"));
}

static void a_value_is_retired_under_its_name_and_only_one_is_destroyed(void **state)
{
    (void)state;
    struct error err = {0};
    char text[FINGERPRINT_TEXT + 1];
    char path[128];
    _cleanup_store_ struct store store = open_store();
    _cleanup_ring_ struct ring value = {.is_value = true};
    _cleanup_ring_ struct ring back = {0};
    assert_int_equal(ring_parse(&value, "a value", 7, &err), 0);
    assert_int_equal(store_retire(&store, "secret_key", true, &value, &err), 0);
    fingerprint("a value", 7, text);
    snprintf(path, sizeof path, "store/retired/secret_key.%s", text);
    assert_string_equal(text_of(path), "a value\n");
    assert_int_equal(store_retired_read(&store, "secret_key", true, text, &back, &err), 0);
    assert_true(ring_covers(&back, &value));

    assert_int_equal(retire("A", &err), 0);
    assert_int_equal(store_retired_destroy(&store, "jwt_secret", true, text, &err), 0);
    assert_true(mode_of(path) >= 0);
    for (int again = 0; again < 2; again++) {
        fsyncs = 0;
        assert_int_equal(store_retired_destroy(&store, "secret_key", true, text, &err), 0);
        assert_int_equal(mode_of(path), -1);
        assert_int_equal(fsyncs, 1);
    }
    assert_true(mode_of(path_of('A')) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_store(keys_are_retired_once_and_read_back),
        in_store(what_is_not_what_its_name_says_is_an_error_and_stays),
        in_store(only_a_folder_that_strangers_cannot_change_is_one),
        in_store(the_names_say_what_is_retired_of_which_secret),
        in_store(a_value_is_retired_under_its_name_and_only_one_is_destroyed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
