#include "airflow/managed.h"

#include <ctype.h>
#include <stdio.h>

#include "airflow/sensitive.h"
#include "airflow/version.h"
#include "cli/values.h"
#include "store/store.h"
#include "table.h"

/* "AIRFLOW__SECTION__OPTION" and an ending. */
static void variable_of(const struct managed_option *place, const char *ending, char name[128])
{
    snprintf(name, 128, "AIRFLOW__%s__%s%s", place->section, place->option, ending);
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}

static void all_names_of_a_place_are_made_of_section_and_option(void **state)
{
    (void)state;
    foreach(secret, managed_secrets)
        for (const struct managed_option *place = secret->options; place->variable; place++) {
            const struct {
                const char *name;
                const char *ending;
            } table[] = {
                {place->variable, ""},
                {place->variable_command, "_CMD"},
                {place->variable_secret, "_SECRET"},
                {place->variable_file, "_FILE"},
            };
            char name[128];
            foreach(row, table) {
                variable_of(place, row->ending, name);
                if (strcmp(row->name, name) != 0)
                    fail_msg("%s: %s, not %s", secret->name, row->name, name);
            }
            snprintf(name, sizeof name, "%s_cmd", place->option);
            assert_string_equal(place->option_command, name);
            snprintf(name, sizeof name, "%s_secret", place->option);
            assert_string_equal(place->option_secret, name);
            if (!strstr(place->label, place->option))
                fail_msg("%s: its label is %s", name, place->label);
        }
}

/* Every name that leads to a secret. */
static size_t names_of(const struct managed *secret, const char *names[32])
{
    size_t count = 0;
    names[count++] = secret->name;
    for (const struct managed_option *place = secret->options; place->variable; place++) {
        names[count++] = place->variable;
        names[count++] = place->label;
    }
    for (const char *const *path = secret->mounted; *path; path++)
        names[count++] = *path;
    if (secret->bare)
        names[count++] = secret->bare;
    if (secret->bare_file)
        names[count++] = secret->bare_file;
    assert_true(count <= 32);
    return count;
}

static void no_name_leads_to_two_secrets(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANAGED_COUNT; i++)
        for (size_t j = i + 1; j < MANAGED_COUNT; j++) {
            const char *one[32];
            const char *other[32];
            size_t count = names_of(&managed_secrets[i], one);
            size_t others = names_of(&managed_secrets[j], other);
            for (size_t a = 0; a < count; a++)
                for (size_t b = 0; b < others; b++)
                    if (strcmp(one[a], other[b]) == 0)
                        fail_msg("%s is both %s and %s", one[a], managed_secrets[i].name,
                                 managed_secrets[j].name);
        }
}

static void a_row_says_what_is_to_be_made_and_where_it_lies(void **state)
{
    (void)state;
    assert_in_range(MANAGED_COUNT, 1, STORE_WANTED_MOST);
    foreach(secret, managed_secrets) {
        if (secret->name[strspn(secret->name, "abcdefghijklmnopqrstuvwxyz_")] != '\0')
            fail_msg("%s is no file's name", secret->name);
        if (!secret->title || !secret->options->variable || !*secret->mounted)
            fail_msg("%s lacks something", secret->name);
        for (const char *const *path = secret->mounted; *path; path++)
            if (strncmp(*path, "/run/secrets/", strlen("/run/secrets/")) != 0)
                fail_msg("%s is mounted at %s", secret->name, *path);
        if ((secret->bare == NULL) != (secret->bare_file == NULL))
            fail_msg("%s has a bare name and no file for it", secret->name);
    }
    assert_true(!MANAGED_FERNET_KEY->is_value && !MANAGED_FERNET_KEY->replaceable);
    assert_int_equal(MANAGED_FERNET_KEY->bytes, 32);
}

/* Each has an owner: what is managed here is delivered by its own rules. */
static void what_is_managed_is_none_of_the_sensitive_options(void **state)
{
    (void)state;
    foreach(secret, managed_secrets)
        for (const struct managed_option *place = secret->options; place->variable; place++) {
            char assignment[160];
            struct sensitive_variable option;
            snprintf(assignment, sizeof assignment, "%s=/x", place->variable_file);
            if (sensitive_file(assignment, &option))
                fail_msg("%s is delivered twice", place->variable_file);
        }
}

/* Of each place in its order: fernet_key; [webserver] and [api] secret_key; jwt_secret; internal_api_secret_key.
 * d: delivered, s: kept in step, !: shown by Airflow, so neither. */
static const struct {
    int line;
    int version;
    const char *uses;
} uses[] = {
    {ROW, AIRFLOW_UNKNOWN, "d d!d!"},   {ROW, AIRFLOW(1, 10, 15), "d d!!!"},
    {ROW, AIRFLOW(2, 9, 3), "d d!!!"},  {ROW, AIRFLOW(2, 10, 0), "d d!!d"},
    {ROW, AIRFLOW(2, 11, 2), "d d!!d"}, {ROW, AIRFLOW(3, 0, 0), "d d!d!"},
    {ROW, AIRFLOW(3, 0, 1), "d d!d!"},  {ROW, AIRFLOW(3, 0, 2), "d sdd!"},
    {ROW, AIRFLOW(3, 3, 2), "d sdd!"},
};

static void each_version_of_airflow_has_its_own_names(void **state)
{
    (void)state;
    foreach(row, uses) {
        char text[16] = "";
        size_t length = 0;
        for (size_t i = 0; i < MANAGED_COUNT; i++) {
            const struct managed *secret = &managed_secrets[i];
            bool is_read = false;
            for (size_t rank = 0; secret->options[rank].variable; rank++) {
                enum managed_use use = managed_use(&secret->options[rank], row->version);
                const struct managed_option *first =
                    &secret->options[managed_rank(secret, row->version, 0)];
                is_read |= use == MANAGED_DELIVERED;
                text[length++] = "ds!"[use];
                if (use == MANAGED_DELIVERED && first != &secret->options[rank])
                    fail_row(row, "%s does not count first", secret->options[rank].label);
            }
            if (managed_is_read(secret, row->version) != is_read)
                fail_row(row, "%s is not read, or is", secret->name);
            if (i == 0)
                text[length++] = ' ';
        }
        if (strcmp(text, row->uses) != 0)
            fail_row(row, "has %s", text);
    }
}

static void manage_knows_each_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANAGED_COUNT; i++) {
        struct error err = {0};
        struct settings settings = {0};
        assert_int_equal(value_read(&settings, OPTION_MANAGE, managed_secrets[i].name, &err), 0);
        assert_int_equal(settings.manage, 1U << i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_names_of_a_place_are_made_of_section_and_option),
        cmocka_unit_test(no_name_leads_to_two_secrets),
        cmocka_unit_test(a_row_says_what_is_to_be_made_and_where_it_lies),
        cmocka_unit_test(what_is_managed_is_none_of_the_sensitive_options),
        cmocka_unit_test(each_version_of_airflow_has_its_own_names),
        cmocka_unit_test(manage_knows_each_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
