/* The word in which a supervisor tells itself what it was doing: what is read is written so that it reads the same. */
#include "process/handover.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct watch watch;
    struct watch again;
    char word[HANDOVER_LENGTH];
    char second[HANDOVER_LENGTH];
    _cleanup_free_ char *text = text_of(data, size);
    if (handover_read(text, &watch, &err) < 0) {
        hold_error(&err, ERROR_USAGE);
        return 0;
    }
    hold(handover_is(text), "what can be read is one");
    hold(watch.child >= 0 && watch.terminal >= -1, "numbers are what they stand for");
    handover_write(&watch, word);
    hold(strlen(word) < sizeof word, "a word has its length");
    hold(handover_read(word, &again, &err) == 0, "what is written is read");
    handover_write(&again, second);
    hold(strcmp(word, second) == 0, "and is the same");
    return 0;
}
