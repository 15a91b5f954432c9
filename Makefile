# SPDX-License-Identifier: Apache-2.0
# Rackspace Cloud modules for Ansible. `make help' lists the targets.

# SANITIZE=address,undefined builds and tests in a tree of its own.
comma := ,
BUILD := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))

PREFIX ?= /usr/local
LIBRARY ?= $(PREFIX)/share/ansible/plugins/modules

# What a compiler does not know is left out: older and other architectures.
supported = $(shell $(CC) -Werror $1 -c -x c /dev/null -o /dev/null \
	2>/dev/null && echo $1)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wconversion -Wundef -Wcast-qual \
	-Wimplicit-fallthrough
HARDENING := $(if $(SANITIZE),,-O2 -D_FORTIFY_SOURCE=2) -fPIE \
	-fstack-protector-strong $(call supported,-fstack-clash-protection) \
	$(call supported,-fcf-protection) \
	$(call supported,-mbranch-protection=standard)
SANITIZERS := $(if $(SANITIZE),-O1 -fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer)

CFLAGS ?= -g
override CPPFLAGS += -I. -D_GNU_SOURCE -MMD -MP
override CFLAGS += -std=gnu11 $(WARNINGS) $(if $(WERROR),-Werror) \
	$(HARDENING) $(SANITIZERS)
override LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed $(SANITIZERS)

pkg = $(shell pkg-config $1 $2)
LIBS_common = $(call pkg,--libs,libcurl libcjson)
LIBS_check = $(call pkg,--libs,check) $(LIBS_common)
LIBS_cloud = $(call pkg,--libs,libmicrohttpd) $(LIBS_common) -lpthread -lm

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $1	$2")

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $1))
MODULES := $(patsubst modules/%.c,%,$(wildcard modules/*.c))
COMMON := $(BUILD)/libcommon.a
UNIT_TESTS := $(patsubst tests/%.c,%,$(wildcard tests/common/*.c \
	tests/modules/*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help

all: $(MODULES:%=$(BUILD)/modules/%) \
	$(patsubst modules/%,$(BUILD)/modules/%,$(wildcard modules/*.yml)) \
	## build the modules (default)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## */  make \1	/p' $(MAKEFILE_LIST) | \
		expand -t 24

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(COMMON): $(filter-out $(BUILD)/obj/common/main.o,$(call objects,common/*.c))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/modules/%: $(BUILD)/obj/modules/%.o $(BUILD)/obj/common/main.o $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_common)

$(BUILD)/modules/%.yml: modules/%.yml
	@mkdir -p $(@D)
	$(Q)cp $< $@

# A suite links its runner, and a module's test that module without its main.
RUNNER := $(BUILD)/obj/tests/main.o $(BUILD)/obj/tests/fake.o

$(BUILD)/tests/common/%: $(BUILD)/obj/tests/common/%.o $(BUILD)/obj/tests/main.o \
	$(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_check)

$(BUILD)/tests/modules/%: $(BUILD)/obj/tests/modules/%.o \
	$(BUILD)/obj/modules/%.o $(RUNNER) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_check)

# The program embeds a data file, which -MMD does not see.
$(BUILD)/obj/tests/vectors_spec.o: tests/data/argspecs.json

$(BUILD)/tests/vectors: $(call objects,tests/vectors*.c) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_common)

# The judge, its suites, and the server that misbehaves for them.
JUDGE := $(filter-out %/origin.c %_test.c,$(wildcard tests/judge/*.c))

$(BUILD)/tests/judge: $(call objects,$(JUDGE)) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_common)

$(BUILD)/tests/origin: $(call objects,tests/judge/origin.c tests/judge/crc.c) \
	$(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_common) -lpthread

$(BUILD)/tests/judge-%: $(BUILD)/obj/tests/judge/%_test.o \
	$(BUILD)/obj/tests/main.o \
	$(call objects,$(filter-out %/main.c,$(JUDGE))) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_check)

$(BUILD)/simcloud: $(call objects,tests/cloud/*.c) $(COMMON)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_cloud)

units: $(UNIT_TESTS:%=$(BUILD)/tests/%)

clean: ## remove everything that was built
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
