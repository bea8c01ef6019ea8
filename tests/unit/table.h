/* What the unit tests share: cmocka with what has to stand before it, and tables.
 *
 * A table is the test: a new case is a new line. Where the case does not name itself, its row begins
 * with ROW, and a failure gives that line of the file instead of the line of the loop.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/secret.h"

#define ROW __LINE__
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define foreach(row, table)                                                                        \
    for (__typeof__ (&(table)[0])(row) = (table); (row) < (table) + COUNT(table); (row)++)

/* Fails as if the row's own line had: fail_row(row, "got %d", got). */
#define fail_row(row, ...) fail_line((row)->line, __VA_ARGS__)

/* cmocka's, and what they lack: that they do not return. */
#undef fail_msg
#define fail_msg(...) fail_line(__LINE__, __VA_ARGS__)
#undef skip
#define skip()                                                                                     \
    do {                                                                                           \
        _skip(__FILE__, __LINE__);                                                                 \
        __builtin_unreachable();                                                                   \
    } while (0)
#define fail_line(line, ...)                                                                       \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        print_error("\n");                                                                         \
        _fail(__FILE__, (line));                                                                   \
        __builtin_unreachable();                                                                   \
    } while (0)

/* Whether both are NULL, or spelled alike. */
static inline bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether the error is of this kind, its message is one line, and `part` is in the message or in its hints. */
static inline bool error_says(const struct error *err, enum error_kind kind, const char *part)
{
    return err->kind == kind && (err->errnum != 0) == (kind == ERROR_SYSTEM) &&
           (strstr(err->message, part) || strstr(error_hints(err), part)) &&
           !strchr(err->message, '\n');
}

/* For cmocka_run_group_tests: the library behind secrets. */
static inline int set_up(void **state)
{
    struct error err = {0};
    (void)state;
    return secret_setup(&err);
}
