/* The values of --on-change; resolve/change.h says what each does. */
#pragma once

enum on_change { ON_CHANGE_KEEP, ON_CHANGE_STAGE, ON_CHANGE_REFUSE, ON_CHANGE_REPLACE };
