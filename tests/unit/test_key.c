/* Expectations are Python's: base64.urlsafe_b64decode, as cryptography's Fernet calls it, gives these 32
 * bytes, or refuses, or gives another number of bytes. */
#include "fernet/key.h"

#include <stdio.h>
#include <stdlib.h>

#include "table.h"

/* The bytes 219 to 250: this has "-" and "_" in both of its halves. */
#define KEY "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *what;
    const char *text;
    size_t length;
    const char *canonical;
} right[] = {
    {"canonical", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"standard alphabet", TEXT("29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fo="), KEY},
    {"mixed alphabets", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8/T19vf4+fo="), KEY},
    {"newline", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\n"), KEY},
    {"CRLF", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\r\n"), KEY},
    {"blank before", TEXT(" 29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"blanks around", TEXT("  29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\t "), KEY},
    {"blanks inside", TEXT("29zd3t_g4e Lj5OXm5-jp\t6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"broken over lines", TEXT("29zd3t_g4eLj5OXm5-jp6u\nvs7e7v8PHy8_T19vf4-fo=\n"), KEY},
    {"double quotes", TEXT("\"29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\""), KEY},
    {"single quotes", TEXT("'29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo='"), KEY},
    {"BOM", TEXT("\357\273\27729zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"junk", TEXT("!@#29zd3$%^&*t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=()"), KEY},
    {"letters that are no base64", TEXT("29zd3t_g\303\2514eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     KEY},
    {"bytes that are no UTF-8", TEXT("29zd3t_g\377\376\2004eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     KEY},
    {"NUL inside", TEXT("29zd3t_g\0004eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"two =", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=="), KEY},
    {"many =", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo====="), KEY},
    {"text behind the padding", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=garbage"), KEY},
    {"42 characters behind the padding",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo= "
          "9zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     KEY},
    {"comment behind the padding", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo= # old key"),
     KEY},
    {"= at the start", TEXT("=29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"= where a group has one character", TEXT("2=9zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     KEY},
    {"= between groups", TEXT("29zd=3t_g=4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"= where a group has two", TEXT("29=zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="), KEY},
    {"several = where they do not complete", TEXT("29zd3t=_g4e=Lj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     KEY},
    {"= before the last character", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-f=o="), KEY},
    {"junk before the padding", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo \n="), KEY},
    {"last bits not zero", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fp="), KEY},
    {"last bits not zero", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fq="), KEY},
    {"last bits not zero", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fr="), KEY},
    {"bytes 0", TEXT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {"bytes 255", TEXT("__________________________________________8="),
     "__________________________________________8="},
    {"bytes 255, last bits not zero", TEXT("___________________________________________="),
     "__________________________________________8="},
};

static const struct {
    const char *what;
    const char *text;
    size_t length;
    const char *says;
} wrong[] = {
    {"nothing", TEXT(""), "has 0 characters"},
    {"blanks", TEXT(" \t\n"), "has 0 characters"},
    {"junk", TEXT("!!!"), "has 0 characters"},
    {"only padding", TEXT("===="), "has 0 characters"},
    {"no padding", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo"), "append \"=\" to it"},
    {"no padding, a newline", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo\n"),
     "append \"=\" to it"},
    {"no padding, quotes", TEXT("\"29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo\""),
     "append \"=\" to it"},
    {"31 bytes", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-Q=="), "has 42 characters"},
    {"33 bytes", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fp4"), "has 44 characters"},
    {"16 bytes", TEXT("29zd3t_g4eLj5OXm5-jp6g=="), "has 22 characters"},
    {"64 bytes",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-frb3N3e3-Dh4uPk5ebn6Onq6-zt7u_w8fLz9PX29_j5-g="
          "="),
     "has 86 characters"},
    {"64 hex digits", TEXT("dbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fa"),
     "has 64 hexadecimal digits"},
    {"32 ASCII characters", TEXT("abcdefghijklmnopqrstuvwxyz012345"), "has 32 characters"},
    {"32 raw bytes",
     TEXT("\333\334\335\336\337\340\341\342\343\344\345\346\347\350\351\352\353\354\355\356\357\360"
          "\361\362\363\364\365\366\367\370\371\372"),
     "has 0 characters"},
    {"a character lost", TEXT("29zd3t_g4eLj5OXm5-jpuvs7e7v8PHy8_T19vf4-fo="), "has 42 characters"},
    {"a character too much", TEXT("29zd3t_g4eLj5OXm5-jpx6uvs7e7v8PHy8_T19vf4-fo="),
     "has 44 characters"},
    {"cut in the middle", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8P"), "has 30 characters"},
    {"cut to 40", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4"), "has 40 characters"},
    {"41 characters", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-"), "has 41 characters"},
    {"44 characters without padding", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-foA"),
     "has 44 characters"},
    {"padding too early", TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-f=="),
     "has 42 characters"},
    {"= completes a group inside", TEXT("29zd3t_=g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "has 7 characters"},
    {"== completes a group inside", TEXT("29zd3t==_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "has 6 characters"},
    {"literal $FERNET_KEY", TEXT("$FERNET_KEY"), "looks like"},
    {"literal ${FERNET_KEY}", TEXT("${FERNET_KEY}"), "looks like"},
    {"another key on a second line",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\n"
          "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\n"),
     "is followed by another key"},
    {"another key behind a blank",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo= "
          "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "is followed by another key"},
    {"another key behind a ;",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=;"
          "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "is followed by another key"},
    {"another key behind the padding",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="
          "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "is followed by another key"},
    {"another key without padding",
     TEXT("29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\n"
          "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo"),
     "is followed by another key"},
    {"quoted $FERNET_KEY", TEXT("\"$FERNET_KEY\""), "looks like"},
    {"literal $(cat key)", TEXT("$(cat /run/secrets/key)"), "looks like"},
    {" a blank and $_K", TEXT(" $_KEY\n"), "looks like"},
    {"placeholder", TEXT("<YOUR-SECRET>"), "looks like a placeholder (<...>)"},
    {"a template", TEXT("{{ .Values.airflow.fernetKey }}"), "looks like a template"},
    {"a quoted template", TEXT("\"{{fernet_key}}\""), "looks like a template"},
    {"an assignment", TEXT("fernet_key=29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "begins with the name of the option"},
    {"a line of airflow.cfg", TEXT("fernet_key = 29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\n"),
     "begins with the name of the option"},
    {"a line of YAML", TEXT("FERNET_KEY: 29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "begins with the name of the option"},
    {"a line of a shell", TEXT("export FERNET_KEY=29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo="),
     "give the key alone"},
    {"Python's bytes", TEXT("b'29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo='"),
     "looks like Python's bytes"},
    {"Python's bytes in double quotes", TEXT("b\"29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo=\"\n"),
     "looks like Python's bytes"},
    {"63 hexadecimal digits",
     TEXT("00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEF"), "has 63 characters"},
    {"a path", TEXT("/run/secrets/fernet_key"), "name a file in FERNET_KEY_FILE"},
    {"a path from here", TEXT("./key\n"), "looks like a path"},
    {"a connection", TEXT("postgresql://airflow:airflow@db/airflow"), "looks like a URL"},
    {"base64 twice", TEXT("Mjl6ZDN0X2c0ZUxqNU9YbTUtanA2dXZzN2U3djhQSHk4X1QxOXZmNC1mbz0="),
     "is encoded in base64 twice"},
    {"base64 twice, of a line",
     TEXT("Mjl6ZDN0X2c0ZUxqNU9YbTUtanA2dXZzN2U3djhQSHk4X1QxOXZmNC1mbz0K\n"),
     "is encoded in base64 twice"},
    {"placeholder 2", TEXT("changeme"), "has 8 characters"},
    {"1.10s literal", TEXT("cryptography_not_found_storing_passwords_in_plain_text"),
     "is no key: Airflow 1.10 wrote this text"},
    {"a comma list",
     TEXT(
         "29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo,29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fo"),
     "has 86 characters"},
    {"a reference", TEXT("vault:secret/airflow#fernet_key"), "looks like a reference,"},
    {"a sentence", TEXT("hunter2 is my password!"), "has 19 characters"},
};

/* A copy of exactly this size, so that the sanitizer sees a read behind it. */
static int parse(const char *text, size_t length, uint8_t key[FERNET_KEY_BYTES], struct error *err)
{
    char *copy = test_malloc(length ? length : 1);
    memcpy(copy, text, length);
    int result = fernet_key_parse(copy, length, key, err);
    test_free(copy);
    return result;
}

static void reads_what_python_reads(void **state)
{
    (void)state;
    foreach(row, right) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        char text[FERNET_KEY_TEXT + 1] = "";
        if (parse(row->text, row->length, key, &err) != 0)
            fail_msg("%s: refused: it %s", row->what, err.message);
        fernet_key_text(key, text);
        if (strcmp(text, row->canonical) != 0)
            fail_msg("%s: read as %s", row->what, text);
    }
}

static void decodes_to_the_bytes_that_are_meant(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t key[FERNET_KEY_BYTES];
    assert_int_equal(parse(KEY, strlen(KEY), key, &err), 0);
    for (int i = 0; i < FERNET_KEY_BYTES; i++)
        assert_int_equal(key[i], 219 + i);
}

static void refuses_what_python_refuses_and_names_what_is_wrong(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        memset(key, 0x5a, sizeof key);
        if (parse(row->text, row->length, key, &err) != -1)
            fail_msg("%s: was taken", row->what);
        for (int i = 0; i < FERNET_KEY_BYTES; i++)
            if (key[i] != 0x5a)
                fail_msg("%s: byte %d was written", row->what, i);
        if (!error_says(&err, ERROR_INPUT, row->says))
            fail_msg("%s: says it %s", row->what, err.message);
    }
}

static void no_message_holds_a_part_of_the_text(void **state)
{
    (void)state;
    enum { PART = 6 };
    foreach(row, wrong) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        parse(row->text, row->length, key, &err);
        for (size_t i = 0; i + PART <= row->length; i++) {
            char part[PART + 1] = "";
            memcpy(part, row->text + i, PART);
            if (strlen(part) == PART && strstr(err.message, part))
                fail_msg("%s: says it %s", row->what, err.message);
        }
    }
}

/* Every cut and every lost character of a key is refused, none is guessed. */
static void a_part_of_a_key_is_no_key(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t key[FERNET_KEY_BYTES];
    for (size_t length = 0; length < strlen(KEY); length++)
        if (parse(KEY, length, key, &err) != -1)
            fail_msg("the first %zu characters were taken", length);
    for (size_t lost = 0; lost < strlen(KEY); lost++) {
        char text[] = KEY;
        memmove(text + lost, text + lost + 1, strlen(text + lost));
        if (parse(text, strlen(text), key, &err) != -1)
            fail_msg("taken without character %zu", lost);
    }
}

/* Each byte that is neither base64 nor padding may stand anywhere, each that is may not. */
static void exactly_the_bytes_outside_base64_are_passed_over(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    for (int byte = 0; byte < 256; byte++) {
        struct error err = {0};
        uint8_t key[FERNET_KEY_BYTES];
        char text[sizeof KEY] = {(char)byte};
        memcpy(text + 1, KEY, strlen(KEY));
        bool counts = byte != 0 && strchr(alphabet, byte);
        if ((parse(text, sizeof text, key, &err) == 0) == counts)
            fail_msg("byte %d", byte);
    }
}

static void every_key_survives_being_written_and_read(void **state)
{
    (void)state;
    struct error err = {0};
    for (int i = 0; i < FERNET_KEY_BYTES * 256; i++) {
        uint8_t key[FERNET_KEY_BYTES] = {0};
        uint8_t read[FERNET_KEY_BYTES];
        char text[FERNET_KEY_TEXT + 1];
        key[i / 256] = (uint8_t)i;
        fernet_key_text(key, text);
        assert_int_equal(strlen(text), FERNET_KEY_TEXT);
        assert_int_equal(text[43], '=');
        assert_null(strpbrk(text, "+/ \n"));
        assert_int_equal(fernet_key_parse(text, FERNET_KEY_TEXT, read, &err), 0);
        assert_memory_equal(read, key, sizeof key);
    }
}

/* From Python: hashlib.blake2b(value, digest_size=32, key=b"fernit-fingerprint-v1").hexdigest()[:16] */
static void fingerprints_are_a_keyed_blake2b(void **state)
{
    (void)state;
    static const uint8_t zeros[FERNET_KEY_BYTES] = {0};
    static const struct {
        const void *value;
        size_t length;
        const char *fingerprint;
    } table[] = {
        {zeros, FERNET_KEY_BYTES, "579fab0d1cc6ee1b"},
        {"0123456789abcdef0123456789abcdef", FERNET_KEY_BYTES, "9c65db6aae518ecb"},
        {"", 0, "78e1799a729e7285"},
        {"\0", 1, "de992bdf102cd98d"},
        {"abc", 3, "33c8c46c6a1312cb"},
        {"a secret_key, which has any length at all", 41, "cfd11b313145a85b"},
    };
    foreach(row, table) {
        char text[FINGERPRINT_TEXT + 1];
        memset(text, 'x', sizeof text);
        fingerprint(row->value, row->length, text);
        if (strcmp(text, row->fingerprint) != 0)
            fail_msg("got %s, not %s", text, row->fingerprint);
    }
}

/* The specification's own vectors, where they are at hand. */
static void keys_of_the_specification_are_canonical(void **state)
{
    (void)state;
    static const char *const names[] = {"generate", "verify", "invalid"};
    static const char member[] = "\"secret\": \"";
    const char *data = getenv("FERNIT_TEST_DATA");
    int keys = 0;
    if (!data)
        skip();
    foreach(name, names) {
        char path[4096];
        snprintf(path, sizeof path, "%s/fernet-spec/%s.json", data, *name);
        FILE *file = fopen(path, "r");
        if (!file)
            skip();
        char line[1024];
        while (fgets(line, sizeof line, file)) {
            struct error err = {0};
            uint8_t key[FERNET_KEY_BYTES];
            char text[FERNET_KEY_TEXT + 1];
            char *secret = strstr(line, member);
            if (!secret)
                continue;
            secret += strlen(member);
            secret[strcspn(secret, "\"")] = '\0';
            assert_int_equal(fernet_key_parse(secret, strlen(secret), key, &err), 0);
            fernet_key_text(key, text);
            assert_string_equal(text, secret);
            keys++;
        }
        fclose(file);
    }
    assert_true(keys >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_python_reads),
        cmocka_unit_test(decodes_to_the_bytes_that_are_meant),
        cmocka_unit_test(refuses_what_python_refuses_and_names_what_is_wrong),
        cmocka_unit_test(no_message_holds_a_part_of_the_text),
        cmocka_unit_test(a_part_of_a_key_is_no_key),
        cmocka_unit_test(exactly_the_bytes_outside_base64_are_passed_over),
        cmocka_unit_test(every_key_survives_being_written_and_read),
        cmocka_unit_test(fingerprints_are_a_keyed_blake2b),
        cmocka_unit_test(keys_of_the_specification_are_canonical),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
