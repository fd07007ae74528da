#include "runs/schedule.h"

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace shipper {
namespace {

// The zone of the process for the time of a test.
class Zone {
 public:
  explicit Zone(const char *name) {
    const char *before = std::getenv("TZ");
    if (before != nullptr) before_ = before;
    had_ = before != nullptr;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    if (had_)
      setenv("TZ", before_.c_str(), 1);
    else
      unsetenv("TZ");
    tzset();
  }

 private:
  std::string before_;
  bool had_ = false;
};

// "2026-03-29 01:30" of UTC.
std::time_t Utc(const std::string &text) {
  std::tm time{};
  EXPECT_NE(strptime(text.c_str(), "%Y-%m-%d %H:%M", &time), nullptr) << text;
  return timegm(&time);
}

std::string Shown(std::time_t at) {
  char buffer[32];
  std::tm time{};
  gmtime_r(&at, &time);
  std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M", &time);
  return buffer;
}

// The next times of a schedule, all in UTC.
std::vector<std::string> Times(const std::string &schedule, const std::string &after, int count) {
  std::vector<std::string> times;
  std::time_t at = Utc(after);
  for (int i = 0; i < count; ++i) {
    const auto next = Schedule::Parse(schedule).Next(at);
    if (!next) break;
    times.push_back(Shown(*next));
    at = *next;
  }
  return times;
}

std::string Refusal(const std::string &text) {
  try {
    Schedule::Parse(text);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "";
}

using Strings = std::vector<std::string>;

TEST(ScheduleTest, WordsAreFormsOfCron) {
  Zone zone("UTC");
  EXPECT_EQ(Times("hourly", "2026-05-05 10:00", 2),
            (Strings{"2026-05-05 11:00", "2026-05-05 12:00"}));
  EXPECT_EQ(Times("Daily", "2026-12-31 10:00", 1), (Strings{"2027-01-01 00:00"}));
  EXPECT_EQ(Times("weekly", "2026-05-05 10:00", 2),
            (Strings{"2026-05-10 00:00", "2026-05-17 00:00"}));
}

TEST(ScheduleTest, ADueTimeIsAfterTheGivenOneAlsoWithinItsMinute) {
  Zone zone("UTC");
  const Schedule schedule = Schedule::Parse("0 * * * *");
  EXPECT_EQ(Shown(*schedule.Next(Utc("2026-05-05 10:00") + 1)), "2026-05-05 11:00");
  EXPECT_EQ(Shown(*schedule.Next(Utc("2026-05-05 10:00") - 1)), "2026-05-05 10:00");
}

TEST(ScheduleTest, RangesListsStepsAndNames) {
  Zone zone("UTC");
  EXPECT_EQ(
      Times("*/20 9-10 * * *", "2026-05-05 09:30", 4),
      (Strings{"2026-05-05 09:40", "2026-05-05 10:00", "2026-05-05 10:20", "2026-05-05 10:40"}));
  EXPECT_EQ(Times("5,50 0 * * MON-fri", "2026-05-08 00:10", 3),  // a Friday
            (Strings{"2026-05-08 00:50", "2026-05-11 00:05", "2026-05-11 00:50"}));
  EXPECT_EQ(Times("0 22/1 * * *", "2026-05-05 21:00", 3),
            (Strings{"2026-05-05 22:00", "2026-05-05 23:00", "2026-05-06 22:00"}));
  EXPECT_EQ(
      Times("10-50/20 0 1 jan,Jul *", "2026-02-01 00:00", 4),
      (Strings{"2026-07-01 00:10", "2026-07-01 00:30", "2026-07-01 00:50", "2027-01-01 00:10"}));
  EXPECT_EQ(Times("0 0 * * 7", "2026-05-05 00:00", 1), (Strings{"2026-05-10 00:00"}));
  EXPECT_EQ(
      Times("0 0 * * 5-7", "2026-05-07 00:00", 4),
      (Strings{"2026-05-08 00:00", "2026-05-09 00:00", "2026-05-10 00:00", "2026-05-15 00:00"}));
}

TEST(ScheduleTest, EitherOfTwoRestrictedDaysIsEnough) {
  Zone zone("UTC");
  EXPECT_EQ(Times("0 0 13 * fri", "2026-05-07 00:00", 3),
            (Strings{"2026-05-08 00:00", "2026-05-13 00:00", "2026-05-15 00:00"}));
  EXPECT_EQ(Times("0 0 13 * *", "2026-05-07 00:00", 1), (Strings{"2026-05-13 00:00"}));
}

TEST(ScheduleTest, DaysThatAreRareCome) {
  Zone zone("UTC");
  EXPECT_EQ(Times("0 12 29 2 *", "2026-05-05 00:00", 2),
            (Strings{"2028-02-29 12:00", "2032-02-29 12:00"}));
  EXPECT_EQ(Times("0 0 31 * *", "2026-04-01 00:00", 2),
            (Strings{"2026-05-31 00:00", "2026-07-31 00:00"}));
  EXPECT_EQ(Times("59 23 31 12 *", "2026-12-31 23:59", 1), (Strings{"2027-12-31 23:59"}));
}

TEST(ScheduleTest, TimesAreThoseOfTheZone) {
  Zone zone("Asia/Kolkata");  // 5:30 before UTC
  EXPECT_EQ(Times("15 3 * * *", "2026-05-05 00:00", 2),
            (Strings{"2026-05-05 21:45", "2026-05-06 21:45"}));
}

// Berlin, 2026-03-29: from 02:00 (01:00 UTC) at once to 03:00.
TEST(ScheduleTest, ATimeThatIsLeftOutIsDueWhenTheClockHasJumped) {
  Zone zone("Europe/Berlin");
  EXPECT_EQ(Times("30 2 * * *", "2026-03-28 00:00", 3),
            (Strings{"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"}));
  EXPECT_EQ(Times("30 * * * *", "2026-03-29 00:00", 3),
            (Strings{"2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"}));
  EXPECT_EQ(Times("30 2 * * mon", "2026-03-28 00:00", 1), (Strings{"2026-03-30 00:30"}));
}

// Berlin, 2026-10-25: from 03:00 (01:00 UTC) back to 02:00.
TEST(ScheduleTest, ATimeThatComesTwiceIsDueOnce) {
  Zone zone("Europe/Berlin");
  EXPECT_EQ(Times("30 2 * * *", "2026-10-24 12:00", 2),
            (Strings{"2026-10-25 00:30", "2026-10-26 01:30"}));
  EXPECT_EQ(Times("30 * * * *", "2026-10-25 00:00", 3),
            (Strings{"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"}));
  EXPECT_EQ(Times("0 3 * * *", "2026-10-24 12:00", 1), (Strings{"2026-10-25 02:00"}));
}

// Beirut, 2026-03-29: midnight is left out.
TEST(ScheduleTest, AMidnightThatIsLeftOutIsDueAfterIt) {
  Zone zone("Asia/Beirut");
  EXPECT_EQ(Times("daily", "2026-03-28 00:00", 3),
            (Strings{"2026-03-28 22:00", "2026-03-29 21:00", "2026-03-30 21:00"}));
  EXPECT_EQ(Times("0 0 * * sun", "2026-03-27 00:00", 2),
            (Strings{"2026-03-28 22:00", "2026-04-04 21:00"}));
}

// Lord Howe, 2026-04-05: from 02:00 (15:00 UTC of the day before) back to 01:30.
TEST(ScheduleTest, HalfAnHourIsAChangeOfTheClockToo) {
  Zone zone("Australia/Lord_Howe");
  EXPECT_EQ(Times("45 1 * * *", "2026-04-04 00:00", 2),
            (Strings{"2026-04-04 14:45", "2026-04-05 15:15"}));
}

TEST(ScheduleTest, WhatIsWrongIsNamed) {
  Zone zone("UTC");
  EXPECT_NE(Refusal("").find("0 fields"), std::string::npos);
  EXPECT_NE(Refusal("yearly").find("1 fields"), std::string::npos);
  EXPECT_NE(Refusal("* * * * * *").find("6 fields"), std::string::npos);
  EXPECT_NE(Refusal("60 * * * *").find("minute 60 is not within 0 and 59"), std::string::npos);
  EXPECT_NE(Refusal("* 24 * * *").find("hour 24"), std::string::npos);
  EXPECT_NE(Refusal("* * 0 * *").find("day of the month 0"), std::string::npos);
  EXPECT_NE(Refusal("* * * 13 *").find("month 13"), std::string::npos);
  EXPECT_NE(Refusal("* * * * 8").find("day of the week 8"), std::string::npos);
  EXPECT_NE(Refusal("* * * * xyz").find("'xyz' is no number or name"), std::string::npos);
  EXPECT_NE(Refusal("mon * * * *").find("minute 'mon' is no number"), std::string::npos);
  EXPECT_NE(Refusal("*/0 * * * *").find("step"), std::string::npos);
  EXPECT_NE(Refusal("*/ * * * *").find("step"), std::string::npos);
  EXPECT_NE(Refusal("1-2-3 * * * *").find("range"), std::string::npos);
  EXPECT_NE(Refusal("5-1 * * * *").find("ends before"), std::string::npos);
  EXPECT_NE(Refusal("1,,2 * * * *").find("minute ''"), std::string::npos);
  EXPECT_NE(Refusal("-1 * * * *").find("minute ''"), std::string::npos);
  EXPECT_NE(Refusal("0 0 30 2 *").find("ever comes"), std::string::npos);
}

}  // namespace
}  // namespace shipper
