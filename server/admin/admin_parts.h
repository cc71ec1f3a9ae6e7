// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "api/certificates.h"
#include "api/stream_list.h"
#include "base/clock.h"
#include "feed/commit_times.h"
#include "feed/disk_readers.h"
#include "feed/feed.h"
#include "feed/subscriptions.h"
#include "ingest/ingest.h"
#include "listener/connections.h"
#include "mirror/mirror_control.h"
#include "snapshot/snapshots.h"

namespace millrace::admin {

// The parts that operators query and control. All must outlive their users.
struct AdminParts {
  const ingest::Ingest& ingest;
  const feed::Feed& feed;
  const feed::Subscriptions& subscriptions;
  const api::StreamList& streams;
  listener::Connections& connections;
  snapshot::Snapshots& snapshots;
  feed::DiskReaders& disk;
  feed::CommitTimes& commit_times;
  mirror::MirrorControl* mirror = nullptr;          // null: no mirror
  const api::Certificates* certificates = nullptr;  // null: no certificates
  const Clock& clock;
};

}  // namespace millrace::admin
