// SPDX-License-Identifier: Apache-2.0

#include "errors_document.h"

#include "base/reason.h"
#include "fmt/format.h"

namespace millrace {
namespace {

constexpr char kHeader[] = R"(# Errors

Generated from `server/base/reasons.inc`. After a change there, run `architecture_test` with
`MILLRACE_WRITE_DOCUMENTS=1` in the environment.

Every error has a reason that stays the same in all versions, and a message that says what
happened, where and what to do.

- **Calls.** The status carries an `ErrorDetail` in the trailing metadata `millrace-error-bin`.
  Branch on its `reason`, never on the text. `millrace` and `millraced` print the reason in
  brackets after the message. The client library retries UNAVAILABLE, STREAM_LIMIT and
  CATCHUP_LIMIT by itself.
- **The feed** shows its error in `millrace status`, in the server's log and in the metric
  `millrace_ingest_error`. If it *waits*, it retries with backoff until the source or an operator
  has solved the problem; `systemctl reload millraced` (SIGHUP) makes it retry at once. If it
  *stops*, solve the problem and restart millraced; ingestion resumes where it stopped. The feed
  retries UNAVAILABLE for every reason.
- **A table of a snapshot** shows its error in `millrace snapshot list --json`. The snapshot
  retries by itself after the codes UNAVAILABLE, ABORTED and DEADLINE_EXCEEDED. After any other
  code the table fails: solve the problem, then `millrace snapshot resume`.
- **The mirror to Kafka** shows its error in `millrace status`, in the server's log and in the
  metric `millrace_kafka_error`. If it *waits*, it retries with backoff. If it *parks*, solve the
  problem, then `millrace mirror resume`. The feed and its readers are not affected.

| reason | code | retried | meaning | what to do |
|---|---|---|---|---|
)";

}  // namespace

std::string ErrorsDocument() {
  std::string text = kHeader;
  for (const Reason* const reason : AllReasons()) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", reason->name,
                        absl::StatusCodeToString(reason->code), reason->retry.text, reason->meaning,
                        reason->remedy);
  }
  return text;
}

}  // namespace millrace
