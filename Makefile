# pg_lineage: the extension by PGXS, the shipper by shipper/shipper.mk, the tests by tests/tests.mk.
# `make help` lists the targets. PG_CONFIG chooses the PostgreSQL.
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

EXTENSION = extension/pg_lineage
MODULE_big = pg_lineage
DATA_built = build/pg_lineage--1.0.sql
SQL_PARTS = $(sort $(wildcard extension/sql/*.sql))
OBJS = $(patsubst %.cpp,%.o,$(sort $(wildcard extension/src/*.cpp extension/src/*/*.cpp)))
PG_CXXFLAGS = -std=gnu++17 -fno-exceptions -fno-rtti -Wall -Wextra -Werror -Wno-register \
  -Iextension/src -isystem $(shell $(PG_CONFIG) --includedir-server)
EXTRA_CLEAN = build lineage-shipper $(OBJS:.o=.d) $(OBJS:.o=.bc)

# SHIPPER=no builds and installs the extension alone.
SHIPPER ?= $(if $(wildcard shipper/src/main.cpp),yes,no)
ifeq ($(SHIPPER),yes)
all: lineage-shipper
install: install-shipper
uninstall: uninstall-shipper
else
all:
endif

# Without a server's build files only the targets that install them (deps, demo, test) can run.
ifneq ($(wildcard $(PGXS)),)
# Bitcode is built where the server has LLVM and its clang is there.
CLANG_OF_SERVER := $(shell sed -n 's/^CLANG *= *//p' $(dir $(PGXS))../Makefile.global)
ifeq ($(wildcard $(CLANG_OF_SERVER)),)
override with_llvm = no
endif
include $(PGXS)
# PG_MODULE_MAGIC of PostgreSQL 18 leaves out fields that the newest clang asks for.
COMPILE.cxx.bc += $(PG_CXXFLAGS) \
  -Wno-unknown-warning-option -Wno-missing-designated-field-initializers

$(OBJS): override CXXFLAGS += -MMD -MP
$(OBJS): build/server.stamp
$(OBJS:.o=.bc): %.bc: %.o
-include $(OBJS:.o=.d)
else
all install:
	@echo "No PostgreSQL build files by '$(PG_CONFIG) --pgxs': run 'make deps' or set PG_CONFIG." >&2
	@exit 1
endif

# The script that CREATE EXTENSION runs is its parts in the order of their names.
build/pg_lineage--1.0.sql: $(SQL_PARTS)
	@mkdir -p build
	cat $(SQL_PARTS) > $@

# Objects made for another server are made again.
build/server.stamp: FORCE
	@mkdir -p build
	@$(PG_CONFIG) --version --includedir-server --configure | cmp -s - $@ || \
	  $(PG_CONFIG) --version --includedir-server --configure > $@
FORCE:

include shipper/shipper.mk
include tests/tests.mk

.PHONY: all install uninstall installcheck deps demo help FORCE

deps: ## install what is missing on this machine (Debian packages; root or sudo)
	tests/install-deps.sh

demo: deps ## build, load a shop with nightly procedures, CALL them, print the lineage
	+tests/staged.sh tests/demo/demo.sh

help: ## this list
	@echo "all              build pg_lineage.so and lineage-shipper"
	@echo "install          install both into the PostgreSQL of PG_CONFIG"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | \
	  while IFS='	' read -r target what; do printf '%-16s %s\n' "$$target" "$$what"; done
