// SPDX-License-Identifier: Apache-2.0

#include "kafka/mirror.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/reason.h"
#include "fmt/format.h"
#include "kafka/client_settings.h"
#include "kafka/errors.h"
#include "spdlog/spdlog.h"

namespace millrace::kafka {
namespace {

constexpr size_t kReadBytesMax = 1 << 20;
// The clock is looked at once in so many changes.
constexpr uint32_t kChangesPerLook = 64;

std::string NewInstance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

// Who tells of borders of transactions must see all of them.
ChangeReader::Scope ScopeOf(const KafkaOptions& options) {
  const bool borders =
      options.format == KafkaFormat::kDebeziumJson && options.debezium.provide_transaction_metadata;
  return borders ? ChangeReader::Scope::kAll : ChangeReader::Scope::kMirrored;
}

absl::Status PositionError(const Reason& reason, std::string_view what) {
  return MakeError(reason,
                   fmt::format("{}; `millrace mirror rewind` to the place to go on from, then "
                               "`millrace mirror resume`",
                               what));
}

// What a place that is not in the log means for the mirror.
absl::Status AsPositionError(const absl::Status& status) {
  if (HasReason(status, reason::kTokenTrimmed)) {
    return PositionError(
        reason::kMirrorPositionTrimmed,
        fmt::format("the mirror's position has been trimmed: {}", std::string(status.message())));
  }
  if (HasReason(status, reason::kTokenAhead)) {
    return PositionError(
        reason::kMirrorPositionAhead,
        fmt::format("Kafka has more than this log: {}", std::string(status.message())));
  }
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Mirror>> Mirror::Make(const Parts& parts) {
  MILLRACE_RETURN_IF_ERROR(CheckClientSettings(parts.options));
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Routes> routes,
                            Routes::Make(parts.options, parts.registry));
  std::unique_ptr<Mirror> mirror(new Mirror(parts, std::move(routes)));
  MILLRACE_RETURN_IF_ERROR(mirror->MakeEncoder());
  return mirror;
}

Mirror::Mirror(const Parts& parts, std::unique_ptr<Routes> routes)
    : options_(parts.options),
      feed_(parts.feed),
      registry_(parts.registry),
      clock_(parts.clock),
      routes_(std::move(routes)),
      make_encoder_(parts.make_encoder),
      instance_(NewInstance()),
      progress_(parts.clock),
      reader_(parts.registry, *routes_, ScopeOf(parts.options)) {}

absl::Status Mirror::MakeEncoder() {
  MILLRACE_ASSIGN_OR_RETURN(
      encoder_, make_encoder_({.options = options_, .registry = registry_, .routes = *routes_}));
  return absl::OkStatus();
}

Mirror::~Mirror() {
  StopWithin(absl::InfiniteDuration());
  if (started_) feed_.RemoveListener(this);
}

void Mirror::Start() {
  started_ = true;
  feed_.AddListener(this);
  thread_ = std::thread([this] { Run(); });
}

void Mirror::RequestStop() {
  absl::MutexLock lock(&mutex_);
  stopping_.store(true);
  wake_.SignalAll();
}

bool Mirror::StopWithin(absl::Duration timeout) {
  RequestStop();
  if (!thread_.joinable()) return true;
  if (!ended_.WaitForNotificationWithTimeout(timeout)) return false;
  thread_.join();
  return true;
}

void Mirror::Run() {
  while (WaitUntilWanted()) {
    const absl::Status status = RunSession();
    connected_.store(false);
    if (!status.ok() && !IsInterrupted(status)) HandleFailure(status);
  }
  AnswerRewind(Stopping());
  ended_.Notify();
}

absl::Status Mirror::RunSession() {
  Session session;
  MILLRACE_RETURN_IF_ERROR(Connect(session));
  // Who is being moved does not mind where it was.
  if (!RewindIsPending()) {
    MILLRACE_RETURN_IF_ERROR(TakePosition(session));
  }
  while (true) {
    switch (WaitForWish()) {
      case Wish::kStop:
        return Interrupted();
      case Wish::kNothing:
        rd_kafka_poll(session.producer->client(), 0);
        break;
      case Wish::kRewind:
        MILLRACE_RETURN_IF_ERROR(DoRewind(session));
        break;
      case Wish::kSend:
        MILLRACE_RETURN_IF_ERROR(SendChanges(session));
        break;
    }
  }
}

absl::Status Mirror::Connect(Session& session) {
  MILLRACE_RETURN_IF_ERROR(MakeEncoder());
  MILLRACE_RETURN_IF_ERROR(CheckOwner());
  MILLRACE_ASSIGN_OR_RETURN(
      session.producer, Producer::Open({.options = options_, .clock = clock_, .waiter = *this}));
  session.topics =
      std::make_unique<Topics>(session.producer->client(), options_, static_cast<Waiter&>(*this),
                               [this](const std::string& topic, const std::string& warning) {
                                 if (progress_.Warn(topic, warning))
                                   spdlog::warn("kafka {} topic={}", warning, topic);
                               });
  MILLRACE_RETURN_IF_ERROR(session.topics->Load());
  return session.topics->Use(PositionTopic(options_.topic_prefix)).status();
}

// Opening a producer shuts out any other: to be done only where none has taken our place.
absl::Status Mirror::CheckOwner() {
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(take_over_, false)) owner_ = false;
  }
  if (!owner_) return absl::OkStatus();
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, ReadPosition(options_, clock_, *this));
  if (!stored.has_value() || stored->instance == instance_) return absl::OkStatus();
  return KafkaError(RD_KAFKA_RESP_ERR__FENCED, "connecting to Kafka",
                    "the position there was written by another mirror");
}

absl::Status Mirror::TakePosition(Session& session) {
  MILLRACE_ASSIGN_OR_RETURN(const auto stored, ReadPosition(options_, clock_, *this));
  auto place = FindPlace(stored);
  if (!place.ok()) {
    progress_.SetPassed(std::nullopt);
    return place.status();
  }
  passed_ = read_ = *place;
  last_frame_ = nullptr;
  progress_.SetPassed(passed_);
  Batch batch(*session.producer, *session.topics);
  MILLRACE_RETURN_IF_ERROR(CommitAt(passed_, session, batch));
  spdlog::info("kafka mirror runs prefix={} after={} newest={}", options_.topic_prefix,
               passed_.value, feed_.range().newest.value);
  return absl::OkStatus();
}

absl::StatusOr<Sequence> Mirror::FindPlace(const std::optional<MirrorPosition>& stored) {
  const log::Range range = feed_.range();
  if (!stored.has_value()) {
    if (owner_) {
      return PositionError(reason::kMirrorPositionLost,
                           fmt::format("topic {} held the mirror's position and is empty now",
                                       PositionTopic(options_.topic_prefix)));
    }
    if (options_.start == KafkaStart::kLatest) return range.newest;
    return Sequence{range.oldest.value - 1};
  }
  if (stored->log_id != feed_.log().log_id()) {
    return PositionError(
        reason::kMirrorPositionForeign,
        fmt::format("the mirror's position in Kafka is after change {} of log {}, this is log {}",
                    stored->sequence.value, LogIdText(stored->log_id),
                    LogIdText(feed_.log().log_id())));
  }
  const auto place = feed::ResolveSequence(feed_, stored->sequence);
  if (!place.ok()) return AsPositionError(place.status());
  if (owner_ && stored->sequence < passed_) {
    progress_.Warn("position", fmt::format("Kafka lost what it had committed: the position went "
                                           "back from {} to {}",
                                           passed_.value, stored->sequence.value));
  }
  return stored->sequence;
}

absl::Status Mirror::SendChanges(Session& session) {
  Batch batch(*session.producer, *session.topics);
  absl::Status status = FillBatch(batch);
  if (status.ok()) status = AddHeartbeat(batch);
  if (status.ok()) {
    const bool quiet = clock_.SteadyMicros() - committed_at_ < kQuietPeriod;
    if (!batch.begun() && quiet) return status;
    status = CommitAt(read_, session, batch);
  }
  if (status.ok()) return status;
  if (batch.begun()) progress_.CountAbort();
  session.producer->Abort();
  return AsPositionError(status);
}

absl::Status Mirror::FillBatch(Batch& batch) {
  const Micros deadline = clock_.SteadyMicros() + options_.transaction.time_max;
  bool full = false;
  while (!full) {
    MILLRACE_ASSIGN_OR_RETURN(const std::vector<feed::FramePtr> frames,
                              feed_.Read(read_.next(), kReadBytesMax));
    if (frames.empty()) break;
    for (const feed::FramePtr& frame : frames) {
      if (ShouldStop()) return Interrupted();
      MILLRACE_RETURN_IF_ERROR(TakeFrame(frame, deadline, batch, full));
      if (full) break;
    }
  }
  return absl::OkStatus();
}

absl::Status Mirror::TakeFrame(const feed::FramePtr& frame, Micros deadline, Batch& batch,
                               bool& full) {
  const KafkaTransactionOptions& limits = options_.transaction;
  reader_.Open(frame, read_.next());
  for (uint32_t changes = 1; !full; ++changes) {
    MILLRACE_ASSIGN_OR_RETURN(const ChangeView* change, reader_.Next());
    if (change == nullptr) break;
    batch.About(*change);
    MILLRACE_RETURN_IF_ERROR(encoder_->Encode(*change, batch));
    full = batch.records() >= limits.records_max || batch.bytes() >= limits.bytes_max ||
           (changes % kChangesPerLook == 0 && clock_.SteadyMicros() >= deadline);
  }
  read_ = reader_.passed();
  last_frame_ = frame;
  full = full || clock_.SteadyMicros() >= deadline;
  return absl::OkStatus();
}

absl::Status Mirror::AddHeartbeat(Batch& batch) {
  if (!HeartbeatIsDue()) return absl::OkStatus();
  heartbeat_at_ = clock_.SteadyMicros();
  batch.AboutNothing();
  return encoder_->Heartbeat(clock_.WallMicros(), batch);
}

absl::Status Mirror::CommitAt(Sequence passed, Session& session, Batch& batch) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string text, PositionTextAt(passed));
  const std::string topic = PositionTopic(options_.topic_prefix);
  const std::string key = PositionKey(options_);
  RecordView record;
  record.topic = topic;
  record.key = key;
  record.value = text;
  MILLRACE_RETURN_IF_ERROR(batch.AddPosition(record));
  MILLRACE_RETURN_IF_ERROR(session.producer->Commit());
  passed_ = passed;
  owner_ = true;
  committed_at_ = clock_.SteadyMicros();
  failures_ = 0;
  logged_reason_.clear();
  progress_.CountCommit(batch.counts(), passed);
  connected_.store(true);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Mirror::PositionTextAt(Sequence passed) const {
  const bool at_hand =
      last_frame_ != nullptr && passed >= last_frame_->first() && passed <= last_frame_->last();
  const uint64_t log_id = feed_.log().log_id();
  MILLRACE_ASSIGN_OR_RETURN(const Token token, at_hand
                                                   ? feed::TokenAfter(log_id, *last_frame_, passed)
                                                   : feed::TokenAfter(feed_, passed));
  return PositionText({.log_id = log_id,
                       .sequence = passed,
                       .resume_token = token.ToString(),
                       .instance = instance_,
                       .time = clock_.WallMicros()});
}

absl::Status Mirror::DoRewind(Session& session) {
  Sequence after;
  {
    absl::MutexLock lock(&mutex_);
    if (!rewind_.has_value()) return absl::OkStatus();
    after = rewind_->after;
  }
  last_frame_ = nullptr;
  Batch batch(*session.producer, *session.topics);
  MILLRACE_RETURN_IF_ERROR(CommitAt(after, session, batch));
  read_ = after;
  spdlog::info("kafka mirror was moved prefix={} after={}", options_.topic_prefix, after.value);
  {
    absl::MutexLock lock(&mutex_);
    // What parked it may be mended now, but going on was not asked for.
    if (std::exchange(parked_, false)) paused_ = true;
  }
  AnswerRewind(absl::OkStatus());
  return absl::OkStatus();
}

}  // namespace millrace::kafka
