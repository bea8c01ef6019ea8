#include "resolve/sources.h"

#include <stdlib.h>

bool source_is_outside(const struct source *source)
{
    return source->kind < SOURCE_STORE || source->by_command;
}

bool source_is_shadowed(const struct survey *survey, const struct source *source)
{
    return source->kind == SOURCE_CFG && source->by_command &&
           survey->sources[survey->options[source->option].source].finding == FOUND_KEYS;
}

const struct source *survey_users_own(const struct survey *survey)
{
    for (size_t i = survey->store_source + 1; i < survey->count; i++) {
        const struct source *source = &survey->sources[i];
        if (source->finding == FOUND_KEYS && !source->by_command && !source->is_marked)
            return source;
    }
    return NULL;
}

bool source_is_never_run(const struct survey *survey, const struct source *source)
{
    return source->kind == SOURCE_CFG && source->finding == FOUND_COMMAND &&
           survey_users_own(survey);
}

const struct source *survey_stored(const struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++)
        if (survey->sources[i].kind == SOURCE_STORE && survey->sources[i].finding == FOUND_KEYS)
            return &survey->sources[i];
    return NULL;
}

void survey_free(struct survey *survey)
{
    for (size_t i = 0; i < survey->count; i++) {
        ring_free(&survey->sources[i].ring);
        free(survey->sources[i].error);
    }
    free(survey->sources);
    ring_free(&survey->staged);
    retired_free(&survey->retired);
    *survey = (struct survey){0};
}
