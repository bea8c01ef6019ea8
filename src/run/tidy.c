#include "run/tidy.h"

#include "store/mount_verdict.h"
#include "store/update.h"

static bool may_tidy_changes(const struct context *context, const struct store *store)
{
    struct mount_verdict verdict;
    if (context->settings->single_writer)
        return true;
    mount_verdict_find(store->path, context->environment, &verdict);
    return verdict.locks_are_shared;
}

void tidy_store(const struct context *context, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct item *item = &findings->items[i];
        const struct store_scan *scan = &item->survey.store_scan;
        if (!survey_stored(&item->survey))
            continue;
        store_tidy(&findings->store, item->secret->name, scan);
        if ((scan->changing || scan->changes) && may_tidy_changes(context, &findings->store))
            store_tidy_changes(&findings->store, item->secret->name, scan);
    }
}
