#include "store/mountinfo.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

/* Sources stand for the mounts: "A" is the one that counts. */
static const struct {
    int line;
    const char *mountinfo;
    const char *path;
    const char *source; /* NULL: none */
} table[] = {
    {ROW, "", "/", NULL},
    {ROW, "\n\n", "/", NULL},
    {ROW, "27 1 254:0 / / rw,relatime - ext4 A rw\n", "/", "A"},
    {ROW, "27 1 254:0 / / rw,relatime - ext4 A rw\n", "/var/lib/fernit", "A"},
    {ROW, "27 1 254:0 / / rw,relatime - ext4 A rw", "/x", "A"},

    /* Optional fields: none, one, many, one that will be invented. */
    {ROW, "27 1 8:1 / / rw shared:1 - ext4 A rw\n", "/x", "A"},
    {ROW, "27 1 8:1 / / rw shared:7 master:3 propagate_from:2 unbindable - ext4 A rw\n", "/x", "A"},
    {ROW, "27 1 8:1 / / rw new:1:2 - ext4 A rw\n", "/x", "A"},

    /* Whole components. */
    {ROW, "1 0 8:1 / / rw - ext4 A rw\n2 1 8:2 / /var/lib rw - ext4 B rw\n", "/var/library", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /var/lib rw - ext4 A rw\n", "/var/lib", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /var/lib rw - ext4 A rw\n", "/var/lib/x", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 A rw\n2 1 8:2 / /var/lib/x rw - ext4 B rw\n", "/var/lib", "A"},

    /* The root of a machine stands behind what the initramfs had mounted before. */
    {ROW,
     "22 27 0:21 / /proc rw - proc B rw\n25 24 0:23 / /dev/shm rw - tmpfs A rw\n"
     "24 27 0:6 / /dev rw - devtmpfs C rw\n27 1 254:0 / / rw - ext4 D rw\n",
     "/dev/shm/x", "A"},
    {ROW, "1 1 0:1 / / rw - rootfs B rw\n27 1 254:0 / / rw - ext4 A rw\n", "/x", "A"},

    /* Stacks. */
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /d rw - ext4 C rw\n3 2 8:3 / /d rw - ext4 A rw\n",
     "/d/x", "A"},
    {ROW, "3 2 8:3 / /d rw - ext4 A rw\n1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /d rw - ext4 C rw\n",
     "/d/x", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /d rw - ext4 C rw\n3 1 8:3 / /d rw - ext4 A rw\n",
     "/d/x", "A"},

    /* /d was mounted over /d/x: that one cannot be reached any more. */
    {ROW,
     "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /d/x rw - ext4 C rw\n3 1 8:3 / /d rw - ext4 A rw\n",
     "/d/x", "A"},
    {ROW,
     "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /d rw - ext4 C rw\n3 2 8:3 / /d/x rw - ext4 A rw\n",
     "/d/x", "A"},

    /* A chroot: "/" is no mount's, but what is mounted below is seen. */
    {ROW, "36 35 8:1 / /data rw - ext4 A rw\n", "/data/x", "A"},
    {ROW, "36 35 8:1 / /data rw - ext4 A rw\n", "/var", NULL},

    /* Escapes. */
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /my\\040data rw - ext4 A rw\n", "/my data/x", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\011\\012\\134b rw - ext4 A rw\n", "/a\t\n\\b",
     "A"},
    {ROW, "1 0 8:1 / / rw - ext4 A rw\n2 1 8:2 / /my\\040data rw - ext4 B rw\n", "/my\\040data",
     "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\99\\ rw - ext4 A rw\n", "/a\\99\\", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 A rw\n2 1 8:2 / /a\\000b rw - ext4 B rw\n", "/a", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /caf\xc3\xa9\r rw - ext4 A rw\n", "/caf\xc3\xa9\r",
     "A"},

    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\040 rw - ext4 A rw\n", "/a ", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\377\\001 rw - ext4 A rw\n", "/a\377\001", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\400 rw - ext4 A rw\n", "/a\\400", "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\080\\108 rw - ext4 A rw\n", "/a\\080\\108",
     "A"},
    {ROW, "1 0 8:1 / / rw - ext4 B rw\n2 1 8:2 / /a\\0/1\\01/ rw - ext4 A rw\n", "/a\\0/1\\01/",
     "A"},

    /* No source, and options that hold blanks, as some file systems have it. */
    {ROW, "1 0 0:1 / / rw - tmpfs  rw\n", "/", ""},
    {ROW, "1 0 0:1 / / rw - 9p A rw,aname=drvfs;path=C:\\ x;uid=0\n", "/", "A"},

    /* What is no line of it is passed over. */
    {ROW,
     "1 0 8:1 / / rw - ext4 A rw\nx\n2 1 8:2 / /d\n2 1 8:2 / /d rw\n2 1 8:2 / /d rw ext4 B rw\n"
     "2 1 8:2 / /d rw -\n2 1 8:2 / /d rw - ext4\n2 1 8:2 / /d rw - ext4 B\n"
     "2 1 82 / /d rw - ext4 B rw\n-2 1 8:2 / /d rw - ext4 B rw\n2 x 8:2 / /d rw - ext4 B rw\n"
     "99999999999 1 8:2 / /d rw - ext4 B rw\n 2 1 8:2 / /d rw - ext4 B rw\n"
     "2  1 8:2 / /d rw - ext4 B rw\n 1 8:2 / /d rw - ext4 B rw\n2 1 8:2 / /d rw -  B rw\n2 1 8:2 / "
     " rw - ext4 B rw\n"
     "2 1 8:2 / d rw - ext4 B rw\n",
     "/d", "A"},

    /* Rings and doubles, as no kernel makes them, come to an end. */
    {ROW, "1 2 8:1 / / rw - ext4 B rw\n2 1 8:1 / / rw - ext4 C rw\n", "/", NULL},
    {ROW, "5 9 8:1 / / rw - ext4 B rw\n6 5 8:1 / / rw - ext4 C rw\n5 6 8:1 / / rw - ext4 A rw\n",
     "/", "A"},
};

static void finds_the_mount_that_the_kernel_would(void **state)
{
    (void)state;
    foreach(row, table) {
        struct mount mount;
        char source[16] = "";
        bool found = mount_find(row->mountinfo, strlen(row->mountinfo), row->path, &mount);
        if (found)
            mount_text(mount.source, source, sizeof source);
        if (found != (row->source != NULL) || (found && strcmp(source, row->source) != 0))
            fail_row(row, "%s: is on \"%s\"", row->path, found ? source : "none");
    }
}

/* What stands behind the text is not ours: each cut has memory of exactly its length. */
static void a_text_may_end_anywhere(void **state)
{
    (void)state;
    foreach(row, table)
        for (size_t length = 0; length <= strlen(row->mountinfo); length++) {
            struct mount mount;
            char *cut = malloc(length + 1);
            memcpy(cut + 1, row->mountinfo, length);
            mount_find(cut + 1, length, row->path, &mount);
            free(cut);
        }
}

static void a_tower_of_mounts_is_none_that_we_know(void **state)
{
    (void)state;
    char text[200 * 64];
    for (int most = 100; most <= 200; most += 100) {
        size_t length = 0;
        struct mount mount;
        for (int i = 1; i <= most; i++)
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "%d %d 8:1 / /d rw - ext4 %d rw\n", i, i - 1, i);
        assert_int_equal(mount_find(text, length, "/d", &mount), most == 100);
        assert_true(most != 100 || span_is(mount.source, "100"));
    }
}

static void knows_all_the_fields_of_a_line(void **state)
{
    (void)state;
    static const char line[] = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root "
                               "rw,errors=continue,upperdir=/u=1,upperdir=/u2,last";
    struct mount mount;
    assert_true(mount_find(line, strlen(line), "/mnt2", &mount));
    assert_true(mount.id == 36 && mount.parent == 35);
    assert_true(span_is(mount.root, "/mnt1") && span_is(mount.point, "/mnt2"));
    assert_true(span_is(mount.type, "ext3") && span_is(mount.source, "/dev/root"));
    assert_true(mount_has(mount.options, "noatime") && mount_has(mount.options, "rw"));
    assert_true(mount_has(mount.super_options, "last"));
    assert_false(mount_has(mount.super_options, "las") || mount_has(mount.super_options, "lasts"));
    assert_true(span_is(mount_value(mount.super_options, "errors"), "continue"));
    assert_true(span_is(mount_value(mount.super_options, "upperdir"), "/u=1"));
    assert_true(span_is(mount_value(mount.super_options, "last"), ""));
    assert_true(span_is(mount_value(mount.super_options, "error"), ""));
}

static void a_field_is_cut_to_what_fits(void **state)
{
    (void)state;
    char text[4];
    mount_text((struct span){"a\\040bcd", 8}, text, sizeof text);
    assert_string_equal(text, "a b");
    mount_text((struct span){"", 0}, text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_mount_that_the_kernel_would),
        cmocka_unit_test(a_text_may_end_anywhere),
        cmocka_unit_test(a_tower_of_mounts_is_none_that_we_know),
        cmocka_unit_test(knows_all_the_fields_of_a_line),
        cmocka_unit_test(a_field_is_cut_to_what_fits),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
