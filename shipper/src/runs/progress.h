// How far something long is: a bar with counts and the time left where a person looks at a
// terminal, else a line of the log every ten seconds. What is over within that says nothing there.
//
//   Progress progress(&clock, "snapshot", LogIsOnTerminal());
//   progress.Show(120, 4000);  // as often as one likes
//   progress.End();            // also done by the destructor
#pragma once

#include <cstdint>
#include <string>

#include "clock.h"

namespace shipper {

class Progress {
 public:
  // `clock` outlives this.
  Progress(Clock *clock, std::string what, bool bar)
      : clock_(clock), what_(std::move(what)), bar_(bar) {}
  ~Progress() { End(); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  // `total` may grow. Fewer done than before is another beginning.
  void Show(int64_t done, int64_t total);
  void End();

 private:
  Clock *clock_;
  std::string what_;
  bool bar_;
  bool begun_ = false;
  bool drawn_ = false;  // there is a bar on the terminal
  int64_t first_done_ = 0;
  int64_t last_done_ = 0;
  int64_t began_ms_ = 0;
  int64_t shown_ms_ = 0;
};

// What is known of something that is under way.
struct ProgressState {
  int64_t done = 0;
  int64_t total = 0;
  int64_t step = 0;  // done since `elapsed_ms` ago
  int64_t elapsed_ms = 0;
};

// "snapshot [######--------------] 1200/4000 30% 400/s, 0:07 left", of one line.
std::string ProgressBar(const std::string &what, const ProgressState &state);
// "progress: what=snapshot done=1200 total=4000 percent=30 per_second=400 seconds_left=7"
std::string ProgressLine(const std::string &what, const ProgressState &state);

}  // namespace shipper
