#include "runs/progress.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"

namespace shipper {
namespace {

TEST(ProgressTest, ABarHasCountsPaceAndTimeLeft) {
  EXPECT_EQ(ProgressBar("snapshot", {1000, 4000, 1000, 10000}),
            "snapshot [######------------------] 1000/4000 25% 100/s, 0:30 left");
}

TEST(ProgressTest, BeforeThereIsAPaceNoTimeIsTold) {
  EXPECT_EQ(ProgressBar("x", {0, 10, 0, 0}), "x [------------------------] 0/10 0% 0/s");
  EXPECT_EQ(ProgressLine("x", {0, 10, 0, 5000}),
            "progress: what=x done=0 total=10 percent=0 per_second=0");
}

TEST(ProgressTest, HoursAreTold) {
  EXPECT_NE(ProgressBar("x", {1, 101, 1, 60000}).find("1:40:00 left"), std::string::npos);
}

TEST(ProgressTest, NothingToDoIsAllDone) {
  EXPECT_NE(ProgressBar("x", {0, 0, 0, 0}).find("0/0 100%"), std::string::npos);
}

TEST(ProgressTest, ThePaceOfARestartedOneIsThatSinceTheStart) {
  EXPECT_EQ(ProgressLine("x", {600, 1000, 100, 1000}),
            "progress: what=x done=600 total=1000 percent=60 per_second=100 seconds_left=4");
}

TEST(ProgressTest, ABarIsDrawnNowAndThenAndLeavesAnEmptyLine) {
  FakeClock clock;
  testing::internal::CaptureStderr();
  {
    Progress progress(&clock, "x", true);
    for (int i = 0; i <= 10; ++i) {
      progress.Show(i, 10);
      clock.Advance(100);
    }
  }
  const std::string drawn = testing::internal::GetCapturedStderr();
  EXPECT_NE(drawn.find("\r\x1b[Kx [####"), std::string::npos) << drawn;
  EXPECT_EQ(drawn.find("1/10"), std::string::npos) << drawn;  // too soon
  EXPECT_EQ(drawn.substr(drawn.size() - 4), "\r\x1b[K");
}

}  // namespace
}  // namespace shipper
