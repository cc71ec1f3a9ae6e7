#pragma once

#include "api/stream_list.h"
#include "base/clock.h"
#include "feed/feed.h"
#include "feed/subscriptions.h"
#include "ingest/ingest.h"
#include "metrics/rate_meter.h"
#include "millrace/v1/admin.grpc.pb.h"

namespace millrace::admin {

// The Admin service. Called by gRPC on threads of its own.
class AdminService final : public v1::Admin::CallbackService {
 public:
  // All must outlive it.
  struct Parts {
    const ingest::Ingest& ingest;
    const feed::Feed& feed;
    const feed::Subscriptions& subscriptions;
    const api::StreamList& streams;
    const Clock& clock;
  };
  explicit AdminService(const Parts& parts);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;

 private:
  void FillSource(v1::SourceStatus& source);
  void FillLog(v1::LogStatus& log) const;
  void FillTables(v1::GetStatusResponse& response) const;
  void FillSubscriptions(v1::GetStatusResponse& response) const;
  void FillLag(uint64_t passed, v1::SubscriptionStatus& status) const;

  const Parts parts_;
  const Micros start_time_;
  RateMeter changes_;
  RateMeter bytes_;
};

}  // namespace millrace::admin
