#include "base/shown.h"

#include "table.h"

static void what_may_be_a_secret_is_not_shown(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool is_shown;
        const char *word;
        const char *known;
    } table[] = {
        /* Paths. */
        {ROW, true, "/run/secrets/fernet_key", NULL},
        {ROW, true, "./key", NULL},
        {ROW, true, "../key", NULL},
        {ROW, true, ".key", NULL},
        {ROW, true, "~/key", NULL},
        {ROW, true, "~airflow/key", NULL},
        {ROW, false, "keys", NULL},
        {ROW, false, "hunter2", NULL},
        {ROW, false, "run/secrets/fernet_key", NULL},

        /* Too short for a secret. */
        {ROW, true, "", NULL},
        {ROW, true, "v", NULL},
        {ROW, true, "rnu", "run"},
        {ROW, false, "rnnu", "run"},

        /* Half of the letters of the name that is known. */
        {ROW, true, "store", "store"},
        {ROW, true, "stroe", "store"},
        {ROW, true, "stor", "store"},
        {ROW, true, "storage", "store"},
        {ROW, false, "storages", "store"},
        {ROW, false, "sturgeon", "store"},
        {ROW, true, "inti", "init"},
        {ROW, false, "pass", "init"},
        {ROW, false, "hunter2", "user"},

        /* Keys: whole, cut, begun with a name. */
        {ROW, false, "RJ8P0JAbqN1yXHXWuwWEMzMCrlg0vZdAGnYAPSf5C6o=", "secret-file"},
        {ROW, false, "RJ8P0JAbqN1yXHXWuwWEMzMCrlg0vZdAGnYAPSf5", "secret-file"},
        {ROW, false, "-J8P0JAbqN1yXHXWuwWEMzMCrlg0vZdAGnYAPSf5", "secret-file"},
        {ROW, false, "assume-single-writerRJ8P0JAbqN1yXHX", "assume-single-writer"},
        {ROW, false, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "json"},

        /* A long name that is known. */
        {ROW, true, "a-program-with-a-name-of-more-than-31-letters",
         "a-program-with-a-name-of-more-than-31-letters"},
        {ROW, false, "a-program-with-a-name-of-more-than-32-letters",
         "a-program-with-a-name-of-more-than-31-letters"},
    };
    foreach(row, table) {
        const char *text = shown(row->word, row->known, "...");
        if (text != row->word && !same_text(text, "..."))
            fail_row(row, "\"%s\"", text);
        if ((text == row->word) != row->is_shown)
            fail_row(row, "\"%s\" is %s", row->word, row->is_shown ? "hidden" : "shown");
    }
}

static void a_value_of_8_letters_is_shown(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool is_shown;
        const char *value;
    } table[] = {
        {ROW, true, ""},
        {ROW, true, "airflow"},
        {ROW, true, "12345678"},
        {ROW, false, "123456789"},
        {ROW, true, "/2345678901234567890123456789012"},
    };
    foreach(row, table)
        if (!same_text(shown_value(row->value), row->is_shown ? row->value : "..."))
            fail_row(row, "\"%s\"", shown_value(row->value));
}

static void the_distance_of_two_words(void **state)
{
    (void)state;
    static const struct {
        int line;
        size_t distance;
        const char *a;
        const char *b;
    } table[] = {
        {ROW, 0, "", ""},
        {ROW, 0, "store", "store"},
        {ROW, 5, "", "store"},
        {ROW, 5, "store", ""},
        {ROW, 1, "stor", "store"},
        {ROW, 1, "sture", "store"},
        {ROW, 1, "stroe", "store"},
        {ROW, 1, "rnu", "run"},
        {ROW, 2, "rnnu", "run"},
        {ROW, 3, "ca", "abc"},
        {ROW, 3, "kitten", "sitting"},
        {ROW, 0, "1234567890123456789012345678901", "1234567890123456789012345678901 and more"},
    };
    foreach(row, table)
        if (word_distance(row->a, row->b) != row->distance ||
            word_distance(row->b, row->a) != row->distance)
            fail_row(row, "%zu", word_distance(row->a, row->b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_secret_is_not_shown),
        cmocka_unit_test(a_value_of_8_letters_is_shown),
        cmocka_unit_test(the_distance_of_two_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
