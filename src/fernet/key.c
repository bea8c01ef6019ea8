#include "fernet/key.h"

#include <ctype.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/lines.h"
#include "base/reference.h"

/* 43 characters carry 258 bits, of which the last two are dropped, and "=" fills the group. */
enum { KEY_CHARACTERS = 43 };

/* What Python's decoder finds in a text. */
struct scan {
    size_t characters; /* of base64, up to the completing "=" */
    size_t ignored;    /* neither base64 nor "=" */
    size_t length;     /* bytes up to the completing "=" */
    bool complete;     /* the completing "=" was found */
};

/* The 6 bits of a base64 character in either alphabet, or -1. Without a table: through the cache its timing would
 * depend on the key. */
static int bits(unsigned char c)
{
    unsigned value = 0;
    value |= (unsigned)-(c >= 'A' && c <= 'Z') & (unsigned)(c - 'A' + 1);
    value |= (unsigned)-(c >= 'a' && c <= 'z') & (unsigned)(c - 'a' + 27);
    value |= (unsigned)-(c >= '0' && c <= '9') & (unsigned)(c - '0' + 53);
    value |= (unsigned)-(c == '+' || c == '-') & 63U;
    value |= (unsigned)-(c == '/' || c == '_') & 64U;
    return (int)value - 1;
}

/* CPython's binascii.a2b_base64: "=" is ignored unless a group has two or three characters, and the "=" that
 * completes a group ends the text. */
static struct scan decode(const char *text, size_t length, uint8_t key[FERNET_KEY_BYTES])
{
    struct scan scan = {0};
    unsigned pending = 0;
    size_t padding = 0;
    for (size_t i = 0; i < length && !scan.complete; scan.length = ++i) {
        size_t position = scan.characters % 4;
        int value = bits((unsigned char)text[i]);
        if (text[i] == '=') {
            scan.complete = position >= 2 && position + ++padding >= 4;
        } else if (value < 0) {
            scan.ignored++;
        } else {
            pending = pending << 6 | (unsigned)value;
            size_t byte = scan.characters * 6 / 8;
            if (position > 0 && byte < FERNET_KEY_BYTES)
                key[byte] = (uint8_t)(pending >> (6 - 2 * position));
            padding = 0;
            scan.characters++;
        }
    }
    return scan;
}

/* For the text behind a key. Python ignores it, but another key there would be lost at the next write. */
static bool contains_key(const char *text, size_t length)
{
    size_t run = 0;
    for (size_t i = 0; i < length && run < KEY_CHARACTERS; i++)
        run = bits((unsigned char)text[i]) < 0 ? 0 : run + 1;
    return run == KEY_CHARACTERS;
}

static bool is_placeholder(const char *text, size_t length)
{
    while (length > 0 && (*text == '"' || *text == '\'' || isspace((unsigned char)*text))) {
        text++;
        length--;
    }
    return length > 1 && *text == '$' &&
           (text[1] == '{' || text[1] == '(' || text[1] == '_' || isalpha((unsigned char)text[1]));
}

/* Airflow 1.8 to 1.10 wrote this instead of a key if the package cryptography was missing. */
static bool is_no_encryption(const char *text, size_t length)
{
    static const char literal[] = "cryptography_not_found_storing_passwords_in_plain_text";
    return length == sizeof literal - 1 && memcmp(text, literal, length) == 0;
}

/* Kubernetes shows the data of a Secret in base64. */
static bool is_encoded_twice(const char *text, size_t length)
{
    char inner[2 * FERNET_KEY_TEXT];
    uint8_t key[FERNET_KEY_BYTES];
    size_t count = 0;
    bool is_encoded =
        sodium_base642bin((unsigned char *)inner, sizeof inner, text, length, " \t\r\n", &count,
                          NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
    struct scan scan = decode(inner, is_encoded ? count : 0, key);
    sodium_memzero(inner, sizeof inner);
    sodium_memzero(key, sizeof key);
    return scan.complete && scan.characters == KEY_CHARACTERS;
}

static bool begins(struct span text, const char *start)
{
    size_t length = strlen(start);
    return text.length >= length && strncasecmp(text.start, start, length) == 0;
}

static bool is_assignment(struct span text)
{
    static const char *const names[] = {"AIRFLOW__CORE__FERNET_KEY", "FERNET_KEY"};
    static const char command[] = "export ";
    if (begins(text, command))
        text = line_trim(text.start + strlen(command), text.start + text.length);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct span rest = span_from(text, strlen(names[i]));
        rest = line_trim(rest.start, rest.start + rest.length);
        if (begins(text, names[i]) && rest.length > 0 && (*rest.start == '=' || *rest.start == ':'))
            return true;
    }
    return false;
}

/* The result of Fernet.generate_key(), as Python prints it. */
static bool is_python_bytes(struct span text)
{
    return begins(text, "b'") || begins(text, "b\"");
}

/* The output of openssl rand -hex 32. */
static bool is_hex(struct span text)
{
    size_t digits = 0;
    while (digits < text.length && isxdigit((unsigned char)text.start[digits]))
        digits++;
    return digits == text.length && digits == (size_t)2 * FERNET_KEY_BYTES;
}

/* Recognizes texts that people often give instead of a key. Returns the error, or NULL; *hint is what to do. */
static const char *recognize(const char *start, size_t length, const char **hint)
{
    *hint = "give the key itself";
    struct span text = line_trim(start, start + length);
    if (is_placeholder(start, length)) {
        *hint = "give its value: only a shell, Compose or Kubernetes replaces such a name";
        return "looks like a variable's name ($NAME) that was not replaced by its value";
    }
    if (memmem(text.start, text.length, "{{", 2)) {
        *hint = "render the template, or give the key itself";
        return "looks like a template ({{ ... }}) that was not rendered";
    }
    if (text.length > 1 && *text.start == '<' && text.start[text.length - 1] == '>')
        return "looks like a placeholder (<...>) that was not replaced";
    if (is_assignment(text)) {
        *hint = "give the key alone";
        return "begins with the name of the option";
    }
    if (is_python_bytes(text)) {
        *hint = "give only what is between the quotes";
        return "looks like Python's bytes (b'...')";
    }
    if (is_hex(text)) {
        *hint = "if they are a key, give its 32 bytes in base64, with - and _ for + and /";
        return "has 64 hexadecimal digits, a Fernet key has 44 characters of base64";
    }
    if (begins(text, "/") || begins(text, "./") || begins(text, "~/")) {
        *hint = "name a file in FERNET_KEY_FILE";
        return "looks like a path";
    }
    if (memmem(text.start, text.length, "://", 3))
        return "looks like a URL";
    if (is_reference(text.start, text.length))
        return "looks like a reference, which this version of fernit does not resolve";
    if (is_encoded_twice(start, length)) {
        *hint = "decode it once: base64 -d";
        return "is encoded in base64 twice";
    }
    return NULL;
}

static int explain(const char *text, size_t length, struct scan scan, struct error *err)
{
    const char *hint;
    const char *known = recognize(text, length, &hint);
    if (known) {
        error_input(err, "%s", known);
        return error_hint(err, "%s", hint);
    }
    if (is_no_encryption(text, length)) {
        error_input(err, "is no key: Airflow 1.10 wrote this text where it could not encrypt");
        return error_hint(err, "empty the line to let fernit create a key");
    }
    if (scan.characters == KEY_CHARACTERS) {
        error_input(err, "lacks its last character, \"=\"");
        return error_hint(err, "append \"=\" to it");
    }
    error_input(err, "has %zu characters of base64, and must have 43 and one \"=\"",
                scan.characters);
    if (scan.ignored)
        error_hint(err, "characters that are not base64 are not counted");
    return error_hint(err, "give the whole key");
}

int fernet_key_parse(const char *text, size_t length, uint8_t key[FERNET_KEY_BYTES],
                     struct error *err)
{
    uint8_t decoded[FERNET_KEY_BYTES] = {0};
    struct scan scan = decode(text, length, decoded);
    bool is_key = scan.complete && scan.characters == KEY_CHARACTERS;
    bool is_alone = is_key && !contains_key(text + scan.length, length - scan.length);
    if (is_alone)
        memcpy(key, decoded, sizeof decoded);
    sodium_memzero(decoded, sizeof decoded);
    if (is_key && !is_alone) {
        error_input(err, "is followed by another key");
        return error_hint(err, "put a comma between them");
    }
    return is_key ? 0 : explain(text, length, scan, err);
}

void fernet_key_text(const uint8_t key[FERNET_KEY_BYTES], char text[FERNET_KEY_TEXT + 1])
{
    sodium_bin2base64(text, FERNET_KEY_TEXT + 1, key, FERNET_KEY_BYTES,
                      sodium_base64_VARIANT_URLSAFE);
}

void fingerprint(const void *value, size_t length, char text[FINGERPRINT_TEXT + 1])
{
    static const char domain[] = "fernit-fingerprint-v1";
    uint8_t hash[32];
    crypto_generichash(hash, sizeof hash, value, length, (const uint8_t *)domain,
                       sizeof domain - 1);
    sodium_bin2hex(text, FINGERPRINT_TEXT + 1, hash, FINGERPRINT_TEXT / 2);
}
