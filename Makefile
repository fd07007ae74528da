EXTENSION = extension/pg_lineage
MODULE_big = pg_lineage
DATA = $(wildcard extension/pg_lineage--*.sql)
OBJS = $(patsubst %.cpp,%.o,$(sort $(wildcard extension/src/*.cpp extension/src/*/*.cpp)))
PG_CONFIG ?= pg_config
PG_CXXFLAGS = -std=gnu++17 -fno-exceptions -fno-rtti -Wall -Wextra -Werror -Wno-register \
  -Iextension/src -isystem $(shell $(PG_CONFIG) --includedir-server)
PGXS := $(shell $(PG_CONFIG) --pgxs)
with_llvm = no
include $(PGXS)
