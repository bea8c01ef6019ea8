# What tests, judges and measures fernit; the Makefile includes this file.
#
#   make test          build, then run every test
#   make check         build, then the unit tests and the quick black-box tests: a minute and a half on two cores
#   make test-airflow  the tests with a real Airflow, from PyPI; part of make test
#   make test-container   the tests in containers alone, with images that it makes itself; part of make test
#   make test-arm64    the unit tests and black-box tests with the program for arm64, which qemu runs; part of make test
#   make fuzz          each fuzz target for FUZZ_SECONDS=120; make test has a minute of it for all of them
#   make sanitized     the black-box tests with the program under ASan and UBSan: all of them, of which make test takes a share
#   make valgrind      the same under valgrind, for an hour or more; make unit-valgrind: the unit tests
#   make lint          clang-format, clang-tidy, cppcheck, shellcheck, mandoc; make format does what the first asks for
#   make bench         fernit beside tini, dumb-init, catatonit and gosu
#   make bench-container   what it costs in a container, and how large its image is
#   make peers         the same questions to fernit, tini, dumb-init and catatonit, and a table of who does what

.PHONY: programs test check test-airflow test-arm64 test-container fuzz sanitized valgrind unit-valgrind emulated bench bench-container peers lint format

units   := $(sort $(wildcard tests/unit/test_*.c))
headers := $(sort $(wildcard src/*/*.h cmd/fernit/*.h tools/*.h tests/*/*.h))
benches := $(sort $(wildcard tests/bench/*.c))
fuzzers := $(sort $(wildcard tests/fuzz/*.c))
fuse    := $(sort $(wildcard tests/fuse/*.c))
watchers := $(addprefix tests/memory/,released.c sanitizers.c)
checked := $(sources) $(mains) $(documents) $(units) $(benches) $(fuzzers) $(fuse) $(watchers)
# What does wrong on purpose is not asked whether it does right.
formatted := $(checked) $(headers) tests/memory/control.c
scripts := $(sort $(wildcard docker/*/*.sh tests/*.sh tests/*/*.sh tests/shells/*.bash .ci/run))


# The system's compiler and C library, for their sanitizers; Debian's libsodium; the very inih of the program.
# Two warnings come from the optimizer, which the sanitizers mislead; the program's own build has them.
unit_flags := $(language) $(warnings) -Wno-format-truncation -Wno-maybe-uninitialized -O1 -g -fno-omit-frame-pointer \
              -fsanitize=address,undefined -fno-sanitize-recover=all $(inih) -isystem $(DEPS)/share/inih
unit_cc := gcc
programs_of = $(patsubst tests/unit/%.c,$(B)/$(1)/%,$(units))
unit_programs := $(call programs_of,unit)
# The same without them: for valgrind, and for the hooks under the allocator.
plain_flags := $(filter-out -fsanitize=% -fno-sanitize%,$(unit_flags))
plain_cc := gcc
# The same with the program's own compiler and libraries, for either processor. Of cmocka Debian has only this machine's.
cmocka := $(B)/target/cmocka
target_flags := $(plain_flags) -Og -static -D__WORDSIZE=64 -isystem $(cmocka) -L$(cmocka) -idirafter $(DEPS)/kernel
target_cc := $(CC)
target_needs := $(cmocka)/libcmocka.a

$(cmocka)/libcmocka.a: tests/arm64/cmocka.sh tests/arm64/lock $(B)/deps
	@tests/arm64/cmocka.sh $(CC) $(@D)

# build/KIND/: the objects, and an archive of them: a test takes what it calls, and may bring its own in place of the rest.
define kind_rules
$(B)/$(1)/obj/%.o: %.c Makefile tests/tests.mk $(B)/deps | $$($(1)_needs)
	@mkdir -p $$(@D)
	@echo '  cc    $$< ($(1))'
	$$(call compile,$$($(1)_cc) $$($(1)_flags))

$(B)/$(1)/obj/ini.o: $(DEPS)/share/inih/ini.c Makefile
	@mkdir -p $$(@D)
	$$(call compile,$$($(1)_cc) $$($(1)_flags) -w)

$(B)/$(1)/libfernit.a: $(patsubst %.c,$(B)/$(1)/obj/%.o,$(sources)) $(B)/$(1)/obj/ini.o
	@rm -f $$@.new
	$$(Q)gcc-ar crs $$@.new $$^
	$$(place)

$(B)/$(1)/test_%: $(B)/$(1)/obj/tests/unit/test_%.o $(B)/$(1)/libfernit.a
	@echo '  link  $$@'
	$$(Q)$$($(1)_cc) $$($(1)_flags) $$^ -lcmocka -lsodium -o $$@.new
	$$(place)
endef
$(foreach kind,unit plain target,$(eval $(call kind_rules,$(kind))))

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
$(B)/fuse/server: $(fuse) $(wildcard tests/fuse/*.h) Makefile
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

$(B)/fuzz/obj/%.o: %.c Makefile $(B)/deps
	@mkdir -p $(@D)
	@echo '  cc    $< (fuzz)'
	$(call compile,clang $(fuzz_flags) -fsanitize=fuzzer-no-link)

$(B)/fuzz/obj/ini.o: $(DEPS)/share/inih/ini.c Makefile
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

$(B)/emulated/fernit: tests/arm64/fernit.sh
	@mkdir -p $(@D)
	@sed 's|PROGRAM|$(CURDIR)/$(B)/fernit|' $< >$@.new
	@chmod 755 $@.new
	$(place)

$(B)/valgrind/fernit $(B)/valgrind/control: %: tests/memory/valgrind.sh %.program $(B)/valgrind/suppressions
	@install -m 0755 $< $@.new
	$(place)

everywhere := $(foreach kind,sanitized valgrind released,$(B)/$(kind)/fernit $(B)/$(kind)/control)

# All that make test builds.
programs: $(B)/fernit $(pages) $(B)/fuse/server $(unit_programs) $(fuzz_targets) $(everywhere) $(other)
programs test-arm64: made = all emulated
check: made = all
emulated: $(call programs_of,target) $(B)/emulated/fernit

# A share of the black-box tests is also run under the sanitizers and under valgrind; sanitized and valgrind run them all.
test: programs
	@tests/inherited.py tests/run.sh $(unit_programs)

# For who has changed a line.
check: $(B)/fernit $(pages) $(B)/fuse/server $(unit_programs) $(other)
	@tests/inherited.py tests/check.sh $(unit_programs)

# A real Airflow of three versions. Their environments are made once, in the cache.
test-airflow: $(B)/fernit
	@tests/airflow/run.sh

# What the project is used in, for real: its Dockerfiles, compose files and pods. The images are made first.
test-container: $(B)/fernit
	@/usr/bin/python3 -B tests/container/run.py

sanitized valgrind: %: $(B)/%/fernit $(B)/%/control
	@tests/memory/run.sh $@

# The program and the unit tests for arm64, on a machine of another kind.
test-arm64: aarch64
	@tests/arm64/run.sh

# The unit tests once more, for what valgrind sees and the sanitizers do not: reading what was never written.
unit-valgrind: $(unit_programs:$(B)/unit/%=$(B)/plain/%)
	@status=0; for program in $^; do \
	    valgrind --quiet --vgdb=no --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes \
	        --suppressions=tests/memory/valgrind.suppressions $$program || status=1; \
	done; exit $$status

# Static and small, since the kernel counts the spawner's memory to what it spawns.
$(B)/bench/%: tests/bench/%.c $(wildcard tests/bench/*.h) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(language) $(warnings) -idirafter $(DEPS)/kernel -Os -static -no-pie -s $< -o $@.new
	$(place)

bench: $(B)/fernit $(patsubst tests/bench/%.c,$(B)/bench/%,$(benches))
	@/usr/bin/python3 tests/bench/bench.py

bench-container: $(B)/fernit $(patsubst %,$(B)/bench/%,spawn true stamp)
	@/usr/bin/python3 tests/bench/container.py

peers: $(B)/fernit
	@/usr/bin/python3 tests/peers.py

# --- Lint

.PHONY: lint-format lint-cppcheck lint-shell lint-man lint-tidy
lint: lint-format lint-cppcheck lint-shell lint-man lint-tidy

# What lint-format would have.
format:
	clang-format -i $(formatted)

lint-format:
	@echo '  clang-format'
	$(Q)clang-format --dry-run -Werror $(formatted)

lint-cppcheck:
	@mkdir -p $(B)/lint/cppcheck
	@echo '  cppcheck'
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability,style --error-exitcode=1 --inline-suppr \
	    --cppcheck-build-dir=$(B)/lint/cppcheck -j$(shell nproc) --suppressions-list=tests/cppcheck.suppressions \
	    -D_GNU_SOURCE '-DFERNIT_VERSION="$(VERSION)"' -Isrc -I. $(checked)

lint-shell: $(pages)
	@echo '  shellcheck'
	$(Q)shellcheck $(scripts) $(filter %.bash,$(pages))

lint-man: $(pages)
	@echo '  mandoc'
	$(Q)mandoc -T lint -W warning $(filter $(shared)/man/%,$(pages))

# One stamp a file, so that a second run looks only at what has changed.
tidied := $(patsubst %.c,$(B)/lint/%.tidy,$(checked))
lint-tidy: $(tidied)

$(B)/lint/%.tidy: %.c $(headers) .clang-tidy
	@mkdir -p $(@D)
	@echo '  tidy  $<'
	$(Q)clang-tidy --quiet $< -- $(language) -I. $(warnings) $(inih) -isystem $(DEPS)/share/inih 2>$@.log || \
	    { cat $@.log >&2; exit 1; }
	@touch $@

