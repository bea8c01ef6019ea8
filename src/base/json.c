#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence that begins at `text`, and its code point, or 0 if it is none. RFC 3629 */
static size_t utf8_read(const unsigned char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80             ? 1
                    : (text[0] & 0xe0) == 0xc0 ? 2
                    : (text[0] & 0xf0) == 0xe0 ? 3
                    : (text[0] & 0xf8) == 0xf0 ? 4
                                               : 0;
    *code = length > 1 ? text[0] & (0x7fU >> length) : text[0];
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3fU);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < least[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

static bool is_control(uint32_t code)
{
    return code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

size_t json_string(const char *given, char *text, size_t size)
{
    char *end = text;
    const char *last = text + size - 2; /* of the closing quote */
    *end++ = '"';
    while (*given) {
        char spelt[8] = "?";
        uint32_t code = 0;
        size_t length = utf8_read((const unsigned char *)given, &code);
        if (length == 0)
            length = 1;
        else if (is_control(code))
            snprintf(spelt, sizeof spelt, "\\u%04x", (unsigned)code);
        else if (code == '"' || code == '\\')
            snprintf(spelt, sizeof spelt, "\\%c", *given);
        else
            snprintf(spelt, sizeof spelt, "%.*s", (int)length, given);
        size_t width = strlen(spelt);
        if (width > (size_t)(last - end))
            break;
        end = mempcpy(end, spelt, width);
        given += length;
    }
    *end++ = '"';
    *end = '\0';
    return (size_t)(end - text);
}
