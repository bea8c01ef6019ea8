/* An edit of airflow.cfg: what is read afterwards is what was read before, but for one option; nothing that was in the
 * text is lost, and the second time nothing changes. */
#include "base/ini_edit.h"
#include "fuzz.h"

static const char value[] = "T0RvZ2dlZCBhbmQgd2VsbCwgYSBrZXkgb2YgMzIgYiE=";

struct target {
    const char *section;
    const char *name;
    const char *mark; /* that it gets when it is set, or NULL */
};

static bool is_target(const struct ini_option *option, const struct target *target)
{
    return span_is(option->section, target->section) && span_is(option->name, target->name);
}

static bool same_option(const struct ini *one, const struct ini_option *a, const struct ini *two,
                        const struct ini_option *b)
{
    return span_same(a->section, b->section) && span_same(a->name, b->name) &&
           strcmp(ini_value(one, a), ini_value(two, b)) == 0;
}

/* The same triples in the same order, but for the target. */
static void hold_others(const struct ini *before, const struct ini *after,
                        const struct target *target)
{
    size_t i = 0;
    size_t j = 0;
    for (;; i++, j++) {
        while (i < before->option_count && is_target(&before->options[i], target))
            i++;
        while (j < after->option_count && is_target(&after->options[j], target))
            j++;
        if (i == before->option_count || j == after->option_count)
            break;
        hold(same_option(before, &before->options[i], after, &after->options[j]),
             "every other option has its place and value");
    }
    hold(i == before->option_count && j == after->option_count, "no other option comes or goes");
}

/* What stands before `start` and what stands behind `end` is still there, to the byte. */
static void hold_around(const struct ini *before, const struct secret *edited, size_t start,
                        size_t end)
{
    size_t behind = before->length - end;
    hold(edited->length >= start + behind, "nothing around the option is lost");
    hold(memcmp(edited->bytes, before->text, start) == 0, "what stands before it stays");
    hold(memcmp(edited->bytes + edited->length - behind, before->text + end, behind) == 0,
         "what stands behind it stays");
}

/* Something was put into the text, and nothing taken out of it. */
static void hold_insertion(const struct ini *before, const struct secret *edited)
{
    size_t same = 0;
    while (same < before->length && before->text[same] == edited->bytes[same])
        same++;
    hold_around(before, edited, same, same);
}

static void set(const struct ini *ini, const struct target *target)
{
    struct error err = {0};
    _cleanup_secret_ struct secret edited = {0};
    _cleanup_secret_ struct secret twice = {0};
    _cleanup_ini_ struct ini after = {0};
    if (ini_set(ini, target->section, target->name, value, target->mark, &edited, &err) < 0) {
        hold_error(&err, ERROR_REFUSED);
        hold(edited.length == 0, "a refused edit leaves no text");
        return;
    }
    hold_terminated(&edited);
    hold(ini_read(edited.bytes, edited.length, &after, &err) == 0, "an edited text can be read");
    const struct ini_option *now = ini_find(&after, target->section, target->name);
    hold(now && strcmp(ini_value(&after, now), value) == 0, "the option has its value");
    hold(!target->mark || ini_is_marked(&after, now, target->mark), "the option has its mark");
    hold_others(ini, &after, target);

    const struct ini_option *was = ini_find(ini, target->section, target->name);
    was ? hold_around(ini, &edited, was->start, was->end) : hold_insertion(ini, &edited);
    hold(ini_set(&after, target->section, target->name, value, target->mark, &twice, &err) == 0 &&
             same_secret(&twice, &edited),
         "the second time nothing changes");
}

static void comment_out(const struct ini *ini, const struct target *target)
{
    struct error err = {0};
    _cleanup_secret_ struct secret edited = {0};
    _cleanup_ini_ struct ini after = {0};
    const struct ini_option *was = ini_find(ini, target->section, target->name);
    if (ini_comment_out(ini, target->section, target->name, NULL, &edited, &err) < 0) {
        hold_error(&err, ERROR_REFUSED);
        hold(edited.length == 0, "a refused edit leaves no text");
        return;
    }
    hold(was, "only an option that is there becomes a comment");
    hold(ini_read(edited.bytes, edited.length, &after, &err) == 0, "an edited text can be read");
    hold(!ini_find(&after, target->section, target->name), "the option is gone");
    size_t most = ini->length + 2;
    for (size_t i = was->start; i < was->end; i++)
        most += ini->text[i] == '\n' || ini->text[i] == '\r' ? 2 : 0;
    hold(edited.length <= most, "comment signs are all that was added");
    hold_others(ini, &after, target);
    hold_around(ini, &edited, was->start, was->end);
    set(&after, target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct target targets[] = {{"core", "fernet_key", "# ours"},
                                            {"api_auth", "jwt_secret", NULL}};
    struct error err = {0};
    _cleanup_free_ char *text = text_of(data, size);
    _cleanup_ini_ struct ini ini = {0};
    if (ini_read(text, size, &ini, &err) < 0) {
        hold_error(&err, ERROR_INPUT);
        return 0;
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        set(&ini, &targets[i]);
        comment_out(&ini, &targets[i]);
    }
    return 0;
}
