// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "millrace/subscription.h"
#include "millrace/v1/admin.grpc.pb.h"
#include "millrace/v1/change_feed.grpc.pb.h"

namespace millrace::client {

// Files in PEM format. All may be empty: the client then trusts the system's certificate
// authorities and sends no client certificate.
struct TlsOptions {
  // Trusted certificate authorities for the server's certificate.
  std::string ca_file;
  // Certificate and key of the client; set both or none.
  std::string certificate_file;
  std::string key_file;
  // Name to expect in the server's certificate, if it differs from the name in the address.
  std::string server_name;
};

struct ClientOptions {
  // `host:port`, or any gRPC target such as `unix:/run/millrace.sock`.
  std::string address = "127.0.0.1:7171";
  // Unset: plain text.
  std::optional<TlsOptions> tls;
  // Longest wait for the response of any call but Subscribe.
  absl::Duration call_timeout = absl::Seconds(30);
  // Name of this client for the server's operators: `millrace status` shows it for each
  // subscription whose request sets no client_name. Printable, at most 128 bytes.
  std::string client_name;
};

// Purpose: calls the API of a server and returns errors as absl::Status. One client uses one
// connection for any number of subscriptions.
//
// Example:
//   auto client = Client::Connect({.address = "feed.internal:7171"});
//   if (!client.ok()) return client.status();
//   auto subscription = (*client)->Subscribe(options);
//
// Thread safety: all methods from any thread. Subscriptions may outlive the client.
// Background threads: gRPC's own.
// Errors: those of the API (see ErrorDetailOf). kUnavailable means that the server cannot be
// reached or is not ready. The client does not retry calls; subscriptions do.
class Client {
 public:
  // Creates a client; it connects on the first call.
  // kInvalidArgument: a certificate without its key. kNotFound: a file cannot be read.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const ClientOptions& options);

  // For callers with their own stubs; all others use Connect.
  Client(std::shared_ptr<v1::ChangeFeed::StubInterface> feed,
         std::shared_ptr<v1::Admin::StubInterface> admin, absl::Duration call_timeout,
         std::string client_name = {});

  // Creates a subscription; it contacts the server on its first Next or Open.
  std::unique_ptr<Subscription> Subscribe(SubscribeOptions options) const;

  absl::StatusOr<v1::ListTablesResponse> ListTables(const v1::ListTablesRequest& request) const;
  absl::StatusOr<v1::GetTableResponse> GetTable(const v1::GetTableRequest& request) const;
  absl::StatusOr<v1::GetPositionResponse> GetPosition(const v1::GetPositionRequest& request) const;
  absl::StatusOr<v1::CommitPositionResponse> CommitPosition(
      const v1::CommitPositionRequest& request) const;
  absl::StatusOr<v1::ListSubscriptionsResponse> ListSubscriptions(
      const v1::ListSubscriptionsRequest& request) const;
  absl::StatusOr<v1::DeleteSubscriptionResponse> DeleteSubscription(
      const v1::DeleteSubscriptionRequest& request) const;
  absl::StatusOr<v1::GetStatusResponse> GetStatus(const v1::GetStatusRequest& request) const;
  absl::StatusOr<v1::StartSnapshotResponse> StartSnapshot(
      const v1::StartSnapshotRequest& request) const;
  absl::StatusOr<v1::PauseSnapshotResponse> PauseSnapshot(
      const v1::PauseSnapshotRequest& request) const;
  absl::StatusOr<v1::ResumeSnapshotResponse> ResumeSnapshot(
      const v1::ResumeSnapshotRequest& request) const;
  absl::StatusOr<v1::CancelSnapshotResponse> CancelSnapshot(
      const v1::CancelSnapshotRequest& request) const;
  absl::StatusOr<v1::ListSnapshotsResponse> ListSnapshots(
      const v1::ListSnapshotsRequest& request) const;
  absl::StatusOr<v1::PauseMirrorResponse> PauseMirror(const v1::PauseMirrorRequest& request) const;
  absl::StatusOr<v1::ResumeMirrorResponse> ResumeMirror(
      const v1::ResumeMirrorRequest& request) const;
  absl::StatusOr<v1::RewindMirrorResponse> RewindMirror(
      const v1::RewindMirrorRequest& request) const;

 private:
  const std::shared_ptr<v1::ChangeFeed::StubInterface> feed_;
  const std::shared_ptr<v1::Admin::StubInterface> admin_;
  const absl::Duration call_timeout_;
  const std::string client_name_;
};

}  // namespace millrace::client
