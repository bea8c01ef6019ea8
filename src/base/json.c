#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/unicode.h"

static bool is_control(uint32_t code)
{
    return code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

size_t json_string(const char *given, char *text, size_t size)
{
    char *end = text;
    const char *last = text + size - 2; /* the last place for the closing quote */
    *end++ = '"';
    while (*given) {
        char spelt[8] = "?";
        uint32_t code = 0;
        size_t length = utf8_read(given, strlen(given), &code);
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
