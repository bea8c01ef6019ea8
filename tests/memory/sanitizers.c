/* How the sanitizers of build/sanitized/fernit behave: what others give them in ASAN_OPTIONS stands in the
 * program, since a supervisor executes itself anew with an empty environment.
 * https://github.com/google/sanitizers/wiki/SanitizerCommonFlags */
#include <stdio.h>
#include <string.h>

/* Called by the sanitizers, under names that are reserved for them. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
int __lsan_is_turned_off(void);

/* A status that no test expects, and a report where tests/memory/run.sh looks, whatever became of standard error. */
#define OPTIONS "exitcode=99:log_path=" REPORTS "/report"

const char *__asan_default_options(void)
{
    return OPTIONS ":detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void)
{
    return OPTIONS ":print_stacktrace=1";
}

/* LeakSanitizer stops the process with ptrace(2): not where strace does already, nor where a filter forbids it. */
int __lsan_is_turned_off(void)
{
    char line[256];
    int off = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "TracerPid:", 10) == 0 || strncmp(line, "Seccomp:", 8) == 0)
            off |= strspn(strchr(line, ':') + 1, " \t0\n") != strlen(strchr(line, ':') + 1);
    if (status)
        fclose(status);
    return off || !status;
}
