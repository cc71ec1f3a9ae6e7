// SPDX-License-Identifier: Apache-2.0

#include "base/logging.h"

#include <chrono>
#include <memory>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace millrace {
namespace {

// Writes one JSON object per line: time, level, message.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    const auto level = spdlog::level::to_string_view(message.level);
    const nlohmann::json line = {
        {"time_us", duration_cast<microseconds>(message.time.time_since_epoch()).count()},
        {"level", std::string(level.data(), level.size())},
        {"message", std::string(message.payload.data(), message.payload.size())}};
    // A statement's text can contain bytes that are not UTF-8: replace them.
    const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

absl::Status SetUpLogging(const LoggingOptions& options) {
  const auto level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off && options.level != "off") {
    return absl::InvalidArgumentError(fmt::format(
        "logging.level is '{}': use trace, debug, info, warning, error or off", options.level));
  }
  auto logger = std::make_shared<spdlog::logger>(
      "millrace", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  if (options.format == "json") {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else if (options.format == "text") {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %^%l%$ %v");
  } else {
    return absl::InvalidArgumentError(
        fmt::format("logging.format is '{}': use text or json", options.format));
  }
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

}  // namespace millrace
