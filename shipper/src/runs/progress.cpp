#include "runs/progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace shipper {

namespace {

constexpr int64_t kDrawMs = 200;       // a bar is drawn so often,
constexpr int64_t kSayMs = 10000;      // a line is written so often
constexpr int64_t kCells = 24;         // of a bar
constexpr char kClear[] = "\r\x1b[K";  // the line of the terminal

int64_t Percent(const ProgressState &state) {
  return state.total <= 0 ? 100 : std::min<int64_t>(100, state.done * 100 / state.total);
}

int64_t PerSecond(const ProgressState &state) {
  return state.elapsed_ms <= 0 ? 0 : state.step * 1000 / state.elapsed_ms;
}

// At the pace so far; -1 while there is none.
int64_t SecondsLeft(const ProgressState &state) {
  const int64_t left = std::max<int64_t>(0, state.total - state.done);
  if (left == 0) return 0;
  if (state.step <= 0) return -1;
  return (left * state.elapsed_ms / state.step + 999) / 1000;
}

}  // namespace

std::string ProgressBar(const std::string &what, const ProgressState &state) {
  const int64_t cells = Percent(state) * kCells / 100;
  const int64_t left = SecondsLeft(state);
  std::string bar = fmt::format("{} [{}{}] {}/{} {}% {}/s", what, std::string(cells, '#'),
                                std::string(kCells - cells, '-'), state.done, state.total,
                                Percent(state), PerSecond(state));
  if (left >= 3600)
    return bar + fmt::format(", {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
  if (left >= 0) bar += fmt::format(", {}:{:02} left", left / 60, left % 60);
  return bar;
}

std::string ProgressLine(const std::string &what, const ProgressState &state) {
  std::string line = fmt::format("progress: what={} done={} total={} percent={} per_second={}",
                                 what, state.done, state.total, Percent(state), PerSecond(state));
  const int64_t left = SecondsLeft(state);
  return left < 0 ? line : line + fmt::format(" seconds_left={}", left);
}

void Progress::Show(int64_t done, int64_t total) {
  const int64_t now = clock_->NowMs();
  if (!begun_ || done < last_done_) {
    begun_ = true;
    first_done_ = done;
    began_ms_ = shown_ms_ = now;
  }
  last_done_ = done;
  if (now - shown_ms_ < (bar_ ? kDrawMs : kSayMs)) return;
  shown_ms_ = now;
  const ProgressState state{done, total, done - first_done_, now - began_ms_};
  if (!bar_) return spdlog::info("{}", ProgressLine(what_, state));
  drawn_ = true;
  std::fprintf(stderr, "%s%s", kClear, ProgressBar(what_, state).c_str());
  std::fflush(stderr);
}

void Progress::End() {
  if (drawn_) std::fputs(kClear, stderr);
  begun_ = drawn_ = false;
  last_done_ = 0;
}

}  // namespace shipper
