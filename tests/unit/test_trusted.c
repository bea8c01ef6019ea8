#include "base/trusted.h"

#include "root_folder.h"

enum { ROOT = 0, OTHER = 12345 };

/* One entry of the verdict; directories have no text, links have their target there. */
static void lay(const char *name, mode_t kind, const char *text, uid_t owner, mode_t mode)
{
    bool made = kind == S_IFDIR   ? mkdir(name, 0700) == 0
                : kind == S_IFLNK ? symlink(text, name) == 0
                                  : true;
    if (kind == S_IFREG)
        write_text(name, text);
    if (kind == S_IFIFO)
        made = mkfifo(name, 0600) == 0;
    if (!made || lchown(name, owner, owner) < 0 || (kind != S_IFLNK && chmod(name, mode) < 0))
        fail_msg("%s: %s", name, strerror(errno));
}

/* As kubelet lays out a secret, and as Docker does; then what somebody else has had a hand in. */
static void create_files(void)
{
    lay("docker", S_IFDIR, NULL, ROOT, 0755);
    lay("docker/key", S_IFREG, "key", ROOT, 0400);
    lay("docker/theirs", S_IFREG, "key", OTHER, 0400);
    lay("docker/fifo", S_IFIFO, NULL, ROOT, 0600);
    lay("kubelet", S_IFDIR, NULL, ROOT, 01777);
    lay("kubelet/..1", S_IFDIR, NULL, ROOT, 0755);
    lay("kubelet/..1/key", S_IFREG, "key", ROOT, 0400);
    lay("kubelet/..data", S_IFLNK, "..1", ROOT, 0);
    lay("kubelet/key", S_IFLNK, "..data/key", ROOT, 0);
    lay("kubelet/planted", S_IFLNK, "../docker/key", OTHER, 0);
    lay("kubelet/theirs", S_IFREG, "key", OTHER, 0600);
    lay("kubelet/folder", S_IFDIR, NULL, OTHER, 0700);
    lay("kubelet/folder/key", S_IFREG, "key", ROOT, 0400);
    lay("fsgroup", S_IFDIR, NULL, ROOT, 03777);
    lay("fsgroup/key", S_IFREG, "key", ROOT, 0440);
    lay("home", S_IFDIR, NULL, OTHER, 0755);
    lay("home/planted", S_IFLNK, "../docker/key", OTHER, 0);
    lay("home/given", S_IFLNK, "../docker/key", ROOT, 0);
    lay("home/key", S_IFREG, "key", ROOT, 0400);
    lay("home/folder", S_IFDIR, NULL, ROOT, 0700);
    lay("group", S_IFDIR, NULL, ROOT, 0775);
    lay("group/key", S_IFREG, "key", ROOT, 0400);
    lay("world", S_IFDIR, NULL, ROOT, 0757);
    lay("world/key", S_IFREG, "key", ROOT, 0400);
    lay("links", S_IFDIR, NULL, ROOT, 0755);
    lay("links/up", S_IFLNK, "../docker", ROOT, 0);
    lay("links/long", S_IFLNK, "./..//links/up/../docker/./key", ROOT, 0);
    lay("links/home", S_IFLNK, "../home", ROOT, 0);
    lay("links/loop", S_IFLNK, "loop", ROOT, 0);
    lay("links/nothing", S_IFLNK, "../docker/nothing/at/all", ROOT, 0);
    lay("links/nobody", S_IFLNK, "../home/nothing", ROOT, 0);
    lay("links/root", S_IFLNK, "/", ROOT, 0);
    lay("links/theirs", S_IFLNK, "../docker/key", OTHER, 0);
}

static const struct {
    const char *path;
    enum trusted verdict;
    const char *resolved; /* below the folder; "/..." as it is */
} table[] =
    {
        {"docker/key", TRUSTED_THERE, "docker/key"},
        {"./docker//key", TRUSTED_THERE, "docker/key"},
        {"docker/../docker/./key", TRUSTED_THERE, "docker/key"},
        {"docker", TRUSTED_THERE, "docker"},
        {"docker/", TRUSTED_THERE, "docker"},
        {"/", TRUSTED_THERE, "/"},
        {"/..", TRUSTED_THERE, "/"},
        {"docker/theirs", TRUSTED_THERE, "docker/theirs"},
        {"docker/fifo", TRUSTED_THERE, "docker/fifo"},
        {"links/up/key", TRUSTED_THERE, "docker/key"},
        {"links/long", TRUSTED_THERE, "docker/key"},
        {"links/root", TRUSTED_THERE, "/"},

        {"kubelet/key", TRUSTED_NOT, NULL},
        {"kubelet/..data/key", TRUSTED_NOT, NULL},
        {"kubelet/planted", TRUSTED_NOT, NULL},
        {"kubelet/theirs", TRUSTED_NOT, NULL},
        {"kubelet/folder/key", TRUSTED_NOT, NULL},
        {"home", TRUSTED_NOT, NULL},
        {"home/planted", TRUSTED_NOT, NULL},
        {"home/given", TRUSTED_NOT, NULL},
        {"home/key", TRUSTED_NOT, NULL},
        {"home/folder", TRUSTED_NOT, NULL},
        {"home/../docker/key", TRUSTED_NOT, NULL},
        {"fsgroup/key", TRUSTED_NOT, NULL},
        {"group/key", TRUSTED_NOT, NULL},
        {"world/key", TRUSTED_NOT, NULL},
        {"links/home/key", TRUSTED_NOT, NULL},
        {"links/theirs", TRUSTED_NOT, NULL},
        {"links/loop", TRUSTED_NOT, NULL},
        {"docker/key/", TRUSTED_NOT, NULL},
        {"docker/key/more", TRUSTED_NOT, NULL},
        {"", TRUSTED_NOT, NULL},
        {"/proc/self/cwd/docker/key", TRUSTED_THERE, "docker/key"},

        /* Where others may make an entry it may be theirs in a moment. */
        {"docker/nothing", TRUSTED_MISSING, "docker/nothing"},
        {"docker/nothing/", TRUSTED_MISSING, "docker/nothing"},
        {"docker/nothing//at/./all", TRUSTED_MISSING, "docker/nothing/at/all"},
        {"links/nothing", TRUSTED_MISSING, "docker/nothing/at/all"},
        {"links/nothing/more", TRUSTED_MISSING, "docker/nothing/at/all/more"},
        {"docker/nothing/../key", TRUSTED_NOT, NULL},
        {"kubelet/nothing", TRUSTED_NOT, NULL},
        {"home/nothing", TRUSTED_NOT, NULL},
        {"links/nobody", TRUSTED_NOT, NULL},
        {"group/nothing", TRUSTED_NOT, NULL},
},
  read_only[] = {
      {"kubelet/key", TRUSTED_THERE, "kubelet/..1/key"},
      {"kubelet/..data/key", TRUSTED_THERE, "kubelet/..1/key"},
      {"kubelet", TRUSTED_THERE, "kubelet"},
      {"fsgroup/key", TRUSTED_THERE, "fsgroup/key"},
      {"group/key", TRUSTED_THERE, "group/key"},
      {"world/../kubelet/key", TRUSTED_THERE, "kubelet/..1/key"},
      {"docker/key", TRUSTED_THERE, "docker/key"},

      {"kubelet/planted", TRUSTED_NOT, NULL},
      {"kubelet/theirs", TRUSTED_NOT, NULL},
      {"kubelet/folder/key", TRUSTED_NOT, NULL},
      {"home/given", TRUSTED_NOT, NULL},
      {"home/key", TRUSTED_NOT, NULL},
      {"links/theirs", TRUSTED_NOT, NULL},
      {"kubelet/nothing", TRUSTED_NOT, NULL},
      {"group/nothing", TRUSTED_NOT, NULL},
};

static void judge(const char *folder, const char *path, enum trusted expected, const char *place)
{
    char whole[PATH_MAX];
    char resolved[PATH_MAX];
    enum trusted verdict = trusted_path(path, resolved);
    if (verdict != expected)
        fail_msg("\"%s\": is %d, not %d (%s)", path, verdict, expected, resolved);
    if (!place)
        return;
    const char *prefix = *place == '/' ? "" : folder;
    snprintf(whole, sizeof whole, "%s%s%s", prefix, *prefix ? "/" : "", place);
    if (!same_text(resolved, whole))
        fail_msg("\"%s\": resolves to %s", path, resolved);
}

static void trusts_what_nobody_but_root_can_have_made(void **state)
{
    need_root_folder();
    create_files();
    foreach(row, table)
        judge(*state, row->path, row->verdict, row->resolved);
}

static void a_folder_that_others_can_write_counts_only_where_it_is_mounted_read_only(void **state)
{
    const char *folder = *state;
    need_root_folder();
    create_files();
    assert_int_equal(mount(folder, folder, "none", MS_BIND, NULL), 0);
    assert_int_equal(mount("none", folder, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(chdir(folder), 0);
    foreach(row, read_only)
        judge(folder, row->path, row->verdict, row->resolved);
    assert_int_equal(umount2(folder, MNT_DETACH), 0);
}

static void follows_as_many_links_as_linux_does(void **state)
{
    (void)state;
    char resolved[PATH_MAX];
    char name[16];
    char target[16];
    need_root_folder();
    write_text("0", "key");
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "%d", i);
        snprintf(target, sizeof target, "%d", i - 1);
        assert_int_equal(symlink(target, name), 0);
    }
    assert_int_equal(trusted_path("40", resolved), TRUSTED_THERE);
    assert_int_equal(trusted_path("41", resolved), TRUSTED_NOT);
    assert_int_equal(access("40", F_OK), 0);
    assert_int_equal(access("41", F_OK), -1);
}

static void a_path_that_is_too_long_is_not_trusted(void **state)
{
    (void)state;
    char resolved[PATH_MAX];
    static char path[2 * PATH_MAX];
    need_root_folder();
    memset(path, '/', PATH_MAX);
    assert_int_equal(trusted_path(path, resolved), TRUSTED_NOT);
    memset(path, 'x', sizeof path - 1);
    assert_int_equal(trusted_path(path, resolved), TRUSTED_NOT);
    path[PATH_MAX - 1] = '\0';
    assert_int_equal(trusted_path(path, resolved), TRUSTED_NOT);
    path[NAME_MAX + 1] = '\0';
    assert_int_equal(trusted_path(path, resolved), TRUSTED_NOT);
    path[NAME_MAX] = '\0';
    assert_int_equal(trusted_path(path, resolved), TRUSTED_MISSING);
}

static void a_relative_path_is_worth_no_more_than_where_it_begins(void **state)
{
    (void)state;
    char resolved[PATH_MAX];
    need_root_folder();
    write_text("key", "key");
    assert_int_equal(trusted_path("key", resolved), TRUSTED_THERE);
    assert_int_equal(chown(".", OTHER, OTHER), 0);
    assert_int_equal(trusted_path("key", resolved), TRUSTED_NOT);
    assert_int_equal(chown(".", ROOT, ROOT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(trusts_what_nobody_but_root_can_have_made),
        in_folder(a_folder_that_others_can_write_counts_only_where_it_is_mounted_read_only),
        in_folder(follows_as_many_links_as_linux_does),
        in_folder(a_path_that_is_too_long_is_not_trusted),
        in_folder(a_relative_path_is_worth_no_more_than_where_it_begins),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
