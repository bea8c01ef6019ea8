#include "command/key_report.h"

#include <stdio.h>

static void print_place(const char *place, const struct ring *before, const struct ring *after,
                        bool changes)
{
    char texts[2][RING_FINGERPRINTS];
    if (!changes && ring_count(before) == 0)
        return;
    ring_fingerprints(before, texts[0]);
    ring_fingerprints(after, texts[1]);
    printf("  %-8s %s%s%s\n", place, *texts[0] ? texts[0] : "nothing", changes ? " -> " : "",
           !changes    ? ""
           : *texts[1] ? texts[1]
                       : "nothing");
}

static void print_plan(const struct plan *plan, enum verb verb, const char *path, bool created,
                       bool done)
{
    const struct stored_keys *old = plan->keys;
    char retired[RING_FINGERPRINTS];
    printf("%s/%s, the %s, %s changed:\n", path, old->secret->name, old->secret->title,
           done ? "has been" : "would be");
    const struct ring none = {.is_value = old->secret->is_value};
    print_place("in use", created ? &none : &old->ring, &plan->ring, plan->changes_ring || created);
    print_place("staged", &old->staged, &plan->staged, plan->changes_staged);
    ring_fingerprints(&plan->retire, retired);
    if (*retired)
        printf("  retired  %s is put there\n", retired);
    if (*plan->leaves_retired)
        printf("  retired  %s is taken out%s\n", plan->leaves_retired,
               verb == VERB_DESTROY ? " and erased" : "");
}

static void print_meaning_of_retire(const struct plan *plan, const char *moved, bool done)
{
    const char *carried = plan->keys->options;
    char first[FP] = "nothing";
    if (ring_count(&plan->ring) > 0)
        ring_fingerprint(&plan->ring, 0, first);
    if (plan->keys->secret->is_value) {
        printf("%s will not come into use.\n", moved);
        return;
    }
    if (done)
        printf("What %s alone can read is now unreadable for Airflow.\n"
               "If that was too early, bring the key back, and run: fernit run%s -- airflow "
               "rotate-fernet-key\n",
               moved, carried);
    else
        printf("What %s alone can read becomes unreadable for Airflow.\n"
               "Before this, when all processes encrypt with %s, run: fernit run%s -- airflow "
               "rotate-fernet-key\n",
               moved, first, carried);
    printf("Nothing is erased. To bring %s back: fernit key unretire %.*s --yes%s\n"
           "A process that runs keeps its ring until it is restarted.\n",
           ring_count(&plan->moved) > 1 ? "the first of them" : "it", FINGERPRINT_TEXT, moved,
           carried);
}

static void print_meaning_of_front(const struct plan *plan, const char *moved)
{
    const char *carried = plan->keys->options;
    if (plan->keys->secret->is_value)
        printf("Restart all processes that use this store, at once: until then they do not accept "
               "each other's sessions or requests.\n");
    else
        printf("A process that was started before %s was in this store cannot read what it "
               "encrypts.\n"
               "Next: restart all processes, so that all encrypt with it.\n"
               "Then run: fernit run%s -- airflow rotate-fernet-key\n"
               "Then take the old keys out: fernit key retire --yes%s\n",
               moved, carried, carried);
    const struct source *given = plan->keys->given;
    if (given && !ring_same_first(&given->ring, &plan->ring) &&
        ring_has(&plan->ring, ring_key(&given->ring, 0), FERNET_KEY_BYTES))
        printf("Before that, give %s in %s: it has another key first, and comes before the "
               "store.\n",
               moved, given->name);
}

static void print_meaning(const struct plan *plan, enum verb verb, bool done)
{
    char moved[RING_SUMMARY];
    ring_summary(&plan->moved, moved);
    if (verb == VERB_DESTROY)
        printf("What only this key can read cannot be read again.\n"
               "Erase the key in backups and copies of the store, too.\n"
               "An airflow.cfg that still has it would bring it back.\n");
    else if (verb == VERB_RETIRE)
        print_meaning_of_retire(plan, moved, done);
    else if (verb == VERB_PROMOTE || plan->keys->secret->is_value)
        print_meaning_of_front(plan, moved);
    else
        printf("Restart all processes that use this store: until then they cannot read what %s has "
               "encrypted.\n",
               moved);
}

void key_report(const struct plan *plan, enum verb verb, const char *path, bool created, bool done)
{
    print_plan(plan, verb, path, created, done);
    print_meaning(plan, verb, done);
}
