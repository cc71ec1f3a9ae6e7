// SPDX-License-Identifier: Apache-2.0

#include "admin/mirror_message.h"

#include "google/protobuf/util/time_util.h"

namespace millrace::admin {
namespace {

using mirror::MirrorState;

v1::MirrorStatus::State MirrorStateMessage(MirrorState state) {
  switch (state) {
    case MirrorState::kConnecting:
      return v1::MirrorStatus::STATE_CONNECTING;
    case MirrorState::kRunning:
      return v1::MirrorStatus::STATE_RUNNING;
    case MirrorState::kPaused:
      return v1::MirrorStatus::STATE_PAUSED;
    case MirrorState::kParked:
      return v1::MirrorStatus::STATE_PARKED;
    case MirrorState::kStopping:
      return v1::MirrorStatus::STATE_STOPPING;
  }
  return v1::MirrorStatus::STATE_UNSPECIFIED;
}

}  // namespace

v1::MirrorStatus MirrorMessage(const mirror::MirrorStatus& status) {
  v1::MirrorStatus message;
  message.set_topic_prefix(status.topic_prefix);
  message.set_format(status.format);
  message.set_state(MirrorStateMessage(status.state));
  message.set_error(status.error);
  message.set_error_reason(status.error_reason);
  for (const std::string& warning : status.warnings) message.add_warnings(warning);
  if (status.sequence.has_value()) message.set_sequence(status.sequence->value);
  message.set_lag_changes(status.lag_changes);
  if (status.lag.has_value()) {
    *message.mutable_lag() = google::protobuf::util::TimeUtil::MicrosecondsToDuration(*status.lag);
  }
  message.set_records(status.records);
  message.set_records_per_second(status.records_per_second);
  message.set_transactions(status.transactions);
  message.set_transactions_aborted(status.transactions_aborted);
  for (const mirror::MirrorStatus::Topic& topic : status.topics) {
    v1::MirrorTopic& added = *message.add_topics();
    added.set_topic(topic.name);
    added.set_records(topic.records);
  }
  return message;
}

}  // namespace millrace::admin
