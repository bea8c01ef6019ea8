#include "base/unicode.h"

size_t utf8_read(const char *text, size_t length, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)*text;
    size_t width = first < 0x80             ? 1
                   : (first & 0xe0) == 0xc0 ? 2
                   : (first & 0xf0) == 0xe0 ? 3
                   : (first & 0xf8) == 0xf0 ? 4
                                            : 0;
    if (width > length)
        return 0;
    *code = width > 1 ? first & (0x7fU >> width) : first;
    for (size_t i = 1; i < width; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (next & 0x3fU);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < least[width] || *code > 0x10ffff || surrogate ? 0 : width;
}

bool utf8_is_valid(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code = 0;
        size_t width = utf8_read(text + at, length - at, &code);
        if (width == 0)
            return false;
        at += width;
    }
    return true;
}
