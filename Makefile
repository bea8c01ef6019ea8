# fernit, for GNU make on Debian 12 or 13. Where Debian packages are missing, make names them in one line for apt and ends; run,
# test and check install them (as root), and so does every goal with APT=yes.
#
#   make               build/fernit; TARGET=aarch64: build/aarch64/fernit, with Debian's cross compiler
#   make run           build, then start a command twice, with a store and an AIRFLOW_HOME under build/run/, and say what happened
#   make test, check   the tests, and lint, bench, fuzz and more: tests/tests.mk lists them
#   make pages         build/share/: manual pages, the completion for bash; make readme: the tables in doc/, from the same
#   make install       PREFIX=/usr/local DESTDIR=
#   make dist          a release, in build/dist/: the program for both processors, the sources, bills of materials, sums
#   make clean

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=

SHELL  := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# Every core, unless the command line or the make around this one says otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS))$(filter-out 0,$(MAKELEVEL)),)
MAKEFLAGS += -j$(shell nproc)
endif

# The program for another processor has a folder of its own.
machine := $(shell uname -m)
TARGET  := $(machine)
other   := $(filter-out $(machine),x86_64 aarch64)
cross   := $(filter-out $(machine),$(TARGET))
B       := build$(cross:%=/%)

# Every rule that makes a file writes it beside its place and renames it: a reader finds the old file or the new one, and what
# an interrupted run leaves is not taken for a result. Each file has one rule.
place = @mv -f $@.new $@
# $(call compile,COMPILER AND FLAGS): one object, and what it was made from as a makefile.
define compile
$(Q)$(1) -MMD -MP -MF $@.d.new -MQ $@ -c $< -o $@.new
@mv -f $@.d.new $(@:.o=.d)
$(place)
endef

comma := ,
# Commands are shown with V=1.
Q := $(if $(V),,@)

# Sorted, since the order of the objects is the order of the code in the binary.
sources := $(sort $(wildcard src/*/*.c))
mains   := $(sort $(wildcard cmd/fernit/*.c))
documents := $(sort $(wildcard tools/*.c))
.PHONY: all run pages readme install dist clean $(other)
all: $(B)/fernit

# What is missing on the machine: only these goals install it without being asked to. Each goal names what it needs, so that one
# line has all of it; docker/deps/packages.sh knows the packages.
ifneq ($(filter run test check,$(MAKECMDGOALS)),)
APT := yes
endif
export APT
needs     = $(if $(filter $(1),$(MAKECMDGOALS)),$(2))
purposes := build $(cross) $(if $(filter aarch64,$(TARGET)),lld) $(call needs,dist test check programs test-arm64 $(other),$(other) lld) \
    $(call needs,test programs check sanitized valgrind unit-valgrind build/unit/% build/plain/%,test) \
    $(call needs,test test-container bench-container,container) $(call needs,test test-airflow test-container,airflow) \
    $(call needs,test test-arm64,arm64) $(call needs,test programs fuzz,fuzz) \
    $(call needs,lint lint-% format,lint) $(call needs,bench,bench) $(call needs,peers,peers)

# The libraries: built on first use, found in a cache after that. Not asked for by goals that need no library.
ifneq ($(filter-out clean,$(or $(MAKECMDGOALS),all)),)
DEPS := $(shell export APT='$(APT)' && docker/deps/packages.sh $(sort $(purposes)) && docker/deps/build.sh $(TARGET))
ifneq ($(.SHELLSTATUS),0)
$(error nothing was built: see above)
endif
endif

# --- The program

language := -std=c17 -D_GNU_SOURCE -Isrc '-DFERNIT_VERSION="$(VERSION)"'
warnings := -Wall -Wextra -Wconversion -Wshadow -Werror
inih     := @$(DEPS)/share/inih/flags

# Small: sections that nothing uses are dropped (gc-sections), as is what only the whole program shows to be unused (lto).
# -Oz keeps three things that are for speed: values saved around calls, tables for switches, code that is there twice.
# The same bytes everywhere: no path of the machine, no build id.
CC      := $(DEPS)/bin/musl-gcc
CFLAGS  := -Oz -fno-caller-saves -fno-jump-tables -fno-thread-jumps -flto=auto -fPIE -fstack-protector-strong \
           -ffunction-sections -fdata-sections -fno-unwind-tables -fno-asynchronous-unwind-tables '-ffile-prefix-map=$(CURDIR)=.'
LDFLAGS := -static-pie -s -Wl,-z,text,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none,--hash-style=gnu
packed  := -Wl,-z,pack-relative-relocs

# aarch64: Debian 12's linker cannot pack relocations for it, and fills the file up to pages of 64 KiB, which some kernels have:
# 395,240 bytes. Linked once more by lld, from what the first link has compiled as a whole, it is 77 KiB less. For the rest of
# the way to 320 KiB: addresses in one instruction (tiny: all within a megabyte), none looked up in a table (hidden.h), no frame
# pointers, and the canary of the stack where musl keeps it for the thread, right below tpidr_el0, as x86_64 does with %fs.
ifeq ($(TARGET),aarch64)
CFLAGS  += -fomit-frame-pointer -mcmodel=tiny -include cmd/fernit/hidden.h \
           -mstack-protector-guard=sysreg -mstack-protector-guard-reg=tpidr_el0 -mstack-protector-guard-offset=-16
packed  := -B$(DEPS)/bin -fuse-ld=lld -Wl,--pack-dyn-relocs=relr,-O2
# What printf's %f would need, which no message has: 10 KiB of arithmetic with 128 bits.
packed  += $(patsubst %,-Wl$(comma)--defsym=__%=abort,addtf3 subtf3 multf3 netf2 extenddftf2 fixtfsi fixunstfsi floatsitf floatunsitf)
endif

# What the supervisor calls while it waits. Asked for first, it comes first in the C library's code, beside our own functions that
# are marked hot, and image_drop (src/process/image.h) keeps only their pages: 52 KiB of memory as PID 1, not 148.
waiting := $(patsubst %,-Wl$(comma)-u$(comma)%,syscall madvise waitpid kill) -lc

objects := $(patsubst %.c,$(B)/obj/%.o,$(sources) $(mains))

# Other libraries make other objects: this file changes with the folder they come from.
ifneq ($(DEPS),$(file <$(B)/deps))
$(shell mkdir -p $(B) && echo '$(DEPS)' >$(B)/deps.$$$$ && mv -f $(B)/deps.$$$$ $(B)/deps)
endif

$(B)/obj/%.o: %.c Makefile $(B)/deps
	@mkdir -p $(@D)
	@echo '  cc    $<'
	$(call compile,$(CC) $(language) $(warnings) $(CFLAGS) -idirafter $(DEPS)/kernel $(inih))

# $(call link,FLAGS AND OBJECTS,VARIABLES). The map says what was linked in.
define link
@mkdir -p $(@D)
@echo '  link  $@'
$(Q)$(2) $(CC) $(CFLAGS) $(warnings) $(LDFLAGS) -Wl,-Map=$@.map.new $(waiting) $(1) -o $@.new
@mv -f $@.map.new $@.map
$(place)
endef

# -save-temps also leaves a file in TMPDIR.
ifeq ($(TARGET),aarch64)
$(B)/whole/fernit: $(objects)
	@rm -rf $(@D)
	$(call link,-save-temps=obj $^ -linih -lsodium,TMPDIR=$(@D))

$(B)/fernit: $(B)/whole/fernit
	$(call link,$(packed) $(<D)/*.ltrans.s)
else
$(B)/fernit: $(objects)
	$(call link,$(packed) $^ -linih -lsodium)
endif

# --- Manual pages and the completion for bash: files with places, which a small program fills from the program's own tables.

# They are the same for each processor, and the small program runs on this one.
writer := build/pages
shared := build/share
pages := $(addprefix $(shared)/,man/man1/fernit.1 man/man5/fernit.ini.5 man/man7/fernit-messages.7 completions/fernit.bash)

$(writer): $(documents) $(wildcard tools/*.h) $(filter-out $(B)/obj/cmd/%,$(objects))
	@echo '  link  $@'
	$(Q)$(CC) $(language) -I. $(warnings) $(CFLAGS) $(LDFLAGS) $(filter %.c %.o,$^) -linih -lsodium -o $@.new
	$(place)

$(filter $(shared)/man/%,$(pages)): sort = man
$(shared)/completions/fernit.bash: sort = bash
$(shared)/man/man1/fernit.1: doc/fernit.1
$(shared)/man/man5/fernit.ini.5: doc/fernit.ini.5
$(shared)/man/man7/fernit-messages.7: doc/fernit-messages.7
$(filter $(shared)/completions/%,$(pages)): $(shared)/completions/%: doc/completions/%
ifdef cross
pages:
	@$(MAKE) --no-print-directory TARGET=$(machine) pages
else
$(pages): $(writer)
	@mkdir -p $(@D)
	$(Q)$(writer) $(sort) $(filter doc/%,$^) >$@.new
	$(place)

pages: $(pages)

# What the other processor gets, from a make of its own.
$(other):
	@$(MAKE) --no-print-directory TARGET=$@ $(made)

dist: made = all
dist: $(B)/fernit $(pages) $(other)
	@echo '  dist  $(B)/dist'
	@docker/dist/dist.sh '$(VERSION)' $(B) '$(B) $(B)/$(other)' $(pages)
endif

# What doc/options.md says of commands and options, and doc/messages.md of the ids.
readme: $(writer)
	$(Q)for page in options messages; do $(writer) readme doc/$$page.md >$(B)/$$page.md && cat $(B)/$$page.md >doc/$$page.md; done

install: $(B)/fernit pages
	install -D -m 0755 $(B)/fernit '$(DESTDIR)$(PREFIX)/bin/fernit'
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/man/man1' $(shared)/man/man1/fernit.1
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/man/man5' $(shared)/man/man5/fernit.ini.5
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/man/man7' $(shared)/man/man7/fernit-messages.7
	install -D -m 0644 $(shared)/completions/fernit.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fernit'

# An environment of its own, so that no key or setting of the caller's shell takes part.
run: $(B)/fernit
	@tests/demo.sh

# Not where an image is built.
-include tests/tests.mk

clean:
	rm -rf build
ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(filter-out clean,$(MAKECMDGOALS))),)
$(error make clean removes what other goals make at the same time: run it alone, then them)
endif

-include $(shell find $(B) -name '*.d' 2>/dev/null)
