// SPDX-License-Identifier: Apache-2.0

#include "tail.h"

#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <limits>
#include <memory>
#include <utility>

#include "change_json.h"
#include "change_line.h"
#include "explain.h"
#include "fmt/format.h"
#include "matched_tables.h"
#include "millrace/row_types.h"
#include "token_file.h"

namespace millrace::command {
namespace {

// Formats batches as text.
class Printer {
 public:
  Printer(const Session& session, const TailOptions& options)
      : json_(options.json),
        line_({session.colour, options.full}),
        types_(session.client, client::RowTypes::Names::kAtSequence) {}

  // Appends up to `changes_max` changes to `out`; adds their number to `printed`.
  absl::Status Append(const client::Batch& batch, uint64_t changes_max, std::string& out,
                      uint64_t& printed) {
    const int last = batch.transactions().size() - 1;
    for (int i = 0; i <= last; ++i) {
      const v1::Transaction& transaction = batch.transactions().Get(i);
      if (transaction.changes().empty()) continue;
      if (changes_max == 0) return absl::OkStatus();
      if (!json_ && !continues_) out += line_.Header(transaction, absl::Now());
      continues_ = transaction.more();
      for (const v1::Change& change : transaction.changes()) {
        if (changes_max-- == 0) return absl::OkStatus();
        ++printed;
        const bool is_last = i == last && &change == &*transaction.changes().rbegin();
        const absl::Status appended =
            AppendChange(transaction, change, is_last ? batch.resume_token() : std::string(), out);
        if (!appended.ok()) return appended;
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AppendChange(const v1::Transaction& transaction, const v1::Change& change,
                            const std::string& token, std::string& out) {
    if (json_) {
      AppendChangeJson(transaction, change, token, out);
      return absl::OkStatus();
    }
    const auto unpacked = types_.UnpackRows(change);
    if (!unpacked.ok()) return unpacked.status();
    const auto& [before, after] = *unpacked;
    ChangeLine::Rows rows;
    if (before != nullptr) {
      rows.before = client::RowText(*before, change, client::RowSide::kBefore);
    }
    if (after != nullptr) rows.after = client::RowText(*after, change, client::RowSide::kAfter);
    out += line_.Line(change, rows);
    return absl::OkStatus();
  }

  const bool json_;
  ChangeLine line_;
  client::RowTypes types_;
  bool continues_ = false;
};

// Returns the token to start from. Resolves every start but a stored token once, so that an
// unreachable server is reported at once and a lost connection does not move the start. Returns
// nothing for a start at the current rows, which have no token.
absl::StatusOr<std::optional<std::string>> StartToken(const Session& session,
                                                      const TailOptions& options,
                                                      const std::optional<TokenFile>& file) {
  if (file.has_value()) {
    const auto stored = file->Load();
    if (!stored.ok()) return stored.status();
    if (stored->has_value()) return *stored;
  }
  const bool rows_first = options.from.kind == Place::Kind::kSnapshot;
  const auto position = Resolve(rows_first ? Place() : options.from, *session.client);
  if (!position.ok()) return position.status();
  if (rows_first) return std::nullopt;
  if (file.has_value()) {
    const absl::Status kept = file->Store(position->resume_token());
    if (!kept.ok()) return kept;
  }
  return position->resume_token();
}

std::string DefaultClientName() {
  constexpr size_t kHostBytesMax = 64;  // HOST_NAME_MAX of Linux
  char host[kHostBytesMax + 1] = {};
  if (gethostname(host, kHostBytesMax) != 0) return "millrace tail";
  // A host name may contain any bytes, a client name only printable text.
  for (char* c = host; *c != 0; ++c) {
    if (std::isalnum(static_cast<unsigned char>(*c)) == 0 && *c != '.' && *c != '-') *c = '_';
  }
  return fmt::format("millrace tail@{}", host);
}

absl::StatusOr<client::SubscribeOptions> MakeSubscription(const Session& session,
                                                          const TailOptions& options,
                                                          const std::optional<std::string>& token) {
  client::SubscribeOptions result;
  v1::SubscribeRequest& request = result.request;
  if (token.has_value()) {
    request.set_resume_token(*token);
  } else {
    request.set_at(v1::START_POINT_SNAPSHOT);
  }
  request.set_client_name(options.client_name.empty() ? DefaultClientName() : options.client_name);
  request.mutable_tables()->Add(options.tables.begin(), options.tables.end());
  for (const v1::Operation operation : options.operations) request.add_operations(operation);
  request.set_row_encoding(options.json ? v1::ROW_ENCODING_JSON : v1::ROW_ENCODING_TYPED);
  if (options.until.has_value()) {
    const auto until = Resolve(*options.until, *session.client);
    if (!until.ok()) return until.status();
    request.set_until_token(until->resume_token());
  }
  // Shorter than the library's default, since a user is watching.
  result.retry.backoff_max = absl::Seconds(2);
  const Paint paint(ColourWanted(STDERR_FILENO));
  result.on_retry = [paint, address = session.address](const absl::Status& failure,
                                                       absl::Duration wait) {
    fmt::print(stderr, "{}\n", paint(Tone::kDim, "millrace: " + RetryNote(failure, address, wait)));
  };
  return result;
}

absl::Status PrintStream(client::Subscription& subscription, Printer& printer,
                         const std::optional<TokenFile>& file, uint64_t limit) {
  const uint64_t changes_max = limit == 0 ? std::numeric_limits<uint64_t>::max() : limit;
  uint64_t printed = 0;
  std::string text;
  while (printed < changes_max) {
    const auto batch = subscription.Next();
    if (!batch.ok()) return batch.status();
    if (!batch->has_value()) return absl::OkStatus();
    // A token covers a whole batch, so a token file requires whole batches.
    const uint64_t batch_max =
        file.has_value() ? std::numeric_limits<uint64_t>::max() : changes_max - printed;
    text.clear();
    const absl::Status appended = printer.Append(**batch, batch_max, text, printed);
    if (const absl::Status shown = Print(text); !shown.ok()) return shown;
    if (!appended.ok()) return appended;
    if (!file.has_value()) continue;
    if (const absl::Status kept = file->Store((*batch)->resume_token()); !kept.ok()) return kept;
  }
  return absl::OkStatus();
}

// A pattern may be for future tables, or a mistake. The server itself refuses unknown plain names
// and malformed patterns.
void WarnUnmatched(const Session& session, const std::vector<std::string>& patterns) {
  const auto unmatched = UnmatchedPatterns(*session.client, patterns);
  if (!unmatched.ok()) return;
  const Paint paint(ColourWanted(STDERR_FILENO));
  for (const std::string& pattern : *unmatched) {
    const std::string note = fmt::format(
        "millrace: the server knows no table that matches {} yet, changes appear as soon as it "
        "does",
        Printable(pattern));
    fmt::print(stderr, "{}\n", paint(Tone::kYellow, note));
  }
}

}  // namespace

absl::Status Tail(const Session& session, const TailOptions& options) {
  std::optional<TokenFile> file;
  if (!options.token_file.empty()) file.emplace(options.token_file);
  const auto token = StartToken(session, options, file);
  if (!token.ok()) return token.status();
  auto made = MakeSubscription(session, options, *token);
  if (!made.ok()) return made.status();
  // Batches are not cut with a token file, so small responses limit the changes beyond --limit.
  if (options.limit != 0 && file.has_value()) made->request.set_max_response_bytes(1024);
  WarnUnmatched(session, options.tables);
  const std::unique_ptr<client::Subscription> subscription =
      session.client->Subscribe(*std::move(made));
  session.interrupt->OnSignal([&subscription] { subscription->Cancel(); });
  Printer printer(session, options);
  absl::Status ended = PrintStream(*subscription, printer, file, options.limit);
  session.interrupt->OnSignal(nullptr);
  if (absl::IsCancelled(ended) && session.interrupt->signalled()) return absl::OkStatus();
  return ended;
}

}  // namespace millrace::command
