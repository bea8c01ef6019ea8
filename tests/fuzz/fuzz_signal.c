/* Signals: a number's name is that number again, and a rewrite changes one signal. */
#include <ctype.h>

#include "base/signal_name.h"
#include "fuzz.h"

static void hold_number(const char *text)
{
    char name[SIGNAL_NAME];
    int number = signal_number(text);
    hold(number >= -1 && number <= SIGNAL_LAST, "a signal is 0 to 64");
    if (number < 1)
        return;
    hold(signal_name(number, name) == name && strlen(name) < sizeof name, "a signal has a name");
    hold(strncmp(name, "SIG", 3) != 0 || signal_number(name) == number, "which is its own");

    _cleanup_free_ char *upper = text_of(text, strlen(text));
    for (char *p = upper; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    hold(signal_number(upper) == number, "letter case says nothing");
}

static void hold_rewrite(const char *text)
{
    struct error err = {0};
    uint8_t rewrite[SIGNAL_LAST + 1];
    int changed = 0;
    signal_rewrite_none(rewrite);
    int result = signal_rewrite_parse(text, rewrite, &err);
    for (int i = 0; i <= SIGNAL_LAST; i++) {
        changed += rewrite[i] != i;
        hold(rewrite[i] <= SIGNAL_LAST, "a signal becomes a signal");
    }
    hold(rewrite[0] == 0 && rewrite[9] == 9 && rewrite[19] == 19 && rewrite[17] == 17,
         "KILL, STOP and CHLD stay");
    hold(changed <= (result == 0), "a rewrite is of one signal");
    hold(result == 0 || err.kind == ERROR_USAGE, "a refused text is a wrong word");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = text_of(data, size);
    hold_number(text);
    hold_rewrite(text);
    return 0;
}
