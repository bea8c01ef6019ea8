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

void tidy_store(const struct context *context, const struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        const struct lookup *lookup = &look->lookups[i];
        const struct store_scan *scan = &lookup->survey.store_scan;
        if (!survey_stored(&lookup->survey))
            continue;
        store_tidy(&look->store, lookup->secret->name, scan);
        if ((scan->changing || scan->changes) && may_tidy_changes(context, &look->store))
            store_tidy_changes(&look->store, lookup->secret->name, scan);
    }
}
