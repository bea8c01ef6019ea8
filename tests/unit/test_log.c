#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "table.h"

#define KEY "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo"
#define OLD_KEY "29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fo" /* in the standard alphabet */
#define STARS "*******************************************"

enum { LINE_MOST = 2 * PIPE_BUF };

/* Standard error is a pipe that keeps each write(2) apart while `write_line` runs. */
static size_t writes_of(void (*write_line)(const char *), const char *text, char line[LINE_MOST])
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    write_line(text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);

    size_t writes = 0;
    ssize_t length = 0;
    *line = '\0';
    for (ssize_t got; (got = read(ends[0], line + length, LINE_MOST - 1 - (size_t)length)) > 0;) {
        length += got;
        line[length] = '\0';
        writes++;
    }
    close(ends[0]);
    return writes;
}

static const char *hints;

static void as_error(const char *text)
{
    log_error("an-id", hints, "%s", text);
}

static void as_warning(const char *text)
{
    log_warning("an-id", hints, "%s", text);
}

static void as_notice(const char *text)
{
    log_notice(hints, "%s", text);
}

static void as_detail(const char *text)
{
    log_detail("%s", text);
}

static void each_level_shows_its_lines_and_those_above(void **state)
{
    (void)state;
    static const struct {
        void (*write_line)(const char *);
        enum log_level from;
        const char *line;
    } table[] = {
        {as_error, LOG_QUIET, "fernit: error: text\n"},
        {as_warning, LOG_NORMAL, "fernit: warning: an-id: text\n"},
        {as_notice, LOG_NORMAL, "fernit: text\n"},
        {as_detail, LOG_VERBOSE, "fernit: text\n"},
    };
    foreach(row, table)
        for (enum log_level level = LOG_QUIET; level <= LOG_VERBOSE; level++) {
            char line[LINE_MOST];
            log_set_level(level);
            size_t writes = writes_of(row->write_line, "text", line);
            bool shown = level >= row->from;
            if (writes != shown || strcmp(line, shown ? row->line : "") != 0)
                fail_msg("%s at level %d: %zu writes, %s", row->line, (int)level, writes, line);
            if (log_shows(row->from) != shown)
                fail_msg("level %d is not told of", (int)row->from);
        }
    log_set_level(LOG_NORMAL);
}

static void hints_are_lines_of_their_own_behind_their_message_in_the_same_write(void **state)
{
    (void)state;
    static const struct {
        int line;
        void (*write_line)(const char *);
        const char *hints;
        const char *text;
        const char *json; /* behind the time */
    } table[] = {
        {ROW, as_error, "", "fernit: error: a\n",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"a\"}\n"},
        {ROW, as_error, "do b", "fernit: error: a\nfernit: hint: do b\n",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"a\",\"hint\":[\"do b\"]}\n"},
        {ROW, as_warning, "b\nc\"",
         "fernit: warning: an-id: a\nfernit: hint: b\nfernit: hint: c\"\n",
         "\"level\":\"warning\",\"id\":\"an-id\",\"message\":\"a\",\"hint\":[\"b\",\"c\\\"\"]}\n"},
        {ROW, as_notice, "b", "fernit: a\nfernit: hint: b\n",
         "\"level\":\"notice\",\"message\":\"a\",\"hint\":[\"b\"]}\n"},
        {ROW, as_notice, KEY, "fernit: a\nfernit: hint: " STARS "\n",
         "\"level\":\"notice\",\"message\":\"a\",\"hint\":[\"" STARS "\"]}\n"},
    };
    foreach(row, table) {
        char line[LINE_MOST];
        hints = row->hints;
        if (writes_of(row->write_line, "a", line) != 1 || strcmp(line, row->text) != 0)
            fail_row(row, "got %s", line);
        log_set_format(LOG_JSON);
        if (writes_of(row->write_line, "a", line) != 1 || !strstr(line, row->json) ||
            strcmp(strstr(line, row->json), row->json) != 0)
            fail_row(row, "got %s", line);
        log_set_format(LOG_TEXT);
    }
    hints = NULL;
}

/* The room for a line is that of its hints, too. */
static void hints_that_do_not_fit_are_cut_and_the_line_stays_whole(void **state)
{
    (void)state;
    static char many[3500];
    char line[LINE_MOST];
    for (size_t i = 0; i + 1 < sizeof many; i++)
        many[i] = i % 50 == 49 ? '\n' : '"';
    hints = many;
    for (enum log_format format = LOG_TEXT; format <= LOG_JSON; format++) {
        log_set_format(format);
        assert_int_equal(writes_of(as_notice, many, line), 1);
        assert_true(strlen(line) <= PIPE_BUF);
        assert_int_equal(line[strlen(line) - 1], '\n');
        assert_true(format == LOG_TEXT || line[strlen(line) - 2] == '}');
    }
    log_set_format(LOG_TEXT);
    hints = NULL;
}

/* Adds what it gets to the text that is its context. */
static void take_down(void *context, const char *id, const char *text, const char *behind)
{
    char *heard = context;
    size_t length = strlen(heard);
    snprintf(heard + length, LINE_MOST - length, "%s: %s\n%s", id, text, behind);
}

static void what_is_diverted_is_heard_and_not_printed(void **state)
{
    (void)state;
    static const struct {
        int line;
        void (*write_line)(const char *);
        const char *heard;
        const char *printed;
    } table[] = {
        {ROW, as_warning, "an-id: " STARS "\ndo this", ""},
        {ROW, as_notice, "", ""},
        {ROW, as_detail, "", ""},
        {ROW, as_error, "", "fernit: error: " STARS "\nfernit: hint: do this\n"},
    };
    hints = "do this";
    foreach(row, table)
        for (enum log_level level = LOG_QUIET; level <= LOG_VERBOSE; level++) {
            char heard[LINE_MOST] = "";
            char line[LINE_MOST];
            log_set_level(level);
            log_divert(take_down, heard);
            writes_of(row->write_line, KEY, line);
            log_divert(NULL, NULL);
            if (strcmp(heard, row->heard) != 0 || strcmp(line, row->printed) != 0)
                fail_row(row, "level %d: heard %s, printed %s", (int)level, heard, line);
        }
    log_set_level(LOG_NORMAL);
    hints = NULL;
}

static void no_value_can_forge_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *line;
    } table[] = {
        {"a\nfernit: made up", "fernit: error: a?fernit: made up\n"},
        {"a\r\tb\x1b[31mc\x7f\x01", "fernit: error: a??b?[31mc??\n"},
        {"", "fernit: error: \n"},
        {"100%s %n", "fernit: error: 100%s %n\n"},
        {"\xc3\xa9\xe2\x82\xac", "fernit: error: \xc3\xa9\xe2\x82\xac\n"},
    };
    foreach(row, table) {
        char line[LINE_MOST];
        if (writes_of(as_error, row->text, line) != 1 || strcmp(line, row->line) != 0)
            fail_msg("got %s", line);
    }
}

static void a_long_line_is_cut_and_still_one(void **state)
{
    (void)state;
    char text[LINE_MOST];
    char line[LINE_MOST];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(writes_of(as_warning, text, line), 1);
    size_t length = strlen(line);
    assert_true(length > 1000 && length < LINE_MOST - 1);
    assert_int_equal(line[length - 1], '\n');
    assert_int_equal(strspn(line, "fernit: wag-dx"), length - 1);
}

static void what_looks_like_a_key_is_masked(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        const char *masked;
    } table[] = {
        {ROW, KEY "=", STARS "="},
        {ROW, OLD_KEY "=", STARS "="},
        {ROW, KEY, STARS},
        {ROW, KEY "=," KEY "=", STARS "=," STARS "="},
        {ROW, "no file \"" KEY "=\" there", "no file \"" STARS "=\" there"},
        {ROW, "/run/" KEY "=", "/run/" STARS "="},
        {ROW, "/run/" OLD_KEY "=: no such file", "/run/" STARS "=: no such file"},
        {ROW, "/run/" KEY, "/run/" STARS},
        {ROW, "x=" KEY, "x=" STARS},
        {ROW, KEY KEY "=", KEY STARS "="},

        {ROW, "", ""},
        {ROW, "2e4361dfdb8466cf, c77f48f3771072be", "2e4361dfdb8466cf, c77f48f3771072be"},
        {ROW, "/a/rather/long/path/of/many/parts/and/no/key/in/it",
         "/a/rather/long/path/of/many/parts/and/no/key/in/it"},
        {ROW, "AIRFLOW__CORE__FERNET_KEY_FILE is set, and so is AIRFLOW__CORE__FERNET_KEY",
         "AIRFLOW__CORE__FERNET_KEY_FILE is set, and so is AIRFLOW__CORE__FERNET_KEY"},
        {ROW, "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_FILE: x",
         "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_FILE: x"},
        {ROW, "a AIRFLOW__CORE__INTERNAL_API_SECRET_KEY_FILe", "a " STARS},
        {ROW, "--store=/var/lib/fernit", "--store=/var/lib/fernit"},
        {ROW, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=",
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx="},
    };
    foreach(row, table) {
        char text[256];
        char line[LINE_MOST];
        char expected[300];
        snprintf(text, sizeof text, "%s", row->text);
        log_mask(text);
        if (strcmp(text, row->masked) != 0)
            fail_row(row, "got %s", text);
        writes_of(as_error, row->text, line);
        snprintf(expected, sizeof expected, "fernit: error: %s\n", row->masked);
        if (strcmp(line, expected) != 0)
            fail_row(row, "wrote %s", line);
    }
}

/* The time is the first thing in it, as long as this one. */
#define TIME "{\"time\":\"2026-01-31T23:59:59.999Z\","

/* Whether the line begins with a time between the two, and goes on as expected. */
static bool is_object(const char *line, const char *rest, time_t earliest, time_t latest)
{
    struct tm utc = {0};
    char *end;
    const char *fraction = strptime(line, "{\"time\":\"%Y-%m-%dT%H:%M:%S.", &utc);
    long milliseconds = fraction ? strtol(fraction, &end, 10) : -1;
    if (milliseconds < 0 || end != fraction + 3 || strncmp(end, "Z\",", 3) != 0 ||
        end + 3 != line + strlen(TIME))
        return false;
    time_t told = timegm(&utc);
    return told >= earliest && told <= latest && strcmp(end + 3, rest) == 0;
}

static void in_json_each_line_is_one_object_whose_keys_keep_their_order(void **state)
{
    (void)state;
    static const struct {
        int line;
        void (*write_line)(const char *);
        const char *text;
        const char *rest; /* behind the time */
    } table[] = {
        {ROW, as_error, "text", "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"text\"}\n"},
        {ROW, as_warning, "text", "\"level\":\"warning\",\"id\":\"an-id\",\"message\":\"text\"}\n"},
        {ROW, as_notice, "text", "\"level\":\"notice\",\"message\":\"text\"}\n"},
        {ROW, as_detail, "text", "\"level\":\"detail\",\"message\":\"text\"}\n"},
        {ROW, as_error, "", "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"\"}\n"},
        {ROW, as_error, "100%s %n",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"100%s %n\"}\n"},
        {ROW, as_error, "a\n{\"level\":\"made up\"}",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"a\\u000a{\\\"level\\\":\\\"made "
         "up\\\"}\"}\n"},
        {ROW, as_error, "\xc3\xa9\xff\x1b[31m",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"\xc3\xa9?\\u001b[31m\"}\n"},
        {ROW, as_error, "/run/" KEY "=\n",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"/run/" STARS "=\\u000a\"}\n"},
        /* Masked before it is escaped: afterwards the u000a would be of the word. */
        {ROW, as_error, "\n" KEY "\n",
         "\"level\":\"error\",\"id\":\"an-id\",\"message\":\"\\u000a" STARS "\\u000a\"}\n"},
    };
    log_set_level(LOG_VERBOSE);
    log_set_format(LOG_JSON);
    foreach(row, table) {
        char line[LINE_MOST];
        time_t before = time(NULL);
        size_t writes = writes_of(row->write_line, row->text, line);
        if (writes != 1 || !is_object(line, row->rest, before, time(NULL)))
            fail_row(row, "%zu writes: %s", writes, line);
    }
    log_set_level(LOG_NORMAL);
    log_set_format(LOG_TEXT);
}

static void a_long_object_is_cut_between_two_escapes_and_fits_a_pipe(void **state)
{
    (void)state;
    log_set_format(LOG_JSON);
    for (size_t plain = 0; plain < 6; plain++) {
        char text[LINE_MOST];
        char line[LINE_MOST];
        memset(text, '\n', sizeof text - 1);
        memset(text, 'x', plain);
        text[sizeof text - 1] = '\0';
        size_t writes = writes_of(as_warning, text, line);
        size_t length = strlen(line);
        if (writes != 1 || length > PIPE_BUF || length < PIPE_BUF - 6)
            fail_msg("%zu writes of %zu bytes", writes, length);
        if (strcmp(line + length - 9, "\\u000a\"}\n") != 0)
            fail_msg("ends with %s", line + length - 9);
    }
    log_set_format(LOG_TEXT);
}

static void a_log_that_cannot_be_written_is_no_failure(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    dup2(full, STDERR_FILENO);
    errno = EXDEV;
    as_error("text");
    int after_full = errno;
    close(STDERR_FILENO);
    errno = EXDEV;
    as_error("text");
    int after_closed = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(full);
    assert_int_equal(after_full, EXDEV);
    assert_int_equal(after_closed, EXDEV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_shows_its_lines_and_those_above),
        cmocka_unit_test(hints_are_lines_of_their_own_behind_their_message_in_the_same_write),
        cmocka_unit_test(hints_that_do_not_fit_are_cut_and_the_line_stays_whole),
        cmocka_unit_test(what_is_diverted_is_heard_and_not_printed),
        cmocka_unit_test(no_value_can_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut_and_still_one),
        cmocka_unit_test(what_looks_like_a_key_is_masked),
        cmocka_unit_test(in_json_each_line_is_one_object_whose_keys_keep_their_order),
        cmocka_unit_test(a_long_object_is_cut_between_two_escapes_and_fits_a_pipe),
        cmocka_unit_test(a_log_that_cannot_be_written_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
