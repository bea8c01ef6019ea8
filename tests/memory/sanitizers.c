/* How the sanitizers of build/sanitized/fernit behave: what others give them in ASAN_OPTIONS stands in the
 * program, since a supervisor executes itself anew with an empty environment.
 * https://github.com/google/sanitizers/wiki/SanitizerCommonFlags */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called by the sanitizers, under names that are reserved for them. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
int __lsan_is_turned_off(void);

#ifndef REPORTS
#define REPORTS "." /* make names the folder that run.sh looks into */
#endif

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

/* GCC's library for undefined behaviour hears of no log_path while the one for addresses is there, which has a function of
 * the same name. */
__attribute__((constructor)) static void report_undefined_behaviour_there_too(void)
{
    void *library = dlopen("libubsan.so.1", RTLD_NOW | RTLD_NOLOAD);
    void (*set_path)(const char *) = NULL;
    if (library)
        *(void **)&set_path = dlsym(library, "__sanitizer_set_report_path");
    if (!set_path)
        abort();
    set_path(REPORTS "/report");
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
