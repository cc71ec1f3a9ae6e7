// SPDX-License-Identifier: Apache-2.0

// The calls of the Admin service for the mirror in Kafka.

#include "admin/admin_service.h"
#include "admin/mirror_message.h"
#include "api/disk_calls.h"
#include "api/error_map.h"
#include "base/error.h"
#include "base/reason.h"
#include "feed/position.h"
#include "model/token.h"

namespace millrace::admin {
namespace {

absl::Status NoMirror() {
  return MakeError(reason::kMirrorDisabled,
                   "this server has no mirror; set kafka.enabled and kafka.brokers in its "
                   "configuration and restart it");
}

// Finishes a call that returns the mirror's status; `mirror` may be null. `reactor` is that of the
// context, which returns it only once.
template <typename Response>
void Finish(grpc::CallbackServerContext* context, grpc::ServerUnaryReactor* reactor,
            const mirror::MirrorControl* mirror, const absl::Status& status, Response& response) {
  if (status.ok()) *response.mutable_mirror() = MirrorMessage(mirror->Status());
  reactor->Finish(api::ToGrpc(status, *context));
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::PauseMirror(grpc::CallbackServerContext* context,
                                                    const v1::PauseMirrorRequest* request,
                                                    v1::PauseMirrorResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (parts_.mirror != nullptr) parts_.mirror->Pause();
  Finish(context, reactor, parts_.mirror, parts_.mirror != nullptr ? absl::OkStatus() : NoMirror(),
         *response);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ResumeMirror(grpc::CallbackServerContext* context,
                                                     const v1::ResumeMirrorRequest* request,
                                                     v1::ResumeMirrorResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (parts_.mirror != nullptr) parts_.mirror->Resume();
  Finish(context, reactor, parts_.mirror, parts_.mirror != nullptr ? absl::OkStatus() : NoMirror(),
         *response);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::RewindMirror(grpc::CallbackServerContext* context,
                                                     const v1::RewindMirrorRequest* request,
                                                     v1::RewindMirrorResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  mirror::MirrorControl* const mirror = parts_.mirror;
  if (mirror == nullptr) {
    Finish(context, reactor, mirror, NoMirror(), *response);
    return reactor;
  }
  const auto token = Token::Parse(request->resume_token());
  if (!token.ok()) {
    Finish(context, reactor, mirror, token.status(), *response);
    return reactor;
  }
  const auto rewind = [this, context, reactor, mirror, response,
                       token = *token](feed::DiskReaders::Admission admission) {
    absl::Status resolved = api::RefusalOf(admission);
    if (resolved.ok()) resolved = feed::CheckResolves(parts_.feed, token, feed::ReadFrom::kDisk);
    if (!resolved.ok()) return Finish(context, reactor, mirror, resolved, *response);
    mirror->Rewind(token, [context, reactor, mirror, response](const absl::Status& status) {
      Finish(context, reactor, mirror, status, *response);
    });
  };
  parts_.disk.Post(feed::DiskReaders::Caller::kCall, rewind);
  return reactor;
}

}  // namespace millrace::admin
