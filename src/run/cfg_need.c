#include "run/cfg_need.h"

#include "base/error.h"
#include "base/lines.h"

static bool agree(const struct ring *a, const struct ring *b)
{
    return ring_same_first(a, b) && ring_covers(a, b) && ring_covers(b, a);
}

/* One option, and what was found in it. */
struct view {
    const struct context *context;
    const struct item *item;
    const struct managed_option *option;
    const struct survey_option *surveyed;
    const struct source *source; /* its own, in the survey */
    bool by_environment;
};

/* What a process with `environment` finds in the file. A plain value that the survey has read is not read again, so
 * that a steady start is fast. */
static enum finding find_key(const struct view *view, bool is_surveyed, const struct cfg *cfg,
                             char *const *environment, struct ring *room, const struct ring **ring,
                             struct error *err)
{
    if (is_surveyed && view->surveyed->is_plain) {
        *ring = &view->source->ring;
        if (view->source->error)
            *err = *view->source->error;
        return view->source->finding;
    }

    *ring = room;
    bool is_plain = false;
    _cleanup_ring_ struct ring outside = {.is_value = room->is_value};
    enum finding found = survey_cfg_key(cfg, view->option, environment, room, &is_plain, err);
    if (is_plain || found != FOUND_KEYS)
        return found;
    /* docker exec gets the environment that fernit got: "$FERNET_KEY" must mean the same there. */
    enum finding found_outside =
        survey_cfg_key(cfg, view->option, view->context->environment, &outside, &is_plain, err);
    return found_outside == FOUND_KEYS && agree(room, &outside) ? FOUND_KEYS : FOUND_PLACEHOLDER;
}

static bool is_by_command(const struct item *item)
{
    const struct source *winner = item->decision.winner;
    return winner && winner->kind == SOURCE_CFG && winner->by_command;
}

/* Whether Airflow gets the ring from the file's ..._cmd, as the file's owner wants it: the command gave the ring, or
 * prints what the store holds. (`fernit key print` in an environment without FERNIT_STORE may find another store.
 * Then the key is in the environment.) A command that fails today may give the ring tomorrow, and a value beside it
 * would hide it from Airflow. */
static bool gives_by_command(const struct view *view)
{
    const struct source *winner = view->item->decision.winner;
    bool by_store = winner && winner->kind == SOURCE_STORE;
    if (is_by_command(view->item))
        return view->by_environment || agree(view->item->delivers, &winner->ring);
    return by_store &&
           ((view->surveyed->own_store && view->context->settings->deliver_environment) ||
            (view->surveyed->command_failed && view->by_environment));
}

/* Whether the decision knew these keys: otherwise another process has written them since. */
static bool is_known(const struct view *view, const struct ring *ours, const struct ring *found)
{
    return ring_covers(ours, found) || ring_covers(&view->source->ring, found);
}

static enum cfg_need need_behind_secret(const struct view *view, enum finding found)
{
    bool blocks = found == FOUND_EMPTY || found == FOUND_PLACEHOLDER;
    return blocks && view->item->decision.winner->kind == SOURCE_CFG ? CFG_CLEAR : CFG_RIGHT;
}

/* Whether the file has a value under this name. */
static bool is_filled(const struct cfg *cfg, const struct managed_option *option)
{
    const struct ini_option *found =
        cfg->exists ? ini_find(&cfg->ini, option->section, option->option) : NULL;
    return found && !text_is_blank(ini_value(&cfg->ini, found));
}

enum cfg_need cfg_option_need(const struct context *context, const struct findings *findings,
                              const struct item *item, size_t index, const struct cfg *cfg,
                              char *const *environment, bool by_environment, struct error *err)
{
    const struct survey_option *surveyed = &item->survey.options[index];
    const struct view view = {context,
                              item,
                              &item->secret->options[index],
                              surveyed,
                              &item->survey.sources[surveyed->source],
                              by_environment};
    const struct ring *ours = item->delivers;
    bool is_secret = item->decision.action == ACTION_SECRET;
    enum managed_use use = managed_use(view.option, findings->airflow);
    if (use != MANAGED_DELIVERED && !is_secret && !is_filled(cfg, view.option))
        return CFG_RIGHT;
    if (use == MANAGED_SHOWN)
        return is_secret ? CFG_RIGHT : CFG_HIDE;
    if (!is_secret && (!ours || !context->settings->deliver_cfg))
        return CFG_RIGHT;
    if (!cfg->exists)
        return is_secret ? CFG_RIGHT : CFG_MAKE;

    _cleanup_ring_ struct ring room = {.is_value = item->secret->is_value};
    const struct ring *ring = NULL;
    enum finding found =
        find_key(&view, cfg == &findings->cfg.cfg, cfg, environment, &room, &ring, err);
    if (is_secret)
        return need_behind_secret(&view, found);
    switch (found) {
    case FOUND_KEYS:
        if (agree(ours, ring))
            return CFG_RIGHT;
        return is_known(&view, ours, ring) ? CFG_SET : CFG_FOREIGN;
    case FOUND_BROKEN:
        return CFG_BROKEN;
    case FOUND_ABSENT:
        return gives_by_command(&view) ? CFG_RIGHT : CFG_SET;
    case FOUND_EMPTY:
    case FOUND_PLACEHOLDER:
        return (is_by_command(item) || surveyed->command_failed) && gives_by_command(&view)
                   ? CFG_CLEAR
                   : CFG_SET;
    default:
        return CFG_SET;
    }
}

bool cfg_option_is_left(const struct findings *findings, const struct item *item, size_t index)
{
    const struct source *source = &item->survey.sources[item->survey.options[index].source];
    return source->finding == FOUND_BROKEN &&
           managed_use(&item->secret->options[index], findings->airflow) != MANAGED_SHOWN;
}

void cfg_needs(const struct context *context, const struct findings *findings,
               const struct cfg *cfg, char *const *environment, bool by_environment,
               struct cfg_needs *needs)
{
    struct error ignored;
    *needs = (struct cfg_needs){.count = 0};
    for (size_t i = 0; i < findings->count; i++) {
        const struct item *item = &findings->items[i];
        const struct managed_option *options = item->secret->options;
        for (size_t index = 0; options[index].variable; index++) {
            if (cfg_option_is_left(findings, item, index)) {
                needs->has_left = true;
                continue;
            }
            enum cfg_need need = cfg_option_need(context, findings, item, index, cfg, environment,
                                                 by_environment, &ignored);
            if (need != CFG_RIGHT)
                needs->list[needs->count++] = (struct cfg_option){item, &options[index], need};
        }
    }
}
