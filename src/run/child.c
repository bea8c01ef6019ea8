#include "run/child.h"

#include <string.h>

#include "base/error.h"
#include "base/lines.h"

static void unset_if_empty(struct environment *environment, const char *name)
{
    const char *value = environment_get(environment->list, name);
    if (value && text_is_blank(value))
        environment_unset(environment, name);
}

static int set_ring(struct environment *environment, const char *name, const struct ring *ring,
                    struct error *err)
{
    _cleanup_secret_ struct secret assignment = {0};
    if (secret_append(&assignment, name, strlen(name), err) < 0 ||
        secret_append(&assignment, "=", 1, err) < 0 || ring_text(ring, &assignment, err) < 0)
        return -1;
    return environment_take(environment, &assignment, err);
}

/* Airflow asks its secrets backend only if nothing comes before that. A ..._CMD that fernit skipped would. */
static void leave_to_airflow(struct environment *environment, const struct managed *secret)
{
    for (const struct managed_option *option = secret->options; option->variable; option++) {
        environment_unset(environment, option->variable_command);
        unset_if_empty(environment, option->variable);
        unset_if_empty(environment, option->variable_secret);
        unset_if_empty(environment, option->variable_file);
    }
    if (secret->bare_file)
        unset_if_empty(environment, secret->bare_file);
}

/* Sets the option's variable to `ring`, and removes its other names. NULL: removes all of them. */
static int set_option(struct environment *environment, const struct managed_option *option,
                      const struct ring *ring, struct error *err)
{
    environment_unset(environment, option->variable);
    environment_unset(environment, option->variable_command);
    environment_unset(environment, option->variable_secret);
    environment_unset(environment, option->variable_file);
    return ring ? set_ring(environment, option->variable, ring, err) : 0;
}

/* `ring` is NULL where airflow.cfg alone delivers it. */
static int set_secret(struct environment *environment, const struct managed *secret, int airflow,
                      const struct ring *ring, struct error *err)
{
    for (const struct managed_option *option = secret->options; option->variable; option++) {
        /* Where fernit does not know the version, a user who sets the variable may know it. */
        bool gets =
            managed_use(option, airflow) == MANAGED_DELIVERED ||
            (!managed_is_left_out(option, airflow) && managed_is_given(option, environment->list));
        if (set_option(environment, option, gets ? ring : NULL, err) < 0)
            return -1;
    }
    if (!secret->bare)
        return 0;
    bool had_bare = environment_get(environment->list, secret->bare) != NULL;
    environment_unset(environment, secret->bare);
    environment_unset(environment, secret->bare_file);
    return had_bare && ring ? set_ring(environment, secret->bare, ring, err) : 0;
}

int child_environment(struct environment *environment, const struct context *context,
                      const struct findings *findings, struct error *err)
{
    if (environment_copy(environment, context->environment, err) < 0)
        return -1;
    environment_unset_prefix(environment, "FERNIT_");
    for (size_t i = 0; i < findings->count; i++) {
        const struct item *item = &findings->items[i];
        const struct ring *ring = item->delivers;
        if (item->decision.action == ACTION_SECRET)
            leave_to_airflow(environment, item->secret);
        else if (ring && set_secret(environment, item->secret, findings->airflow,
                                    context->settings->deliver_environment ? ring : NULL, err) < 0)
            return -1;
    }
    return 0;
}
