# fernit, for GNU make on Debian 12 or 13. What is missing on the machine is installed with apt (as root).
#
#   make               build/fernit
#   make run           build, then start a command twice, with a store and an AIRFLOW_HOME under build/run/, and say what happened
#   make test          build, then run every test
#   make check         build, then the unit tests and the quick black-box tests: a minute and a half on two cores
#   make test-airflow  the tests with a real Airflow, from PyPI; part of make test
#   make test-container   the tests in containers alone, with images that it makes itself; part of make test
#   make fuzz          each fuzz target for FUZZ_SECONDS=120; make test has a minute of it for all of them
#   make sanitized     the black-box tests with the program under ASan and UBSan: all of them, of which make test takes a share
#   make valgrind      the same under valgrind, for an hour or more; make unit-valgrind: the unit tests
#   make lint          clang-format, clang-tidy, cppcheck, shellcheck, mandoc; make format does what the first asks for
#   make bench         fernit beside tini, dumb-init, catatonit and gosu
#   make bench-container   what it costs in a container, and how large its image is
#   make peers         the same questions to fernit, tini, dumb-init and catatonit, and a table of who does what
#   make pages         build/share/: manual pages, the completion for bash; make readme: the tables of doc/options.md, from the same
#   make install       PREFIX=/usr/local DESTDIR=
#   make dist          a release, in build/dist/: the program, the sources, a bill of materials, sums
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

# Every core, unless the command line says otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

B := build

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
units   := $(sort $(wildcard tests/unit/test_*.c))
headers := $(sort $(wildcard src/*/*.h cmd/fernit/*.h tools/*.h tests/*/*.h))
benches := $(sort $(wildcard tests/bench/*.c))
fuzzers := $(sort $(wildcard tests/fuzz/*.c))
fuse    := $(sort $(wildcard tests/fuse/*.c))
documents := $(sort $(wildcard tools/*.c))
watchers := $(addprefix tests/memory/,released.c sanitizers.c)
checked := $(sources) $(mains) $(documents) $(units) $(benches) $(fuzzers) $(fuse) $(watchers)
# What does wrong on purpose is not asked whether it does right.
formatted := $(checked) $(headers) tests/memory/control.c
scripts := $(sort $(wildcard docker/*/*.sh tests/*.sh tests/*/*.sh tests/shells/*.bash .ci/run))

.PHONY: all run programs test check test-airflow test-container fuzz sanitized valgrind unit-valgrind bench bench-container peers lint format pages readme install dist clean
all: $(B)/fernit

# The libraries: built on first use, found in a cache after that. Not asked for by goals that need no library.
ifneq ($(filter-out clean,$(or $(MAKECMDGOALS),all)),)
DEPS := $(shell docker/deps/build.sh)
ifneq ($(.SHELLSTATUS),0)
$(error docker/deps/build.sh could not provide the libraries: see above)
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
segments := cmd/fernit/segments.ld
LDFLAGS := -static-pie -s -Wl,-z,text,-z,relro,-z,now,-z,noexecstack,--gc-sections,--build-id=none,-z,pack-relative-relocs,--hash-style=gnu \
           -Wl,-T,$(segments)

# What a supervisor needs while it waits comes first in the C library's part of the code, beside our own functions that are
# marked hot: the few pages that it keeps in memory hold all of it (image_drop in src/process/image.h).
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

# The map says what was linked in.
$(B)/fernit: $(objects) $(segments)
	@echo '  link  $@'
	$(Q)$(CC) $(CFLAGS) $(warnings) $(LDFLAGS) -Wl,-Map=$@.map.new $(waiting) $(objects) -linih -lsodium -o $@.new
	@mv -f $@.map.new $@.map
	$(place)

# --- Manual pages and the completion for bash: files with places, which a small program fills from the program's own tables.

writer := $(B)/pages
shared := $(B)/share
pages := $(addprefix $(shared)/,man/man1/fernit.1 man/man5/fernit.ini.5 $(addprefix completions/,fernit.bash))

$(writer): $(documents) $(wildcard tools/*.h) $(filter-out $(B)/obj/cmd/%,$(objects))
	@echo '  link  $@'
	$(Q)$(CC) $(language) -I. $(warnings) $(CFLAGS) $(LDFLAGS) $(filter %.c %.o,$^) -linih -lsodium -o $@.new
	$(place)

$(shared)/man/man1/fernit.1 $(shared)/man/man5/fernit.ini.5: sort = man
$(shared)/completions/fernit.bash: sort = bash
$(shared)/man/man1/fernit.1: doc/fernit.1
$(shared)/man/man5/fernit.ini.5: doc/fernit.ini.5
$(filter $(shared)/completions/%,$(pages)): $(shared)/completions/%: doc/completions/%
$(pages): $(writer)
	@mkdir -p $(@D)
	$(Q)$(writer) $(sort) $(filter doc/%,$^) >$@.new
	$(place)

pages: $(pages)

# What doc/options.md says of commands and options.
readme: $(writer)
	$(Q)$(writer) readme doc/options.md >$(B)/options.md
	@cat $(B)/options.md >doc/options.md

install: $(B)/fernit $(pages)
	install -D -m 0755 $(B)/fernit '$(DESTDIR)$(PREFIX)/bin/fernit'
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/man/man1' $(shared)/man/man1/fernit.1
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/man/man5' $(shared)/man/man5/fernit.ini.5
	install -D -m 0644 $(shared)/completions/fernit.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fernit'

dist: $(B)/fernit $(pages)
	@echo '  dist  $(B)/dist'
	@docker/dist/dist.sh '$(VERSION)' $(B) '$(DEPS)' $(pages)

run: $(B)/fernit
	@tests/demo.sh

# --- Tests

tools-%:
	@docker/deps/packages.sh $*

# The system's compiler and C library, for their sanitizers; Debian's libsodium; the very inih of the program.
# Two warnings come from the optimizer, which the sanitizers mislead; the program's own build has them.
unit_flags := $(language) $(warnings) -Wno-format-truncation -Wno-maybe-uninitialized -O1 -g -fno-omit-frame-pointer \
              -fsanitize=address,undefined -fno-sanitize-recover=all $(inih) -isystem $(DEPS)/share/inih
unit_programs := $(patsubst tests/unit/%.c,$(B)/unit/%,$(units))
# The same without them: for valgrind, and for the hooks under the allocator.
plain_flags := $(filter-out -fsanitize=% -fno-sanitize%,$(unit_flags))

# build/KIND/: the objects, and an archive of them: a test takes what it calls, and may bring its own in place of the rest.
define kind_rules
$(B)/$(1)/obj/%.o: %.c Makefile $(B)/deps | tools-test
	@mkdir -p $$(@D)
	@echo '  cc    $$< ($(1))'
	$$(call compile,gcc $$($(1)_flags))

$(B)/$(1)/obj/ini.o: $(DEPS)/share/inih/ini.c Makefile | tools-test
	@mkdir -p $$(@D)
	$$(call compile,gcc $$($(1)_flags) -w)

$(B)/$(1)/libfernit.a: $(patsubst %.c,$(B)/$(1)/obj/%.o,$(sources)) $(B)/$(1)/obj/ini.o
	@rm -f $$@.new
	$$(Q)ar crs $$@.new $$^
	$$(place)

$(B)/$(1)/test_%: $(B)/$(1)/obj/tests/unit/test_%.o $(B)/$(1)/libfernit.a
	@echo '  link  $$@'
	$$(Q)gcc $$($(1)_flags) $$^ -lcmocka -lsodium -o $$@.new
	$$(place)
endef
$(foreach kind,unit plain,$(eval $(call kind_rules,$(kind))))

# The whole program from each: what a start does under the sanitizers, under valgrind, and with every block looked into
# as it is given back. The sanitizers' reports go to a folder of their own.
watched := $(foreach kind,sanitized released,$(B)/$(kind)/fernit $(B)/$(kind)/control) $(B)/valgrind/fernit.program $(B)/valgrind/control.program
main_of  = $(mains:%.c=$(B)/$(1)/obj/%.o)

sanitizers := $(B)/unit/obj/tests/memory/sanitizers.o
control    := obj/tests/memory/control.o

$(sanitizers): unit_flags += '-DREPORTS="$(CURDIR)/$(B)/sanitized/reports"'
$(B)/sanitized/fernit: $(call main_of,unit) $(sanitizers) $(B)/unit/libfernit.a
$(B)/sanitized/control: $(B)/unit/$(control) $(sanitizers)
$(B)/valgrind/fernit.program: $(call main_of,plain) $(B)/plain/libfernit.a
$(B)/valgrind/control.program: $(B)/plain/$(control)
$(B)/released/fernit: $(call main_of,plain) $(B)/plain/obj/tests/memory/released.o $(B)/plain/libfernit.a
$(B)/released/control: $(B)/plain/$(control) $(B)/plain/obj/tests/memory/released.o

$(B)/sanitized/fernit $(B)/sanitized/control: linked_flags = $(unit_flags)
$(watched): linked_flags ?= $(plain_flags)
$(watched):
	@mkdir -p $(@D)
	@echo '  link  $@'
	$(Q)gcc $(linked_flags) $^ -Wl,-z,now -lsodium -o $@.new
	$(place)

# The file system of the tests, with the system's compiler and its libfuse.
$(B)/fuse/server: $(fuse) $(wildcard tests/fuse/*.h) Makefile | tools-test
	@mkdir -p $(@D)
	@echo '  link  $@'
	$(Q)gcc $(language) $(warnings) -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(fuse) -lfuse3 -o $@.new
	$(place)

# clang's fuzzer, which needs code that counts its branches: objects of its own. Each target brings memory for secrets that
# ends where they end, but the one that tries the program's.
fuzz_flags := $(language) $(warnings) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
              -fno-sanitize-recover=all $(inih) -isystem $(DEPS)/share/inih
fuzz_objects := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(sources)) $(B)/fuzz/obj/ini.o
fuzz_common := $(patsubst %,$(B)/fuzz/obj/tests/fuzz/%.o,fuzz exact)
fuzz_targets := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(filter tests/fuzz/fuzz_%.c,$(fuzzers)))
own_memory := $(B)/fuzz/fuzz_secret

$(B)/fuzz/obj/%.o: %.c Makefile $(B)/deps | tools-fuzz
	@mkdir -p $(@D)
	@echo '  cc    $< (fuzz)'
	$(call compile,clang $(fuzz_flags) -fsanitize=fuzzer-no-link)

$(B)/fuzz/obj/ini.o: $(DEPS)/share/inih/ini.c Makefile | tools-fuzz
	@mkdir -p $(@D)
	$(call compile,clang $(fuzz_flags) -fsanitize=fuzzer-no-link -w)

$(B)/fuzz/libfernit.a: $(fuzz_objects)
	@rm -f $@.new
	$(Q)ar crs $@.new $^
	$(place)

$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(fuzz_common) $(B)/fuzz/libfernit.a
	@echo '  link  $@'
	$(Q)clang $(fuzz_flags) -fsanitize=fuzzer $(if $(filter $@,$(own_memory)),$(filter-out %/exact.o,$^),$^) -lsodium -o $@.new
	$(place)

FUZZ_SECONDS ?= 120
fuzz: $(fuzz_targets)
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

# A script in the place of each, with what it tells valgrind to pass over.
$(B)/valgrind/suppressions: tests/memory/valgrind.suppressions
	@mkdir -p $(@D)
	@install -m 0644 $< $@.new
	$(place)

$(B)/valgrind/fernit $(B)/valgrind/control: %: tests/memory/valgrind.sh %.program $(B)/valgrind/suppressions
	@install -m 0755 $< $@.new
	$(place)

everywhere := $(foreach kind,sanitized valgrind released,$(B)/$(kind)/fernit $(B)/$(kind)/control)

# All that make test builds.
programs: $(B)/fernit $(pages) $(B)/fuse/server $(unit_programs) $(fuzz_targets) $(everywhere)

# A share of the black-box tests is also run under the sanitizers and under valgrind; sanitized and valgrind run them all.
test: programs | tools-test tools-container tools-airflow
	@tests/inherited.py tests/run.sh $(unit_programs)

# For who has changed a line.
check: $(B)/fernit $(pages) $(B)/fuse/server $(unit_programs) | tools-test
	@tests/inherited.py tests/check.sh $(unit_programs)

# A real Airflow of three versions. Their environments are made once, in the cache.
test-airflow: $(B)/fernit | tools-airflow
	@tests/airflow/run.sh

# What the project is used in, for real: its Dockerfiles, compose files and pods. The images are made first.
test-container: $(B)/fernit | tools-container tools-airflow
	@/usr/bin/python3 -B tests/container/run.py

sanitized valgrind: %: $(B)/%/fernit $(B)/%/control | tools-test
	@tests/memory/run.sh $@

# The unit tests once more, for what valgrind sees and the sanitizers do not: reading what was never written.
unit-valgrind: $(unit_programs:$(B)/unit/%=$(B)/plain/%) | tools-test
	@status=0; for program in $^; do \
	    valgrind --quiet --vgdb=no --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes \
	        --suppressions=tests/memory/valgrind.suppressions $$program || status=1; \
	done; exit $$status

# Static and small, since the kernel counts the spawner's memory to what it spawns.
$(B)/bench/%: tests/bench/%.c $(wildcard tests/bench/*.h) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(language) $(warnings) -idirafter $(DEPS)/kernel -Os -static -no-pie -s $< -o $@.new
	$(place)

bench: $(B)/fernit $(patsubst tests/bench/%.c,$(B)/bench/%,$(benches)) | tools-bench
	@/usr/bin/python3 tests/bench/bench.py

bench-container: $(B)/fernit $(patsubst %,$(B)/bench/%,spawn true stamp) | tools-container
	@/usr/bin/python3 tests/bench/container.py

peers: $(B)/fernit | tools-peers
	@/usr/bin/python3 tests/peers.py

# --- Lint

.PHONY: lint-format lint-cppcheck lint-shell lint-man lint-tidy
lint: lint-format lint-cppcheck lint-shell lint-man lint-tidy

# What lint-format would have.
format: | tools-lint
	clang-format -i $(formatted)

lint-format: | tools-lint
	@echo '  clang-format'
	$(Q)clang-format --dry-run -Werror $(formatted)

lint-cppcheck: | tools-lint
	@mkdir -p $(B)/lint/cppcheck
	@echo '  cppcheck'
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability,style --error-exitcode=1 --inline-suppr \
	    --cppcheck-build-dir=$(B)/lint/cppcheck -j$(shell nproc) --suppressions-list=tests/cppcheck.suppressions \
	    -D_GNU_SOURCE '-DFERNIT_VERSION="$(VERSION)"' -Isrc -I. $(checked)

lint-shell: $(pages) | tools-lint
	@echo '  shellcheck'
	$(Q)shellcheck $(scripts) $(filter %.bash,$(pages))

lint-man: $(pages) | tools-lint
	@echo '  mandoc'
	$(Q)mandoc -T lint -W warning $(filter $(shared)/man/%,$(pages))

# One stamp a file, so that a second run looks only at what has changed.
tidied := $(patsubst %.c,$(B)/lint/%.tidy,$(checked))
lint-tidy: $(tidied)

$(B)/lint/%.tidy: %.c $(headers) .clang-tidy | tools-lint
	@mkdir -p $(@D)
	@echo '  tidy  $<'
	$(Q)clang-tidy --quiet $< -- $(language) -I. $(warnings) $(inih) -isystem $(DEPS)/share/inih 2>$@.log || \
	    { cat $@.log >&2; exit 1; }
	@touch $@

clean:
	rm -rf $(B)
ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(filter-out clean,$(MAKECMDGOALS))),)
$(error make clean removes what other goals make at the same time: run it alone, then them)
endif

-include $(shell find $(B)/obj $(B)/unit $(B)/plain $(B)/fuzz -name '*.d' 2>/dev/null)
