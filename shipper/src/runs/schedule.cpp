#include "runs/schedule.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace shipper {

namespace {

constexpr std::time_t kMinute = 60, kDay = 86400;
constexpr std::time_t kHorizon = 9 * 366 * kDay;  // a 29 February may be eight years away
constexpr std::time_t kShiftSeen = 3 * 3600;      // a clock is put back by less than this

constexpr const char *kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr const char *kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::tm Local(std::time_t at) {
  std::tm out{};
  localtime_r(&at, &out);
  return out;
}

// What the clock on the wall shows, as seconds that can be counted.
std::time_t Wall(std::tm local) { return timegm(&local); }

bool SameDay(const std::tm &a, const std::tm &b) {
  return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}

// The first minute of the day after that of `at`.
std::time_t NextDay(std::time_t at) {
  std::tm day = Local(at);
  day.tm_mday += 1;
  day.tm_hour = day.tm_min = day.tm_sec = 0;
  day.tm_isdst = -1;
  std::time_t first = std::mktime(&day);
  // Where midnight is left out or comes twice mktime() may be off to either side.
  while (first > at && !SameDay(Local(first - kMinute), Local(at))) first -= kMinute;
  while (first <= at || SameDay(Local(first), Local(at))) first += kMinute;
  return first;
}

// Whether the clock has shown this time before, until it was put back.
bool ComesAgain(std::time_t at) {
  const std::tm now = Local(at);
  const long back = Local(at - kShiftSeen).tm_gmtoff - now.tm_gmtoff;
  return back > 0 && Wall(Local(at - back)) == Wall(now);
}

std::vector<std::string> Split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + 1)
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

bool IsNumber(const std::string &text) {
  return !text.empty() && text.size() < 5 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c));
  });
}

}  // namespace

struct Schedule::Bounds {
  const char *what;
  int first;
  int last;
  const char *const *names = nullptr;
  int name_count = 0;
};

int Schedule::ParseValue(const std::string &text, const Bounds &bounds) {
  for (int i = 0; i < bounds.name_count; ++i)
    if (text == bounds.names[i]) return bounds.first + i;
  if (!IsNumber(text))
    throw std::invalid_argument("the " + std::string(bounds.what) + " '" + text + "' is no number" +
                                (bounds.name_count > 0 ? " or name" : ""));
  const int value = std::stoi(text);
  if (value < bounds.first || value > bounds.last)
    throw std::invalid_argument("the " + std::string(bounds.what) + " " + text + " is not within " +
                                std::to_string(bounds.first) + " and " +
                                std::to_string(bounds.last));
  return value;
}

// A list of `*`, `a`, `a-b`, each with or without `/step`.
Schedule::Field Schedule::ParseField(const std::string &text, const Bounds &bounds) {
  Field field;
  for (const std::string &item : Split(text, ',')) {
    const std::vector<std::string> stepped = Split(item, '/');
    if (stepped.size() > 2 || (stepped.size() == 2 && !IsNumber(stepped[1])) ||
        (stepped.size() == 2 && std::stoi(stepped[1]) == 0))
      throw std::invalid_argument("the " + std::string(bounds.what) + " '" + item +
                                  "' has no step above 0 after the slash");
    const int step = stepped.size() == 2 ? std::stoi(stepped[1]) : 1;
    int first = bounds.first, last = bounds.last;
    if (stepped[0] == "*") {
      field.every = true;
    } else {
      const std::vector<std::string> range = Split(stepped[0], '-');
      if (range.size() > 2)
        throw std::invalid_argument("the " + std::string(bounds.what) + " '" + item +
                                    "' is no range of two");
      first = ParseValue(range[0], bounds);
      if (range.size() == 2) last = ParseValue(range[1], bounds);
      if (range.size() == 1 && stepped.size() == 1) last = first;
      if (last < first)
        throw std::invalid_argument("the " + std::string(bounds.what) + " '" + item +
                                    "' ends before it begins");
    }
    for (int value = first; value <= last; value += step) field.values.set(value);
  }
  return field;
}

Schedule Schedule::Parse(const std::string &text) {
  static const Bounds kMinuteBounds{"minute", 0, 59}, kHourBounds{"hour", 0, 23};
  static const Bounds kDayBounds{"day of the month", 1, 31};
  static const Bounds kMonthBounds{"month", 1, 12, kMonths, 12};
  static const Bounds kWeekdayBounds{"day of the week", 0, 7, kWeekdays, 7};
  std::string form = text;
  std::transform(form.begin(), form.end(), form.begin(),
                 [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
  if (form == "hourly") form = "0 * * * *";
  if (form == "daily") form = "0 0 * * *";
  if (form == "weekly") form = "0 0 * * 0";
  std::istringstream words(form);
  std::vector<std::string> fields;
  for (std::string word; words >> word;) fields.push_back(word);
  if (fields.size() != 5)
    throw std::invalid_argument("it has " + std::to_string(fields.size()) + " fields, not five");
  Schedule schedule;
  schedule.text_ = text;
  schedule.minute_ = ParseField(fields[0], kMinuteBounds);
  schedule.hour_ = ParseField(fields[1], kHourBounds);
  schedule.day_ = ParseField(fields[2], kDayBounds);
  schedule.month_ = ParseField(fields[3], kMonthBounds);
  schedule.weekday_ = ParseField(fields[4], kWeekdayBounds);
  if (schedule.weekday_.values.test(7)) schedule.weekday_.values.set(0);  // both are Sunday
  if (!schedule.Next(std::time(nullptr))) throw std::invalid_argument("no such day ever comes");
  return schedule;
}

bool Schedule::DayMatches(const std::tm &day) const {
  if (!month_.values.test(day.tm_mon + 1)) return false;
  const bool of_month = day_.values.test(day.tm_mday);
  const bool of_week = weekday_.values.test(day.tm_wday);
  return day_.every || weekday_.every ? of_month && of_week : of_month || of_week;
}

bool Schedule::TimeMatches(const std::tm &time) const {
  return hour_.values.test(time.tm_hour) && minute_.values.test(time.tm_min);
}

// Whether a due time is among those that the clock left out when it was put forward.
bool Schedule::LeftOutBetween(std::time_t before, std::time_t at) const {
  const std::time_t end = Wall(Local(at));
  for (std::time_t wall = Wall(Local(before)) + kMinute; wall < end; wall += kMinute) {
    std::tm shown{};
    gmtime_r(&wall, &shown);
    if (DayMatches(shown) && TimeMatches(shown)) return true;
  }
  return false;
}

std::optional<std::time_t> Schedule::Next(std::time_t after) const {
  std::time_t at = after - after % kMinute + kMinute;
  while (at < after + kHorizon) {
    if (!hour_.every && LeftOutBetween(at - kMinute, at)) return at;
    const std::tm local = Local(at);
    if (!DayMatches(local)) {
      at = NextDay(at);
      continue;
    }
    if (TimeMatches(local) && (hour_.every || !ComesAgain(at))) return at;
    at += kMinute;
  }
  return std::nullopt;
}

}  // namespace shipper
