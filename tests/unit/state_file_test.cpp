#include "state_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

namespace shipper {
namespace {

using Content = std::map<std::string, std::string>;

class StateFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/state-file-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/deep/er.json";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Content Read() {
    Content content;
    StateFile(path_).Each([&](const std::string &key, const std::optional<std::string> &value) {
      if (value)
        content[key] = *value;
      else
        content.erase(key);
    });
    return content;
  }

  std::string directory_, path_;
};

TEST_F(StateFileTest, AFileThatIsNotThereHasNothing) { EXPECT_TRUE(Read().empty()); }

TEST_F(StateFileTest, TheLastLineOfAKeyCounts) {
  StateFile file(path_);
  EXPECT_TRUE(file.Append({{"a\n\"b", "1"}, {"c", "1"}}));
  EXPECT_TRUE(StateFile(path_).Append({{"a\n\"b", "2"}, {"c", std::nullopt}}));
  EXPECT_EQ(Read(), (Content{{"a\n\"b", "2"}}));
}

TEST_F(StateFileTest, ALineThatAProcessWasCutOffInIsPassedOver) {
  StateFile file(path_);
  EXPECT_TRUE(file.Append({{"a", "1"}}));
  std::ofstream(path_, std::ios::app) << R"(["b","2)";
  EXPECT_EQ(Read(), (Content{{"a", "1"}}));
  EXPECT_TRUE(file.Append({{"c", "3"}}));
  EXPECT_EQ(Read(), (Content{{"a", "1"}, {"c", "3"}}));
}

TEST_F(StateFileTest, AnotherFormAndGarbageAreNothing) {
  std::filesystem::create_directories(directory_ + "/deep");
  std::ofstream(path_) << "{\"a\":\"1\"}\n[1,2]\n[\"a\"]\n\x00\xff\n";
  EXPECT_TRUE(Read().empty());
}

TEST_F(StateFileTest, AFileOfOvertakenLinesIsWrittenAnewWithEachLivingOnce) {
  StateFile file(path_);
  const auto lives = [](const std::string &, const std::string &value) { return value == "new"; };
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(file.Append({{"a", i % 2 == 1 ? "new" : "old"}}));
  EXPECT_TRUE(file.Append({{"b", "old"}, {"c", "new"}}));
  const auto before = std::filesystem::file_size(path_);
  EXPECT_TRUE(file.Compact(2, lives));
  EXPECT_LT(std::filesystem::file_size(path_), before / 100);
  EXPECT_EQ(Read(), (Content{{"a", "new"}, {"c", "new"}}));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(StateFileTest, ADirectoryThatCannotBeWrittenIsToldAndLosesNothing) {
  std::ofstream(directory_ + "/deep") << "a file where the directory should be";
  EXPECT_FALSE(StateFile(path_).Append({{"a", "1"}}));
  EXPECT_FALSE(StateFile("/dev/full").Append({{"a", "1"}}));
}

}  // namespace
}  // namespace shipper
