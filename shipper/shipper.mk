# lineage-shipper: every source under shipper/src, one binary at the top of the tree.
SHIPPER_PACKAGES = libpq libcurl yaml-cpp spdlog fmt libpcre2-8 libgvc openssl
SHIPPER_SRCS := $(sort $(wildcard shipper/src/*.cpp shipper/src/*/*.cpp shipper/src/*/*/*.cpp))
SHIPPER_OBJS := $(patsubst %.cpp,build/%.o,$(SHIPPER_SRCS))
SHIPPER_CXXFLAGS = -std=c++17 -O2 -Wall -Wextra -Werror -Ishipper/src -pthread -MMD -MP
SHIPPER_LIBS = $(shell pkg-config --libs $(SHIPPER_PACKAGES)) -pthread
SHIPPER_BINDIR = $(shell $(PG_CONFIG) --bindir)

lineage-shipper: $(SHIPPER_OBJS)
	$(CXX) -o $@ $^ $(SHIPPER_LIBS)

# Compiler flags come from pkg-config once, as system directories: other people's warnings stay out.
build/shipper.flags: shipper/shipper.mk
	@mkdir -p build
	@pkg-config --exists --print-errors $(SHIPPER_PACKAGES) || \
	  { echo "libraries of the shipper are missing: run 'make deps'" >&2; exit 1; }
	@pkg-config --cflags $(SHIPPER_PACKAGES) | sed 's/-I/-isystem /g' > $@

$(SHIPPER_OBJS): build/%.o: %.cpp build/shipper.flags
	@mkdir -p $(@D)
	$(CXX) $(SHIPPER_CXXFLAGS) $$(cat build/shipper.flags) -c -o $@ $<

-include $(SHIPPER_OBJS:.o=.d)

.PHONY: install-shipper uninstall-shipper
install-shipper: lineage-shipper
	install -d '$(DESTDIR)$(SHIPPER_BINDIR)'
	install -m 755 lineage-shipper '$(DESTDIR)$(SHIPPER_BINDIR)/lineage-shipper'

uninstall-shipper:
	rm -f '$(DESTDIR)$(SHIPPER_BINDIR)/lineage-shipper'
