#include "store/make_for.h"
#include "store/owner.h"
#include "store/store.h"

#include "root_folder.h"

enum { UID = 12345, GID = 12346 };

static bool is_whose(const char *path, uid_t uid, gid_t gid)
{
    struct stat status;
    return lstat(path, &status) == 0 && status.st_uid == uid && status.st_gid == gid;
}

static void makes_a_directory_that_is_theirs(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        mode_t mode;
        int whole;
    } table[] = {
        {"a", 0600, 0700},
        {"b/", 0640, 0750},
        {"c//d/./e", 0660, 0770},
        {"./f", 0600, 0700},
    };
    need_root_folder();
    foreach(row, table) {
        umask(077);
        if (!store_make_for(row->path, row->mode, UID, GID))
            fail_msg("%s: was not made", row->path);
        if (!is_whose(row->path, UID, GID) || mode_of(row->path) != row->whole)
            fail_msg("%s: has mode %o", row->path, (unsigned)mode_of(row->path));
        if (umask(022) != 077)
            fail_msg("%s: left another umask", row->path);
        if (store_make_for(row->path, row->mode, 1, 1) || !is_whose(row->path, UID, GID))
            fail_msg("%s: was made again", row->path);
    }
    assert_true(is_whose("c", 0, 0) && mode_of("c") == 0755);
    assert_true(is_whose("c/d", 0, 0) && mode_of("c/d") == 0755);
}

static void makes_it_in_a_folder_that_gives_its_group(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0640};
    need_root_folder();
    mkdir("parent", 0755);
    assert_int_equal(chown("parent", 0, 5000), 0);
    assert_int_equal(chmod("parent", 02755), 0);
    foreach(mode, modes) {
        assert_true(store_make_for("parent/store", *mode, UID, GID));
        assert_true(is_whose("parent/store", UID, GID));
        assert_int_equal(mode_of("parent/store"), 02000 | store_directory_mode(*mode));
        assert_int_equal(rmdir("parent/store"), 0);
    }
}

static void finishes_what_a_crash_has_left(void **state)
{
    (void)state;
    need_root_folder();
    mkdir(".store.fernit.12345.12346.700", 0700);
    assert_true(store_make_for("store", 0600, UID, GID));
    assert_true(is_whose("store", UID, GID));
    assert_int_equal(mode_of(".store.fernit.12345.12346.700"), -1);
}

static void makes_none_where_others_could_have_a_hand_in_it(void **state)
{
    (void)state;
    need_root_folder();
    mkdir("theirs", 0755);
    mkdir("sticky", 0755);
    mkdir("group", 0755);
    assert_int_equal(chown("theirs", UID, GID), 0);
    assert_int_equal(chmod("sticky", 01777), 0);
    assert_int_equal(chmod("group", 0775), 0);
    assert_int_equal(symlink("target", "dangling"), 0);
    write_text("file", "");
    static const char *const paths[] = {
        "theirs/store", "sticky/store", "group/store", "dangling", "file", "file/store", "",
        "nothing/../x", "theirs",       "/",
    };
    foreach(path, paths)
        if (store_make_for(*path, 0600, UID, GID))
            fail_msg("\"%s\" was made", *path);
    assert_int_equal(mode_of("target"), -1);
    assert_int_equal(mode_of("nothing"), -1);
    assert_true(is_whose("sticky", 0, 0) && is_whose("group", 0, 0));
}

static void says_whose_it_is_where_that_is_why(void **state)
{
    (void)state;
    need_root_folder();
    mkdir("theirs", 0750);
    mkdir("ours", 0700);
    mkdir("used", 0700);
    mkdir("linked", 0700);
    assert_int_equal(symlink("/etc/shadow", "linked/fernet_key"), 0);
    assert_int_equal(chown("linked", UID, GID), 0);
    write_text("used/fernet_key", "");
    write_text("used/.lock", "");
    write_text("used/something", "");
    write_text("used/jwt_secret.staged", "");
    mkdir("used/retired", 0700);
    assert_int_equal(chown("theirs", UID, GID), 0);
    assert_int_equal(chown("used", UID, GID), 0);
    assert_int_equal(symlink("/mnt", "link"), 0);
    assert_int_equal(mount("none", "/mnt", "tmpfs", 0, "mode=0755,uid=12345,gid=12346"), 0);
    static const struct {
        const char *path;
        int errnum;
        const char *says; /* NULL: nothing more */
    } table[] = {
        {"theirs", EACCES,
         "its owner is 12345:12346, its mode 750, and fernit runs as 0:0\nstart fernit as the "
         "owner, "},
        {"theirs", EPERM, "once, as root: cd theirs && chown 0:0 .\nto be root, with Docker: "},
        {"used", EACCES, "cd used && chown 0:0 . fernet_key .lock jwt_secret.staged retired\n"},
        {"linked", EACCES, "cd linked && chown 0:0 .\nto be root, with Docker: docker run"},
        {"/mnt", EACCES,
         "its owner is 12345:12346, its mode 755, and fernit runs as 0:0\ngive --store a "},
        {"//mnt/.", EACCES, "give --store a folder of its own"},
        {"link", EACCES, "give --store a folder of its own"},
        {"theirs", ENOSPC, NULL},
        {"theirs", EROFS, NULL},
        {"ours", EACCES, NULL},
        {"missing", EACCES,
         "create it in the image, owned by this user: RUN install -d -o 0 -g 0 missing"},
        {"missing", ENOENT, NULL},
    };
    foreach(row, table) {
        struct error err = {0};
        errno = row->errnum;
        error_sys(&err, "the store");
        struct error before = err;
        assert_int_equal(store_advise_owner(row->path, &err), -1);
        if (row->says ? !error_says(&err, ERROR_SYSTEM, row->says)
                      : strcmp(err.message, before.message) != 0 || *err.hints)
            fail_msg("%s: says %s: %s", row->path, err.message, err.hints);
        if (strstr(err.hints, "chown") && strstr(row->path, "mnt"))
            fail_msg("%s: advises %s", row->path, err.hints);
        if (strstr(err.hints, " -R "))
            fail_msg("%s: advises %s", row->path, err.hints);
        assert_int_equal(err.errnum, row->errnum);
    }
    assert_int_equal(umount("/mnt"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(makes_a_directory_that_is_theirs),
        in_folder(makes_it_in_a_folder_that_gives_its_group),
        in_folder(finishes_what_a_crash_has_left),
        in_folder(makes_none_where_others_could_have_a_hand_in_it),
        in_folder(says_whose_it_is_where_that_is_why),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
