#include "runs/run_log.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

namespace shipper {

namespace {

constexpr size_t kMost = 256 * 1024;

}  // namespace

class RunLog::Listener : public spdlog::sinks::base_sink<std::mutex> {
 public:
  size_t size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return text_.size();
  }

  std::string Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (left_out_ > 0) text_ += "… " + std::to_string(left_out_) + " more lines\n";
    left_out_ = 0;
    return std::exchange(text_, {});
  }

 protected:
  void sink_it_(const spdlog::details::log_msg &message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (text_.size() + line.size() > kMost)
      ++left_out_;
    else
      text_.append(line.data(), line.size());
  }
  void flush_() override {}

 private:
  std::string text_;
  long left_out_ = 0;
};

RunLog::RunLog() : listener_(std::make_shared<Listener>()) {
  listener_->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  spdlog::default_logger()->sinks().push_back(listener_);
}

RunLog::~RunLog() {
  auto &sinks = spdlog::default_logger()->sinks();
  sinks.erase(std::remove(sinks.begin(), sinks.end(), listener_), sinks.end());
}

size_t RunLog::size() const { return listener_->size(); }

std::string RunLog::Take() { return listener_->Take(); }

}  // namespace shipper
