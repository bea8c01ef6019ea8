#include "base/random.h"

#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

#include "base/error.h"

int random_fill(void *bytes, size_t length, struct error *err)
{
    unsigned char *at = bytes;
    while (length > 0) {
        ssize_t count = getrandom(at, length, 0);
        if (count < 0 && errno == ENOSYS) {
            randombytes_buf(at, length);
            return 0;
        }
        if (count < 0 && errno != EINTR) {
            error_sys(err, "cannot get random bytes");
            err->ignores_advice = true;
            return -1;
        }
        at += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}
