#include "parked.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_sink.h"
#include "sink/patient_sink.h"

namespace shipper {
namespace {

TEST(ParkedTest, AParkedThingIsFoundAgainByItsName) {
  std::optional<WorkKey> edge = WorkOf("edge", "public.\"a -> b\" -> public.c");
  ASSERT_TRUE(edge);
  EXPECT_EQ(edge->first, "public.\"a -> b\"");
  EXPECT_EQ(edge->second, "public.c");
  std::optional<WorkKey> object = WorkOf("object", "routine public.f(integer, text)");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->first, "routine");
  EXPECT_EQ(object->second, "public.f(integer, text)");
  EXPECT_EQ(WorkOf("resync", "everything")->kind, WorkKind::kResync);
  EXPECT_FALSE(WorkOf("edge", "feed row 7"));
  EXPECT_FALSE(WorkOf("strange", "feed row 7"));
}

TEST(ParkedTest, BytesThatAreNoTextAreListedToo) {
  testing::internal::CaptureStdout();
  PrintParked({{7, "fake", "edge", "public.\xff -> public.c", "refused", "{}", 1, "now"}}, true);
  std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("\"id\":7"), std::string::npos);
  EXPECT_NE(said.find(" -> public.c"), std::string::npos);
}

TEST(PatientSinkTest, ARefusalThatMayPassIsWaitedForAndOthersAreNot) {
  FakeSink sink;
  FakeClock clock;
  int asked = 0;
  sink.answer = [&](const std::string &) {
    return ++asked < 3 ? Status::Outage("503", 700) : Status::Done();
  };
  PatientSink patient(&sink, &clock, 5, 100, 1000);
  EXPECT_TRUE(patient.PutEntity({}).ok());
  EXPECT_EQ(clock.slept, (std::vector<int64_t>{700, 700}));
  asked = -100;
  EXPECT_EQ(patient.PutEntity({}).action, Action::kRetry);
  EXPECT_EQ(asked, -95);
  asked = 0;
  sink.answer = [&](const std::string &) { return ++asked, Status::Park("400"); };
  EXPECT_EQ(patient.PutEntity({}).action, Action::kPark);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace shipper
