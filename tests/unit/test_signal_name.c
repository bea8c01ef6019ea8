#include "base/signal_name.h"

#include "table.h"

static const struct {
    const char *text;
    int number;
} right[] = {
    {"0", 0},         {"1", 1},           {"9", 9},         {"15", 15},         {"32", 32},
    {"33", 33},       {"34", 34},         {"64", 64},       {"HUP", 1},         {"INT", 2},
    {"QUIT", 3},      {"ILL", 4},         {"TRAP", 5},      {"ABRT", 6},        {"IOT", 6},
    {"BUS", 7},       {"FPE", 8},         {"KILL", 9},      {"USR1", 10},       {"SEGV", 11},
    {"USR2", 12},     {"PIPE", 13},       {"ALRM", 14},     {"TERM", 15},       {"STKFLT", 16},
    {"CHLD", 17},     {"CLD", 17},        {"CONT", 18},     {"STOP", 19},       {"TSTP", 20},
    {"TTIN", 21},     {"TTOU", 22},       {"URG", 23},      {"XCPU", 24},       {"XFSZ", 25},
    {"VTALRM", 26},   {"PROF", 27},       {"WINCH", 28},    {"IO", 29},         {"POLL", 29},
    {"PWR", 30},      {"SYS", 31},        {"SIGTERM", 15},  {"sigterm", 15},    {"SigTerm", 15},
    {"term", 15},     {"sigTERM", 15},    {"SIGIOT", 6},    {"SIGRTMIN", 34},   {"RTMIN", 34},
    {"rtmin", 34},    {"RTMIN+0", 34},    {"RTMIN+1", 35},  {"RTMIN+3", 37},    {"RTMIN+15", 49},
    {"RTMIN+30", 64}, {"sigrtmin+3", 37}, {"RTMAX", 64},    {"SIGRTMAX", 64},   {"RTMAX-0", 64},
    {"RTMAX-1", 63},  {"RTMAX-14", 50},   {"RTMAX-30", 34}, {"SIGRTMAX-2", 62},
};

static const char *const wrong[] = {
    "",
    " ",
    "-1",
    "+1",
    " 1",
    "1 ",
    "01",
    "00",
    "015",
    "0x9",
    "1.0",
    "1e1",
    "65",
    "99",
    "128",
    "4294967311",
    "18446744073709551631",
    "TREM",
    "TERM ",
    " TERM",
    "TERMS",
    "TER",
    "SIG",
    "SIG15",
    "SIGSIGTERM",
    "SIG TERM",
    "UNUSED",
    "EMT",
    "EXIT",
    "RTMIN-1",
    "RTMIN+31",
    "RTMIN+",
    "RTMIN+ 1",
    "RTMIN+-1",
    "RTMIN++1",
    "RTMIN+01",
    "RTMIN+x",
    "RTMIN+64",
    "RTMIN3",
    "RTMAX+1",
    "RTMAX-31",
    "RTMAX-",
    "RTMAX--1",
    "RTMAX-64",
    "RTMAX-99999999999",
    "RTMID+1",
    "34+1",
    "TERM+1",
    "TERM:QUIT",
    "\xc3\xa9",
};

static const struct {
    int number;
    const char *name;
} names[] = {
    {0, "signal 0"},
    {1, "SIGHUP"},
    {6, "SIGABRT"},
    {9, "SIGKILL"},
    {15, "SIGTERM"},
    {16, "SIGSTKFLT"},
    {17, "SIGCHLD"},
    {29, "SIGIO"},
    {31, "SIGSYS"},
    {32, "signal 32"},
    {33, "signal 33"},
    {34, "SIGRTMIN"},
    {35, "SIGRTMIN+1"},
    {37, "SIGRTMIN+3"},
    {63, "SIGRTMIN+29"},
    {64, "SIGRTMAX"},
    {65, "signal 65"},
    {-1, "signal -1"},
    {INT32_MIN, "signal -2147483648"},
    {INT32_MAX, "signal 2147483647"},
};

static const struct {
    const char *text;
    int from;
    int to;
} rewrites[] = {
    {"TERM:QUIT", 15, 3},
    {"SIGTERM:SIGQUIT", 15, 3},
    {"term:quit", 15, 3},
    {"15:3", 15, 3},
    {"TERM:3", 15, 3},
    {"15:QUIT", 15, 3},
    {"HUP:0", 1, 0},
    {"1:0", 1, 0},
    {"TERM:TERM", 15, 15},
    {"TERM:KILL", 15, 9},
    {"TSTP:STOP", 20, 19},
    {"INT:CHLD", 2, 17},
    {"RTMIN+3:TERM", 37, 15},
    {"TERM:RTMIN+3", 15, 37},
    {"SIGRTMAX-30:RTMAX", 34, 64},
    {"32:33", 32, 33},
    {"64:1", 64, 1},
};

static const struct {
    const char *text;
    const char *says;
} wrong_rewrites[] = {
    {"", "does not name two signals"},
    {"TERM", "\"TERM\" does not name two signals"},
    {"TERM=QUIT", "does not name two signals"},
    {":", "there is no signal \"\""},
    {":QUIT", "there is no signal \"\""},
    {"TERM:", "there is no signal \"\""},
    {"TREM:QUIT", "there is no signal \"TREM\""},
    {"TERM:QIUT", "there is no signal \"QIUT\""},
    {"TERM:QUIT:HUP", "there is no signal \"QUIT:HUP\""},
    {"TERM:-1", "there is no signal \"-1\""},
    {"TERM: QUIT", "there is no signal \" QUIT\""},
    {"TERM :QUIT", "there is no signal \"TERM \""},
    {"TERM:65", "there is no signal \"65\""},
    {"65:TERM", "there is no signal \"65\""},
    {"SIGTERMSIGTERMSIGTERMSIGTERM:1", "there is no signal \"...\""},
    {"0:TERM", "signal 0 never arrives"},
    {"0:0", "signal 0 never arrives"},
    {"KILL:TERM", "SIGKILL cannot be caught"},
    {"9:TERM", "SIGKILL cannot be caught"},
    {"SIGSTOP:TSTP", "SIGSTOP cannot be caught"},
    {"CHLD:TERM", "fernit's own children"},
    {"CLD:0", "fernit's own children"},
    {"17:0", "fernit's own children"},
};

static void reads_names_and_numbers(void **state)
{
    (void)state;
    foreach(row, right)
        if (signal_number(row->text) != row->number)
            fail_msg("\"%s\": got %d", row->text, signal_number(row->text));
}

static void refuses_what_is_no_signal(void **state)
{
    (void)state;
    foreach(row, wrong)
        if (signal_number(*row) != -1)
            fail_msg("\"%s\" was taken as %d", *row, signal_number(*row));
}

static void shows_a_signal_by_its_name(void **state)
{
    (void)state;
    foreach(row, names) {
        char text[SIGNAL_NAME];
        if (signal_name(row->number, text) != text || !same_text(text, row->name))
            fail_msg("%d: got %s", row->number, text);
    }
}

static void reads_each_name_that_it_shows(void **state)
{
    (void)state;
    for (int number = 1; number <= SIGNAL_LAST; number++) {
        char text[SIGNAL_NAME];
        signal_name(number, text);
        if (number != 32 && number != 33 && signal_number(text) != number)
            fail_msg("%d is shown as %s, which is %d", number, text, signal_number(text));
    }
}

static void a_rewrite_changes_one_signal(void **state)
{
    (void)state;
    foreach(row, rewrites) {
        struct error err = {0};
        uint8_t rewrite[SIGNAL_LAST + 1];
        signal_rewrite_none(rewrite);
        if (signal_rewrite_parse(row->text, rewrite, &err) != 0)
            fail_msg("\"%s\": refused: %s", row->text, err.message);
        for (int number = 0; number <= SIGNAL_LAST; number++)
            if (rewrite[number] != (number == row->from ? row->to : number))
                fail_msg("\"%s\": %d becomes %d", row->text, number, rewrite[number]);
    }
}

static void refuses_a_rewrite_that_cannot_be(void **state)
{
    (void)state;
    foreach(row, wrong_rewrites) {
        struct error err = {0};
        uint8_t rewrite[SIGNAL_LAST + 1];
        signal_rewrite_none(rewrite);
        if (signal_rewrite_parse(row->text, rewrite, &err) != -1)
            fail_msg("\"%s\" was taken", row->text);
        if (!error_says(&err, ERROR_USAGE, row->says))
            fail_msg("\"%s\": says %s", row->text, err.message);
        for (int number = 0; number <= SIGNAL_LAST; number++)
            if (rewrite[number] != number)
                fail_msg("\"%s\": %d becomes %d", row->text, number, rewrite[number]);
    }
}

static void of_two_rewrites_of_one_signal_the_later_holds(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t rewrite[SIGNAL_LAST + 1];
    signal_rewrite_none(rewrite);
    assert_int_equal(signal_rewrite_parse("TERM:QUIT", rewrite, &err), 0);
    assert_int_equal(signal_rewrite_parse("INT:TERM", rewrite, &err), 0);
    assert_int_equal(signal_rewrite_parse("TERM:0", rewrite, &err), 0);
    assert_int_equal(rewrite[15], 0);
    assert_int_equal(rewrite[2], 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_and_numbers),
        cmocka_unit_test(refuses_what_is_no_signal),
        cmocka_unit_test(shows_a_signal_by_its_name),
        cmocka_unit_test(reads_each_name_that_it_shows),
        cmocka_unit_test(a_rewrite_changes_one_signal),
        cmocka_unit_test(refuses_a_rewrite_that_cannot_be),
        cmocka_unit_test(of_two_rewrites_of_one_signal_the_later_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
