#include "entry/deliver_edit.h"

#include <string.h>

#include "base/error.h"
#include "base/ini_edit.h"

/* As it stands in the file: a "%" would begin a reference there. */
static int file_value(const struct part *part, struct secret *value, struct error *err)
{
    _cleanup_secret_ struct secret plain = {0};
    if (ring_text(part_ring(part), &plain, err) < 0)
        return -1;
    for (const char *at = plain.bytes; *at;) {
        size_t length = strcspn(at, "%");
        if (secret_append(value, at, length, err) < 0 ||
            (at[length] && secret_append(value, "%%", 2, err) < 0))
            return -1;
        at += length + (at[length] != '\0');
    }
    return 0;
}

int deliver_edit(const struct ini *ini, const struct part *part, const struct managed_place *place,
                 enum cfg_need need, struct secret *text, struct error *err)
{
    _cleanup_secret_ struct secret value = {0};
    _cleanup_secret_ struct secret edited = {0};
    _cleanup_ini_ struct ini read = {.text = ""};
    if (text->length > 0 && ini_read(text->bytes, text->length, &read, err) < 0)
        return -1;
    if (text->length > 0 || need == CFG_MAKE)
        ini = &read;
    if (need == CFG_CLEAR || need == CFG_HIDE) {
        if (ini_comment_out(ini, place->section, place->option, &edited, err) < 0)
            return -1;
    } else if (file_value(part, &value, err) < 0 ||
               ini_set(ini, place->section, place->option, value.bytes, &edited, err) < 0) {
        return -1;
    }
    secret_free(text);
    *text = edited;
    edited = (struct secret){0};
    return 0;
}
