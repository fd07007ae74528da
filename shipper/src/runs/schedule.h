// When scheduled work is due: `hourly`, `daily`, `weekly`, or the five fields of cron (minute,
// hour, day of month, month, day of week) with lists, ranges, steps and English names.
//
// Times are those of the local zone (TZ). Where both days are restricted either is enough, as in
// cron. On a change of the clock a schedule that names its hours runs once: a time that is left out
// is due when the clock has jumped, one that comes twice is due the first time. One that says `*`
// for the hour goes by real hours. Immutable; any thread.
//
//   Schedule schedule = Schedule::Parse("30 2 * * mon-fri");  // throws std::invalid_argument
//   std::optional<time_t> due = schedule.Next(std::time(nullptr));
#pragma once

#include <bitset>
#include <ctime>
#include <optional>
#include <string>

namespace shipper {

class Schedule {
 public:
  // Throws std::invalid_argument; the text says which field is wrong and why.
  static Schedule Parse(const std::string &text);

  // The first due time after `after`; nothing where there is none in the next nine years.
  std::optional<std::time_t> Next(std::time_t after) const;

  const std::string &text() const { return text_; }

 private:
  struct Field {
    std::bitset<64> values;
    bool every = false;  // written as `*`, with or without a step
  };
  struct Bounds;

  static Field ParseField(const std::string &text, const Bounds &bounds);
  static int ParseValue(const std::string &text, const Bounds &bounds);
  bool DayMatches(const std::tm &day) const;
  bool TimeMatches(const std::tm &time) const;
  bool LeftOutBetween(std::time_t before, std::time_t at) const;

  std::string text_;
  Field minute_, hour_, day_, month_, weekday_;
};

}  // namespace shipper
