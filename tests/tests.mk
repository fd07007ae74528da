SHELL = /bin/bash
# Tests: what a suite needs, and one target for each. Every suite ends with its own count.
TEST_CXXFLAGS = -std=c++17 -O0 -Wall -Wextra -Werror -Ishipper/src -Itests -pthread -MMD -MP
TEST_LIBS = -lgmock -lgtest -lgtest_main $(SHIPPER_LIBS)
UNIT_SRCS := $(sort $(wildcard tests/unit/*.cpp tests/unit/*/*.cpp tests/fakes/*.cpp))
INTEGRATION_SRCS := $(sort $(wildcard tests/integration/*.cpp))
UNIT_OBJS := $(patsubst %.cpp,build/%.o,$(UNIT_SRCS))
INTEGRATION_OBJS := $(patsubst %.cpp,build/%.o,$(INTEGRATION_SRCS))
REPORT_OBJS := $(patsubst %.cpp,build/%.o,$(wildcard tests/report/*.cpp))
TEST_OBJS = $(UNIT_OBJS) $(INTEGRATION_OBJS) $(REPORT_OBJS)

build/unit_tests: $(UNIT_OBJS) $(filter-out build/shipper/src/main.o,$(SHIPPER_OBJS))
	$(CXX) -o $@ $^ $(TEST_LIBS)

build/integration_tests: $(INTEGRATION_OBJS)
	$(CXX) -o $@ $^ $(TEST_LIBS)

# Programs of the report's tests: one of each source, with the shipper's objects.
REPORT_PROGRAMS := $(patsubst tests/report/%.cpp,build/%,$(wildcard tests/report/*.cpp))
$(REPORT_PROGRAMS): build/%: build/tests/report/%.o \
  $(filter-out build/shipper/src/main.o,$(SHIPPER_OBJS))
	$(CXX) -o $@ $^ $(SHIPPER_LIBS)

$(TEST_OBJS): build/%.o: %.cpp build/shipper.flags
	@mkdir -p $(@D)
	$(CXX) $(TEST_CXXFLAGS) $$(cat build/shipper.flags) -c -o $@ $<

-include $(TEST_OBJS:.o=.d)

.PHONY: test-programs unit installcheck staged-installcheck integration models e2e report cases
.PHONY: regress-pair scrub-fuzz gates format bench bench-graph bench-ingest bench-walker test
.PHONY: parity bench-restore test-matrix
.PHONY: bench-declared bench-accuracy oracle oracle-routines oracle-mutants oracle-coverage

test-programs: build/unit_tests build/integration_tests $(REPORT_PROGRAMS)

unit: build/unit_tests ## GoogleTest of the shipper's parts
	tests/gtest.sh 300 build/unit_tests

installcheck: ## pg_regress over sql/, on a temporary cluster (after make install)
	PG_CONFIG=$(PG_CONFIG) tests/installcheck.sh

staged-installcheck: ## the same without make install
	+tests/staged.sh tests/installcheck.sh

integration: build/integration_tests ## GoogleTest with servers of its own
	+tests/staged.sh tests/gtest.sh 1500 build/integration_tests

models: ## what the demo ships, against the request models of the catalog, 2.0 and 1.9
	+tests/models.sh

e2e: ## from CALL to the catalog, faults included, against the double of OpenMetadata
	+python=$$(tests/models/make_venv.sh build/models 2.0) && \
	  tests/staged.sh timeout -k 10 1500 "$$python" tests/e2e/run.py -v

parity: ## what our catalog and that of OpenMetadata's own connector hold of one database
	+python=$$(REQUIREMENTS=tests/parity tests/models/make_venv.sh build/parity 2.0) && \
	  tests/staged.sh timeout -k 10 800 "$$python" tests/parity/run.py

report: $(REPORT_PROGRAMS) ## the report in headless Chromium
	+tests/staged.sh tests/unittests.sh 400 tests/report

cases: ## the lineage cases of ../shared/cases (CASES=DIR, ONLY=PATTERN)
	+tests/staged.sh tests/with_cluster.sh tests/cases/run_cases.py -v \
	  $(if $(CASES),--cases $(CASES)) $(if $(ONLY),--only $(ONLY))

regress-pair: ## PostgreSQL's own regression suites with and without the library
	+tests/staged.sh tests/regress/regress_pair.sh

# Its thousands of random statements count as one test.
scrub-fuzz: ## secrets hidden in random statements, looked for in what the scrubber lets out
	+set -o pipefail; tests/staged.sh tests/with_cluster.sh python3 tests/scrub_fuzz.py | \
	  sed 's/ passed,/ statements passed,/'

gates: ## the mechanical rules
	tests/gates.sh

format: ## write all sources as .clang-format says
	clang-format -i $(shell git ls-files '*.cpp' '*.h')

bench: ## server CPU with the library, without it, and with pg_stat_statements
	+tests/staged.sh tests/bench/bench.sh

bench-graph: ## what upstream(), path() and impact() take over a million edges
	+tests/staged.sh tests/bench/graph.sh

bench-ingest: ## 10,000 tables into a catalog: time, CPU and memory of the shipper
	+tests/staged.sh tests/bench/ingest.sh

bench-restore: ## what the extension adds to the restore of 10,000 objects
	+SHIPPER=no tests/staged.sh tests/with_cluster.sh tests/bench/restore.py

bench-declared: ## what lineage.snapshot() takes for 10,000 objects
	+SHIPPER=no tests/staged.sh tests/with_cluster.sh tests/bench/declared.py

bench-accuracy: ## right and wrong edges beside sqlglot, sqllineage and OpenMetadata's parser
	+SHIPPER=no tests/staged.sh tests/bench/accuracy.sh $(if $(CASES),--cases $(CASES)) \
	  $(if $(ONLY),--only $(ONLY))

# The whole hunt: tests/oracle/run.py --cases 20000 --jobs 2.
oracle: ## random statements, judged by what changed data do to their targets (a fixed slice)
	+tests/staged.sh tests/with_cluster.sh tests/oracle/run.py --cases 400 --jobs 2

oracle-routines: ## the same for random PL/pgSQL and SQL routines, triggers and DO blocks
	+tests/staged.sh tests/with_cluster.sh tests/oracle/run.py --kind routine --cases 120 --jobs 2

oracle-mutants: ## planted faults of the walker that generated cases alone find (ONLY=PATTERN)
	tests/oracle/mutants/plant.py $(if $(ONLY),--only '$(ONLY)')

oracle-coverage: ## branches of the walker that generated cases alone take
	tests/oracle/coverage.py -v

bench-walker: ## what reading lineage adds to the planning of big statements
	+tests/staged.sh tests/with_cluster.sh python3 tests/bench/walker.py

test: ## everything that runs here, counted in one last line
	tests/install-deps.sh test
	+tests/all.sh

test-matrix: ## build and test on PostgreSQL 17 and 18 in roots made by debootstrap
	tests/install-deps.sh matrix
	+tests/matrix/matrix.sh
