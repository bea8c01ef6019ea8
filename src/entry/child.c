#include "entry/child.h"

#include <string.h>

#include "airflow/names.h"
#include "base/error.h"
#include "base/lines.h"

static const char *const resolved[] = {
    FERNET_VARIABLE "_CMD",
    FERNET_VARIABLE "_SECRET",
    FERNET_VARIABLE "_FILE",
    FERNET_BARE "_FILE",
};

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

int child_environment(struct environment *environment, const struct context *context,
                      const struct look *look, struct error *err)
{
    if (environment_copy(environment, context->environment, err) < 0)
        return -1;
    environment_unset_prefix(environment, "FERNIT_");

    if (look->decision.action == ACTION_SECRET) {
        /* A ..._CMD that was passed over would come before it, too. */
        environment_unset(environment, FERNET_VARIABLE "_CMD");
        unset_if_empty(environment, FERNET_VARIABLE);
        for (size_t i = 0; i < sizeof resolved / sizeof *resolved; i++)
            unset_if_empty(environment, resolved[i]);
        return 0;
    }

    bool had_bare = environment_get(environment->list, FERNET_BARE) != NULL;
    environment_unset(environment, FERNET_VARIABLE);
    environment_unset(environment, FERNET_BARE);
    for (size_t i = 0; i < sizeof resolved / sizeof *resolved; i++)
        environment_unset(environment, resolved[i]);
    if (!context->settings->deliver_environment)
        return 0;

    if (set_ring(environment, FERNET_VARIABLE, &look->decision.ring, err) < 0)
        return -1;
    return had_bare ? set_ring(environment, FERNET_BARE, &look->decision.ring, err) : 0;
}
