#include "runs/open_run.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

namespace shipper {
namespace {

class OpenRunTest : public ::testing::Test {
 protected:
  OpenRunTest()
      : path_(std::filesystem::temp_directory_path() /
              ("open-run-" + std::to_string(getpid()) + "/below/run.json")) {
    spdlog::set_level(spdlog::level::off);
  }
  ~OpenRunTest() override { std::filesystem::remove_all(path_.parent_path().parent_path()); }
  std::filesystem::path path_;
};

TEST_F(OpenRunTest, WhatWasNotDroppedIsLeftToTheNextProcess) {
  {
    OpenRun open(path_);
    EXPECT_TRUE(open.Left().empty());
    open.Add({"one", 5});
    open.Add({"two", 6});
    open.Drop("one");
  }
  OpenRun open(path_);
  ASSERT_EQ(open.Left().size(), 1u);
  EXPECT_EQ(open.Left()[0].id, "two");
  EXPECT_EQ(open.Left()[0].began_ms, 6);
}

TEST_F(OpenRunTest, ARunOfALivingProcessIsNotLeft) {
  OpenRun living(path_);
  living.Add({"one", 5});
  {
    OpenRun second(path_);
    EXPECT_TRUE(second.Left().empty());
    second.Add({"two", 6});
    second.Drop("one");
  }
  EXPECT_EQ(living.Left().size(), 1u);
}

TEST_F(OpenRunTest, AFileThatIsBrokenOrCannotBeMadeStopsNothing) {
  std::filesystem::create_directories(path_.parent_path());
  std::ofstream(path_) << "[{\"id\":";
  OpenRun broken(path_);
  EXPECT_TRUE(broken.Left().empty());
  OpenRun nowhere(path_ / "no" / "directory");
  nowhere.Add({"one", 5});
  EXPECT_TRUE(nowhere.Left().empty());
  OpenRun none("");
  none.Add({"one", 5});
  EXPECT_TRUE(none.Left().empty());
}

}  // namespace
}  // namespace shipper
