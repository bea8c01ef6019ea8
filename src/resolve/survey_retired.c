#include <string.h>

#include "resolve/survey_state.h"

static void forget_retired(struct retired *list, const char *fingerprint)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->fingerprints[i], fingerprint) != 0)
            memmove(list->fingerprints[kept++], list->fingerprints[i], sizeof *list->fingerprints);
    list->count = kept;
}

/* fernit removes a retired key from airflow.cfg, which must not be the last copy of it. So where the file in retired/
 * does not hold the key of its name, the key is not retired, and joins the ring. */
static void check_retired(const struct survey_state *state, const struct source *source)
{
    struct survey *survey = state->survey;
    for (size_t i = 0; i < ring_count(&source->ring); i++) {
        struct error ignored;
        char text[FINGERPRINT_TEXT + 1];
        _cleanup_ring_ struct ring kept = {.is_value = survey->secret->is_value};
        ring_fingerprint(&source->ring, i, text);
        if (retired_has(&survey->retired, text) &&
            store_retired_read(state->input->store, survey->secret->name, survey->secret->is_value,
                               text, &kept, &ignored) < 0)
            forget_retired(&survey->retired, text);
    }
}

int survey_retired(struct survey_state *state, bool may_be_there, struct error *err)
{
    struct survey *survey = state->survey;
    const struct source *store = survey_stored(survey);
    bool matter = !store || survey->has_lost_ring;
    for (size_t i = 0; i < survey->count && store; i++)
        matter |= !ring_covers(&store->ring, &survey->sources[i].ring);
    retired_free(&survey->retired);
    if (!may_be_there || !matter)
        return 0;
    if (store_retired_list(state->input->store, survey->secret->name, survey->secret->is_value,
                           &survey->retired, err) < 0)
        return -1;
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].kind != SOURCE_STORE)
            check_retired(state, &survey->sources[i]);
    return 0;
}
