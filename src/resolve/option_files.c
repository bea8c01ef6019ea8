#include "resolve/option_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airflow/expand.h"
#include "base/error.h"
#include "base/lines.h"
#include "resolve/secret_file.h"

enum { NAME_MOST = SENSITIVE_NAME + sizeof "_SECRET" };

static void name_of(const struct sensitive_variable *option, const char *suffix,
                    char name[NAME_MOST])
{
    snprintf(name, NAME_MOST, "%s%s", option->name, suffix);
}

/* The value of the option's variable with that suffix, or NULL. */
static const char *value_of(char *const *environment, const struct sensitive_variable *option,
                            const char *suffix)
{
    char name[NAME_MOST];
    name_of(option, suffix, name);
    return environment_get(environment, name);
}

static bool is_set(char *const *environment, const struct sensitive_variable *option,
                   const char *suffix)
{
    const char *value = value_of(environment, option, suffix);
    return value && !text_is_blank(value);
}

static int check_value(const struct option_file *file, struct error *err)
{
    const struct secret *text = &file->text;
    if (memchr(text->bytes, '\0', text->length))
        error_input(err, "%s_FILE: %s: has a NUL in it, which a variable cannot have",
                    file->option.name, file->path);
    else if (!file->option.is_json && strpbrk(text->bytes, "\r\n"))
        error_input(err, "%s_FILE: %s: has more than one line", file->option.name, file->path);
    else
        return 0;
    return error_hint(err, "write the value alone into it");
}

static int read_option(struct option_file *file, char *const *environment,
                       const struct early *early, struct error *err)
{
    char name[NAME_MOST];
    const struct sensitive_variable *option = &file->option;
    const struct secret_file source = {file->path, name, option->name};
    name_of(option, "_FILE", name);
    if (text_is_blank(file->path)) {
        file->hides = environment_hidden(environment, name) != NULL;
        file->finding = OPTION_FILE_EMPTY;
        return 0;
    }
    if (is_set(environment, option, ""))
        return secret_file_refuse_both(option->name, name, err);
    file->blank = value_of(environment, option, "") != NULL;
    file->rival = is_set(environment, option, "_CMD")      ? "_CMD"
                  : is_set(environment, option, "_SECRET") ? "_SECRET"
                                                           : NULL;
    if (file->rival) {
        file->finding = OPTION_FILE_PASSED;
        return 0;
    }
    return secret_file_read(&source, early, &file->text, err) < 0 ? -1 : check_value(file, err);
}

static int set_broken(struct option_file *file, const struct error *why, struct error *err)
{
    file->finding = OPTION_FILE_BROKEN;
    secret_free(&file->text);
    file->error = malloc(sizeof *file->error);
    if (!file->error)
        return error_sys(err, "cannot keep the error of %s_FILE", file->option.name);
    *file->error = *why;
    return 0;
}

static int add(struct option_files *files, const struct sensitive_variable *option,
               const char *path, struct error *err)
{
    struct option_file *list = reallocarray(files->list, files->count + 1, sizeof *list);
    if (!list)
        return error_sys(err, "cannot list the files of options");
    files->list = list;
    list[files->count++] = (struct option_file){.option = *option, .path = path};
    return 0;
}

static int find_all(struct option_files *files, char *const *environment, struct error *err)
{
    for (char *const *at = environment; *at; at++) {
        struct sensitive_variable option;
        const char *path =
            sensitive_file(*at, &option) ? value_of(environment, &option, "_FILE") : NULL;
        /* Of two assignments to one name the first is used. */
        if (path && path == strchr(*at, '=') + 1 && add(files, &option, path, err) < 0)
            return -1;
    }
    return 0;
}

/* The environment in which Airflow will expand values: the command's, and the variables that a shell before it may
 * set. */
static int expanding_environment(const struct option_files *files, char *const *environment,
                                 struct environment *expanding, struct error *err)
{
    static const char *const of_shells[] = {"_", "OLDPWD", "PWD", "SHLVL"};
    if (environment_copy(expanding, environment, err) < 0)
        return -1;
    environment_unset_prefix(expanding, "FERNIT_");
    for (size_t i = 0; i < sizeof of_shells / sizeof *of_shells; i++)
        if (environment_set(expanding, of_shells[i], "", err) < 0)
            return -1;
    for (size_t i = 0; i < files->count; i++)
        if (files->list[i].finding == OPTION_FILE_READ &&
            environment_set(expanding, files->list[i].option.name, files->list[i].text.bytes, err) <
                0)
            return -1;
    return 0;
}

static int refuse_expanded(const struct option_file *file, struct error *err)
{
    const char *variable = file->option.name;
    const char *dollar = strchr(file->text.bytes, '$');
    const char *what = !dollar                    ? "begins with \"~\""
                       : *file->text.bytes == '~' ? "has a \"$\" in it, or begins with \"~\""
                                                  : "has a \"$\" in it, before a name that is set";
    error_input(err, "%s_FILE: %s: the value %s, which Airflow replaces in a variable", variable,
                file->path, what);
    error_hint(err, "let Airflow read the file as it is: %s_CMD=\"cat %s\"", variable, file->path);
    error_hint(err, "for that, write the file without a line end");
    return error_hint(err, "and unset %s_FILE", variable);
}

/* Refuses a value that Airflow would change. */
static int check_expansion(const struct option_file *file, char *const *expanding,
                           struct error *err)
{
    _cleanup_secret_ struct secret expanded = {0};
    const struct secret *text = &file->text;
    if (secret_append(&expanded, text->bytes, text->length, err) < 0)
        return -1;
    int done = airflow_expand(&expanded, expanding, err);
    if (done < 0 && err->kind == ERROR_SYSTEM)
        return -1;
    if (done == 0 && expanded.length == text->length &&
        memcmp(expanded.bytes, text->bytes, text->length) == 0)
        return 0;
    return refuse_expanded(file, err);
}

static int check_expansions(struct option_files *files, char *const *environment, struct error *err)
{
    _cleanup_environment_ struct environment expanding = {0};
    for (size_t i = 0; i < files->count; i++) {
        struct error why = {0};
        struct option_file *file = &files->list[i];
        if (file->finding != OPTION_FILE_READ || !airflow_expands(file->text.bytes))
            continue;
        if (!expanding.list && expanding_environment(files, environment, &expanding, err) < 0)
            return -1;
        if (check_expansion(file, expanding.list, &why) < 0 && set_broken(file, &why, err) < 0)
            return -1;
    }
    return 0;
}

int option_files_read(char *const *environment, const struct early *early,
                      struct option_files *files, struct error *err)
{
    *files = (struct option_files){0};
    if (find_all(files, environment, err) < 0)
        return -1;
    for (size_t i = 0; i < files->count; i++) {
        struct error why = {0};
        struct option_file *file = &files->list[i];
        if (read_option(file, environment, early, &why) < 0 && set_broken(file, &why, err) < 0)
            return -1;
    }
    if (check_expansions(files, environment, err) < 0)
        return -1;
    for (size_t i = 0; i < files->count; i++)
        if (files->list[i].finding == OPTION_FILE_BROKEN) {
            *err = *files->list[i].error;
            return -1;
        }
    return 0;
}

int option_files_deliver(struct option_files *files, struct environment *environment,
                         struct error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        char name[NAME_MOST];
        struct option_file *file = &files->list[i];
        name_of(&file->option, "_FILE", name);
        environment_unset(environment, name);
        if (file->blank)
            environment_unset(environment, file->option.name);
        if (file->finding == OPTION_FILE_READ &&
            environment_set(environment, file->option.name, file->text.bytes, err) < 0)
            return -1;
        secret_free(&file->text);
    }
    return 0;
}

const char *option_file_remark(const struct option_file *file, char text[OPTION_FILE_REMARK],
                               char hint[OPTION_FILE_REMARK])
{
    const char *variable = file->option.name;
    *hint = '\0';
    if (file->finding == OPTION_FILE_PASSED) {
        snprintf(text, OPTION_FILE_REMARK, "%s_FILE is not used, because %s%s is used", variable,
                 variable, file->rival);
        snprintf(hint, OPTION_FILE_REMARK, "unset one of them");
        return "unused-source";
    }
    if (file->finding == OPTION_FILE_EMPTY) {
        snprintf(text, OPTION_FILE_REMARK, "%s_FILE is set to nothing, and is ignored", variable);
        if (file->hides)
            snprintf(hint, OPTION_FILE_REMARK,
                     "remove the empty %s_FILE: it is set twice, and the first one hides the other",
                     variable);
    } else if (file->finding == OPTION_FILE_READ && file->blank)
        snprintf(text, OPTION_FILE_REMARK, "%s is set to nothing, and is ignored: %s_FILE is used",
                 variable, variable);
    else
        return NULL;
    return "empty-value";
}

void option_files_free(struct option_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        secret_free(&files->list[i].text);
        free(files->list[i].error);
    }
    free(files->list);
    *files = (struct option_files){0};
}
