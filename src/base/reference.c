#include "base/reference.h"

#include <string.h>
#include <strings.h>

bool is_reference(const char *text, size_t length)
{
    static const char *const schemes[] = {"vault:", "aws-sm:", "azure-kv:", "k8s:", "gcp-sm:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0 && length >= strlen(schemes[i]))
            return true;
    return false;
}
