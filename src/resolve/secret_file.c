#include "resolve/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/shown.h"
#include "fernet/ring.h"

bool secret_file_may_be_shown(const char *path)
{
    return !ring_is_text(path) && shown(path, NULL, "") == path;
}

static int read_path(const char *given, const char *shown_as, struct secret *text,
                     struct error *err)
{
    struct stat status;
    _cleanup_close_ int fd = file_open(AT_FDCWD, given, 0, shown_as, &status, err);
    return fd < 0 ? -1 : file_read(fd, shown_as, SECRET_FILE_MOST, text, err);
}

static int read_text(const char *path, const char *shown_as, const struct early *early,
                     struct secret *text, struct error *err)
{
    const struct early_text *found = early_found(early, path);
    if (found && found->missing) {
        errno = ENOENT;
        return error_sys(err, "%s", shown_as);
    }
    if (found)
        return secret_append(text, found->text.bytes, found->text.length, err);
    if (read_path(path, shown_as, text, err) == 0)
        return 0;
    if (early && err->errnum == EACCES)
        error_advise(err, "let this user read it, or let root alone write to its folders: then "
                          "root reads it");
    return -1;
}

static void strip_line_end(struct secret *text)
{
    if (text->length > 0 && text->bytes[text->length - 1] == '\n')
        text->length--;
    if (text->length > 0 && text->bytes[text->length - 1] == '\r')
        text->length--;
    text->bytes[text->length] = '\0';
}

static int advise_to_mount(const char *named_by, struct error *err)
{
    if (named_by && *named_by == '-')
        named_by = "--secret-file (FERNIT_SECRET_FILE)";
    error_advise(err, "mount it, readable and whole");
    return named_by ? error_advise(err, "or leave out %s, if nothing needs its value", named_by)
                    : -1;
}

int secret_file_within(const struct secret_file *file, struct error *err)
{
    bool is_option = file->named_by && *file->named_by == '-';
    if (!file->named_by || (is_option && secret_file_may_be_shown(file->path)))
        return -1;
    return error_within(err, "%s", file->named_by);
}

int secret_file_read(const struct secret_file *file, const struct early *early, struct secret *text,
                     struct error *err)
{
    bool may_be_shown = secret_file_may_be_shown(file->path);
    const char *name = may_be_shown ? file->path : "the file";
    if (file->named_by && ring_is_text(file->path)) {
        error_input(err, "%s: is a key, where a path belongs", file->named_by);
        return error_hint(err, "put the key into %s", file->variable);
    }
    if (read_text(file->path, name, early, text, err) < 0) {
        if (!may_be_shown)
            error_hint(err, "give a path that begins with \"/\": the value is not shown, since it "
                            "may be a secret");
    } else if (text_is_blank(text->bytes)) {
        error_input(err, "%s: is empty", name);
    } else {
        strip_line_end(text);
        return 0;
    }
    advise_to_mount(file->named_by, err);
    return secret_file_within(file, err);
}

int secret_file_refuse_both(const char *variable, const char *variable_file, struct error *err)
{
    error_input(err, "%s: is set, and %s is set, too", variable, variable_file);
    error_id(err, "set-twice");
    return error_hint(err, "unset one of them");
}
