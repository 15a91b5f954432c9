# SPDX-License-Identifier: Apache-2.0
# Rackspace Cloud modules for Ansible. `make help' lists the targets.

# SANITIZE=address,undefined builds and tests in a tree of its own.
comma := ,
BUILD := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
export BUILD

PREFIX ?= /usr/local
LIBRARY ?= $(PREFIX)/share/ansible/plugins/modules

# What a compiler does not know is left out: older and other architectures.
supported = $(shell $(CC) -Werror $1 -c -x c /dev/null -o /dev/null \
	2>/dev/null && echo $1)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wconversion -Wundef -Wcast-qual \
	-Wimplicit-fallthrough
HARDENING := -fPIE -fstack-protector-strong \
	$(call supported,-fstack-clash-protection) \
	$(call supported,-fcf-protection) \
	$(call supported,-mbranch-protection=standard)
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer)

CFLAGS ?= $(if $(SANITIZE),-O1,-O2) -g
override CPPFLAGS += -I. -D_GNU_SOURCE -MMD -MP \
	$(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
override CFLAGS += -std=gnu11 $(WARNINGS) $(if $(WERROR),-Werror) \
	$(HARDENING) $(SANITIZERS)
override LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed $(SANITIZERS)

LIBS = $(shell pkg-config --libs libcurl libcjson libssh) -lpthread \
	$(if $1,$(shell pkg-config --libs $1))

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $1	$2")

# link LIBRARIES: the target from its prerequisites, libcurl, cJSON and, where
# it is used, libssh.
define link
@mkdir -p $(@D)
$(call say,LD,$@)
$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(call LIBS,$1)
endef

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $1))
without_main = $(filter-out %/main.o,$(objects))
MODULES := $(patsubst modules/%.c,%,$(wildcard modules/*.c))
COMMON := $(BUILD)/libcommon.a

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo check check-long report check-report install collection overlay \
	lint fuzz bench clean help

all: $(MODULES:%=$(BUILD)/modules/%) $(MODULES:%=$(BUILD)/modules/%.yml)
all: ## build the modules and their documentation (default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 24

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(COMMON): $(call without_main,common/*.c common/*/*.c)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/modules/%: $(BUILD)/obj/modules/%.o $(BUILD)/obj/common/main.o $(COMMON)
	$(link)

$(BUILD)/modules/%.yml: modules/%.yml
	@mkdir -p $(@D)
	$(Q)cp $< $@

deps: ## install what is missing, or print the one command that does
	$(Q)tests/deps build run check

# Make again: it must see what was installed. In parallel, unless said otherwise;
# most tests wait most of the time.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell expr 2 '*' "$$(nproc)"))

demo: deps ## bake, deploy twice and roll back on a simulated cloud, under traffic
	$(Q)$(MAKE) $(jobs) all programs
	$(Q)tests/demo

check: deps ## run the tests
	$(Q)tests/left_over $(MAKE) -k -Otarget --no-print-directory $(jobs) \
		all programs suites check-all

check-long: deps ## run those that take minutes: deploys broken off or in each other's way
	$(Q)tests/left_over $(MAKE) -k -Otarget --no-print-directory $(jobs) \
		all programs check-all-long

report: ## draw what the last demo was like: build/demo/report.html
	$(Q)tests/report

check-report: ## hold the demo's report against the judge's log, in a browser
	$(Q)tests/deps run report
	$(Q)[ -s $(BUILD)/demo/report.html ] || $(MAKE) demo
	$(Q)tests/check_report
	$(Q)tests/check_report_can_fail

# A ~ that comes by a variable is not the shell's; spaces may be in the path.
install: export INTO = $(LIBRARY)
install: all ## PREFIX=/usr/local, DESTDIR=, LIBRARY= (the modules' directory)
	$(Q)case $$INTO in "~/"*) INTO=$$HOME/$${INTO#??} ;; esac && \
	install -d "$(DESTDIR)$$INTO" && \
	install -m 755 $(MODULES:%=$(BUILD)/modules/%) "$(DESTDIR)$$INTO" && \
	install -m 644 $(MODULES:%=modules/%.yml) "$(DESTDIR)$$INTO" && \
	echo "The modules are in $(DESTDIR)$$INTO"

# Named by the machine that the compiler makes code for.
VERSION := $(shell sed -n 's/^version: //p' common/collection/galaxy.yml)
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
COLLECTION := $(BUILD)/rackspace-cloud-$(VERSION)-$(MACHINE).tar.gz

collection: $(COLLECTION) ## build rackspace.cloud, for ansible-galaxy to install
	@echo "$(COLLECTION)"

$(COLLECTION): $(MODULES:%=$(BUILD)/modules/%) $(MODULES:%=$(BUILD)/modules/%.yml) \
	LICENSE inventory/template.yml $(shell find common/collection playbooks -type f \
	! -path '*/__pycache__/*')
	$(call say,MAKE,$@)
	$(Q)common/collection/build $(BUILD)/modules $@

overlay: $(COLLECTION) ## DEST= (a collections path): community.general.rax is ours there
	$(Q)common/collection/overlay "$(COLLECTION)" "$(DEST)" $(if $(FROM),"$(FROM)")

clean: ## remove everything that was built
	rm -rf build

# --- Programs of the tests and the demo.

.PHONY: programs suites check-all check-all-long

PROGRAMS := $(addprefix $(BUILD)/,simcloud tests/vectors tests/judge \
	tests/origin)
programs: $(PROGRAMS) $(BUILD)/documents.json

# What the modules' documents say, for tests that hold results against it.
$(BUILD)/documents.json: $(MODULES:%=$(BUILD)/modules/%.yml) \
	$(MODULES:%=$(BUILD)/modules/%)
	$(Q)ANSIBLE_LIBRARY=$(BUILD)/modules ansible-doc -j -t module $(MODULES) >$@

$(BUILD)/simcloud: $(call objects,tests/cloud/*.c) $(COMMON)
	$(call link,libmicrohttpd libcrypt) -lpthread -lm

# They embed files, which -MMD does not see.
$(BUILD)/obj/tests/cloud/tree_base.o: $(wildcard tests/cloud/machine/*.sh)
$(BUILD)/obj/tests/vectors_spec.o: tests/data/argspecs.json

$(BUILD)/tests/vectors: $(call objects,tests/vectors*.c) $(COMMON)
	$(link)

# With which inventory/simcloud.yml logs in to servers that are machines.
$(BUILD)/simcloud: | $(BUILD)/simcloud.key
$(BUILD)/simcloud.key:
	@mkdir -p $(@D)
	$(Q)! command -v ssh-keygen >/dev/null || \
		ssh-keygen -q -t ed25519 -N '' -C simcloud -f $@

# The judge, and the server that misbehaves for it.
JUDGE := $(filter-out %/origin.c %/origin_mode.c %_test.c,\
	$(wildcard tests/judge/*.c))

$(BUILD)/tests/judge: $(call objects,$(JUDGE)) $(COMMON)
	$(link)

$(BUILD)/tests/origin: $(call objects,tests/judge/origin*.c tests/judge/crc.c) \
	$(COMMON)
	$(link) -lpthread

# --- Check suites: one program each, which links what it tests.

RUNNER := $(BUILD)/obj/tests/main.o
suites_of = $(patsubst tests/%.c,%,$(wildcard tests/$1/*.c))
SUITES := $(call suites_of,common) $(call suites_of,common/bake) \
	$(call suites_of,modules) \
	$(call suites_of,simcloud) \
	$(patsubst tests/judge/%_test.c,judge-%,$(wildcard tests/judge/*_test.c))
suites: $(SUITES:%=$(BUILD)/tests/%)

# With a server that is this machine in place of remote.h.
SERVED := $(filter-out %_sshd,$(filter common/bake/provision% \
	common/bake/seal,$(SUITES)))
$(SERVED:%=$(BUILD)/tests/%): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o \
	$(call objects,tests/common/bake/support/*.c) $(RUNNER) $(COMMON)
	$(call link,check)

$(BUILD)/tests/common/%: $(BUILD)/obj/tests/common/%.o $(RUNNER) $(COMMON)
	$(call link,check)

$(BUILD)/tests/modules/%: $(BUILD)/obj/tests/modules/%.o \
	$(BUILD)/obj/modules/%.o $(BUILD)/obj/tests/fake.o $(RUNNER) $(COMMON)
	$(call link,check)

$(BUILD)/tests/simcloud/%: $(BUILD)/obj/tests/simcloud/%.o \
	$(call objects,tests/simcloud/support/*.c) \
	$(call without_main,tests/cloud/*.c) $(RUNNER) $(COMMON)
	$(call link,check libmicrohttpd libcrypt) -lpthread -lm

$(BUILD)/tests/judge-%: $(BUILD)/obj/tests/judge/%_test.o \
	$(call objects,$(filter-out %/main.c,$(JUDGE))) $(RUNNER) $(COMMON)
	$(call link,check)

# --- Tests: `make check-NAME' runs one. The longest begin first.

SCRIPTS := $(patsubst tests/%.sh,%,$(wildcard tests/modules/*.sh \
	tests/playbooks/*.sh tests/judge/*.sh tests/simcloud/*.sh))
# Programs with sanitizers do not run under valgrind. What packages them, and how
# playbooks go about it, makes no difference to them.
UNSANITIZED := modules/valgrind modules/documents %_can_fail playbooks/old_% \
	playbooks/deploy_% playbooks/rollback% playbooks/teardown_% \
	playbooks/examples playbooks/killed \
	$(patsubst tests/%.sh,%,$(shell grep -l 'lib/collection\.sh' \
	tests/playbooks/*.sh))
# Minutes of deploys that are broken off or get into each other's way: `make
# check-long', and with all others that run Ansible `make check-ansibles'.
LONG := playbooks/deploy_killed playbooks/deploy_native \
	playbooks/deploy_put_back playbooks/deploy_side_by_side \
	playbooks/deploy_twice playbooks/rollback_kept \
	playbooks/rollback_meanwhile playbooks/rollback_unfinished \
	playbooks/teardown_images
TESTS := $(filter-out $(LONG) $(if $(SANITIZE),$(UNSANITIZED)),$(SCRIPTS)) \
	vectors $(SUITES)
.PHONY: $(TESTS:%=check-%) $(LONG:%=check-%)
check-all: $(TESTS:%=check-%)
check-all-long: $(LONG:%=check-%)

# Seconds. No suite and no script takes nearly as long, on a slow machine or with
# sanitizers either: this ends what hangs.
SUITE_TIME := 600
SCRIPT_TIME := 1500

$(SUITES:%=check-%): check-%: $(BUILD)/tests/%
	$(Q)tests/run $* $(SUITE_TIME) $<

check-vectors: $(BUILD)/tests/vectors
	$(Q)tests/run vectors $(SUITE_TIME) $< tests/data/arguments.jsonl \
		tests/data/output.jsonl

$(SCRIPTS:%=check-%): check-%: all programs
	$(Q)tests/run $* $(SCRIPT_TIME) tests/$*.sh

# Those that install it find it there.
$(patsubst tests/%.sh,check-%,$(shell grep -l 'lib/collection\.sh' \
	tests/playbooks/*.sh)): $(COLLECTION)

# Of those, the ones that run Ansible; ANSIBLES: of which versions.
ANSIBLE_TESTS := $(filter-out playbooks/golden playbooks/sample \
	playbooks/ansibles_can_fail, \
	$(filter playbooks/%,$(SCRIPTS))) modules/bake_points modules/bake_secrets \
	modules/documents
ANSIBLES ?= 2.14 2.19 newest
.PHONY: check-ansibles
check-ansibles: deps ## run the tests of Ansible on ANSIBLES="2.14 2.19 newest"
	$(Q)tests/deps ansibles
	$(Q)$(MAKE) $(jobs) all programs collection
	$(Q)MAKE=$(MAKE) JOBS=$(jobs) tests/left_over tests/ansibles/run \
		"$(ANSIBLES)" $(ANSIBLE_TESTS:%=check-%)

.PHONY: check-points
check-points: deps ## fail, cut, or end a bake at each of its requests, in every way
	$(Q)$(MAKE) $(jobs) all programs
	$(Q)tests/run check-points 3000 tests/modules/bake_points.sh all

# --- Checks of the sources, fuzzing, speed.

LINT := options options_can_fail banned banned_can_fail format scripts \
	playbooks analyze
.PHONY: $(LINT:%=lint-%)

lint: ## check sources, documentation, scripts and playbooks
	$(Q)tests/deps build run check lint
	$(Q)$(MAKE) -k -Otarget $(jobs) WERROR=1 all $(LINT:%=lint-%)

lint-options lint-options_can_fail: lint-%: all
	$(Q)tests/lint/$* $(BUILD)

lint-banned lint-banned_can_fail: lint-%:
	$(Q)tests/lint/$*

lint-format:
	$(Q)clang-format-14 --dry-run -Werror $(wildcard */*.[ch] */*/*.[ch] \
		*/*/*/*.[ch])

lint-scripts:
	$(Q)grep -rlE '^#!.*sh$$|^# shellcheck shell=' tests playbooks common/collection .ci | xargs shellcheck -x

lint-playbooks: all
	$(Q)ANSIBLE_LIBRARY=$(BUILD)/modules ansible-lint -qp playbooks inventory \
		tests/playbooks

# Programs, not suites: gcc's analyzer takes it amiss that these trust malloc().
ANALYZED := $(patsubst %.c,$(BUILD)/analyzed/%,$(JUDGE) $(wildcard common/*.c \
	common/*/*.c modules/*.c tests/cloud/*.c tests/vectors*.c))
lint-analyze: $(ANALYZED)

$(BUILD)/analyzed/%: %.c
	@mkdir -p $(@D)
	$(Q)gcc -I. -D_GNU_SOURCE -std=gnu11 -O2 -fanalyzer -Werror -c -o $@ $<

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= 60
.PHONY: $(FUZZERS:%=fuzz-%)

fuzz: ## feed the parsers with what nobody has thought of, FUZZ_SECONDS=60 each
	$(Q)tests/deps build fuzz
	$(Q)$(MAKE) CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		$(jobs) $(FUZZERS:%=fuzz-%)

$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(COMMON)
	$(link) -fsanitize=fuzzer

$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/tests/fuzz/%
	@mkdir -p $(BUILD)/corpus/$*
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(BUILD)/$*- $(BUILD)/corpus/$*

bench: ## measure what is promised about speed, against something measured beside
	$(Q)tests/deps build run bench
	$(Q)$(MAKE) $(jobs) all programs
	$(Q)tests/bench/run

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
