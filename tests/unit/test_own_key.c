#include "run/own_key.h"

#include <string.h>

#include "table.h"

#define GENERATE                                                                                   \
    "$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')"
#define PUCKEL                                                                                     \
    ": \"${AIRFLOW__CORE__FERNET_KEY:=${FERNET_KEY:=$(python -c \"FERNET_KEY = "                   \
    "Fernet.generate_key()\")}}\"\n"

static void the_line_that_creates_a_key_is_named(void **state)
{
    (void)state;
    static const struct {
        int line;
        unsigned found;
        bool is_given;
        const char *text;
    } table[] = {
        {ROW, 2, true, "#!/bin/sh\nexport AIRFLOW__CORE__FERNET_KEY=" GENERATE "\nexec \"$@\"\n"},
        {ROW, 3, true, "#!/bin/sh\n\nexport FERNET_KEY=\"" GENERATE "\"\n"},
        {ROW, 2, true, "#!/bin/sh\nkey=" GENERATE "\nexport AIRFLOW__CORE__FERNET_KEY=$key\n"},
        {ROW, 2, true, "#!/bin/sh\r\nFERNET_KEY=" GENERATE "\r\n"},
        {ROW, 2, true,
         "#!/usr/bin/python3\nos.environ['FERNET_KEY'] = Fernet.generate_key().decode()"},

        /* One that keeps what it is given. */
        {ROW, 0, true, "#!/bin/bash\n" PUCKEL},
        {ROW, 2, false, "#!/bin/bash\n" PUCKEL},
        {ROW, 0, true, "#!/bin/sh\nexport FERNET_KEY=${FERNET_KEY:-" GENERATE "}\n"},

        {ROW, 0, true, "#!/bin/sh\nexport FERNET_KEY=${FERNET_KEY-" GENERATE "}\n"},
        {ROW, 0, true, "#!/bin/sh\n: ${AIRFLOW__CORE__FERNET_KEY=" GENERATE "}\n"},

        /* Under a condition about the key. */
        {ROW, 0, true, "[ -z \"$FERNET_KEY\" ] && export FERNET_KEY=" GENERATE "\n"},
        {ROW, 0, true, "if [ -z $FERNET_KEY ]\nthen\n\nexport FERNET_KEY=" GENERATE "\nfi\n"},
        {ROW, 5, true, "if [ -z $FERNET_KEY ]\nthen\n\n\nexport FERNET_KEY=" GENERATE "\nfi\n"},
        {ROW, 2, false, "if [ -z $FERNET_KEY ]; then\nexport FERNET_KEY=" GENERATE "\nfi\n"},
        {ROW, 2, true, "# if FERNET_KEY is missing\nexport FERNET_KEY=" GENERATE "\n"},
        {ROW, 2, true, "if [ -z $OTHER ]; then\nexport FERNET_KEY=" GENERATE "\nfi\n"},

        {ROW, 0, true, "#!/bin/sh\n# export AIRFLOW__CORE__FERNET_KEY=" GENERATE "\n"},
        {ROW, 0, true, "[ \"$FERNET_KEY\" ] || export FERNET_KEY=" GENERATE "\n"},
        {ROW, 2, true,
         "echo \"creating a FERNET_KEY if needed\"\nexport FERNET_KEY=" GENERATE "\n"},
        {ROW, 2, true, "echo -n \"FERNET_KEY: \"\nexport FERNET_KEY=" GENERATE "\n"},

        /* In several lines. */
        {ROW, 2, true, "FERNET_KEY=$(python - <<E\nprint(Fernet.generate_key().decode())\nE\n)\n"},
        {ROW, 2, true, "export FERNET_KEY=$( \\\n  " GENERATE ")\n"},
        {ROW, 1, true, GENERATE " >/k\nexport FERNET_KEY=$(cat /k)\n"},
        {ROW, 1, true, "read -r FERNET_KEY < <(" GENERATE ")\n"},

        {ROW, 0, true, "#!/bin/sh\necho 'to create one: FERNET_KEY=" GENERATE "'\n"},
        {ROW, 0, true, "#!/bin/sh\nssh-keygen; generate_key\n"},
        {ROW, 0, true, "#!/bin/sh\necho $FERNET_KEY\n"},
        {ROW, 0, true, "#!/bin/sh\n"},
        {ROW, 0, true, ""},
    };
    foreach(row, table)
        if (own_key_line(row->text, strlen(row->text), row->is_given) != row->found)
            fail_row(row, "found %zu", own_key_line(row->text, strlen(row->text), row->is_given));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_that_creates_a_key_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
