/* Included first in every file for aarch64: whatever is linked in is part of the program, static-pie, so that no
 * address is looked up in a table. */
#pragma once

#pragma GCC visibility push(hidden)
