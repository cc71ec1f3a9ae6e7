// SPDX-License-Identifier: Apache-2.0

#include "admin/metrics_endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "admin/metrics_families.h"
#include "admin/status_reading.h"
#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "prometheus/collectable.h"

namespace millrace::admin {
namespace {

// Prometheus scrapes rarely. A client that connects and sends nothing occupies a thread until the
// timeout.
constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMs[] = "2000";
constexpr absl::Duration kWakeInterval = absl::Milliseconds(5);

class Page final : public prometheus::Collectable {
 public:
  explicit Page(MetricsEndpoint::Collect collect) : collect_(std::move(collect)) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return collect_(); }

 private:
  const MetricsEndpoint::Collect collect_;
};

struct LimitsAndLock {
  absl::Mutex mutex;
  SeriesLimits limits ABSL_GUARDED_BY(mutex);
};

absl::Status ListenFailed(const std::string& listen, std::string_view why) {
  return MakeError(
      reason::kListenFailed,
      fmt::format("cannot serve metrics on {}: the address is in use or not local; change or clear "
                  "metrics.listen, or find the process that uses it with "
                  "ss -ltnp ({})",
                  listen, why));
}

// The host in `host:port` or `[host]:port`.
std::string HostOf(const std::string& listen) {
  const std::string host = listen.substr(0, listen.rfind(':'));
  return host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(
    const MetricsOptions& options, Collect collect) {
  std::unique_ptr<MetricsEndpoint> endpoint(
      new MetricsEndpoint(std::make_shared<Page>(std::move(collect))));
  MILLRACE_RETURN_IF_ERROR(endpoint->Listen(options));
  return endpoint;
}

absl::Status MetricsEndpoint::Listen(const MetricsOptions& options) {
  try {
    exposer_ = std::make_unique<prometheus::Exposer>(
        std::vector<std::string>{"listening_ports", options.listen, "num_threads", kThreads,
                                 "request_timeout_ms", kRequestTimeoutMs});
  } catch (const std::exception& exception) {
    return ListenFailed(options.listen, exception.what());
  }
  const std::vector<int> ports = exposer_->GetListeningPorts();
  if (ports.empty()) return ListenFailed(options.listen, "no port is bound");
  exposer_->RegisterCollectable(page_, "/metrics");
  host_ = HostOf(options.listen);
  port_ = ports.front();
  return absl::OkStatus();
}

// Connects and sends nothing. The web server checks whether it must stop only after it accepts a
// connection, or every two seconds.
void MetricsEndpoint::WakeAcceptLoop() const {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* addresses = nullptr;
  if (getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &addresses) != 0) return;
  const int fd =
      socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd >= 0) {
    static_cast<void>(connect(fd, addresses->ai_addr, addresses->ai_addrlen));
    close(fd);
  }
  freeaddrinfo(addresses);
}

MetricsEndpoint::~MetricsEndpoint() { StopWithin(absl::InfiniteDuration()); }

void MetricsEndpoint::RequestStop() {
  if (stopper_.joinable() || ended_.HasBeenNotified()) return;
  stopper_ = std::thread([this] {
    exposer_.reset();
    ended_.Notify();
  });
}

bool MetricsEndpoint::StopWithin(absl::Duration timeout) {
  RequestStop();
  const absl::Time deadline = absl::Now() + timeout;
  while (!ended_.WaitForNotificationWithTimeout(kWakeInterval)) {
    if (absl::Now() >= deadline) return false;
    WakeAcceptLoop();
  }
  if (stopper_.joinable()) stopper_.join();
  return true;
}

MetricsEndpoint::Collect CollectFrom(const AdminParts& parts) {
  return [parts, shared = std::make_shared<LimitsAndLock>()] {
    const StatusReading reading = ReadStatus(parts, absl::Now() + kStatusDiskTimeMax);
    absl::MutexLock lock(&shared->mutex);
    return MetricFamilies(reading, shared->limits);
  };
}

}  // namespace millrace::admin
