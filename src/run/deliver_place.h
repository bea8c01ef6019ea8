/* What is to be known of the place of an airflow.cfg that cannot be replaced. */
#pragma once

#include "base/file.h"
#include "run/look.h"

struct error;

/* The name in the store of the copy of the file, for airflow/cfg_in_place.h. It comes from the file's path, device and
 * inode, since several containers may share a store, each with a file of its own at the same path.
 * Returns 0, or -1 with ERROR_SYSTEM. */
int deliver_copy_name(const char *path, char name[FILE_TEMPORARY_NAME], struct error *err);

/* Whether nobody has said which airflow.cfg is meant, and the store has what `init` is for. */
bool deliver_is_nobodys(const struct context *context, const struct look *look);

/* With context->pretends: whether there would be a store by now. */
bool deliver_makes_store(const struct look *look);
