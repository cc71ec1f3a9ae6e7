// SPDX-License-Identifier: Apache-2.0

// Follows one table, prints each changed row, and stores the token in a file.
//
//   tail_customers 127.0.0.1:7171 inventory.customers customers.token
#include <cstdio>
#include <fstream>
#include <iostream>

#include "millrace/client.h"
#include "millrace/row_text.h"
#include "millrace/row_types.h"

namespace {

using millrace::client::Client;

absl::Status Handle(const millrace::v1::Change& change, millrace::client::RowTypes& types) {
  std::cout << change.sequence() << ' ' << millrace::v1::Operation_Name(change.operation());
  if (change.has_after()) {
    const auto row = types.UnpackAfter(change);
    if (!row.ok()) return row.status();
    for (const auto& column : millrace::client::RowText(**row)) {
      std::cout << ' ' << column.column << '=' << column.text;
    }
  }
  std::cout << '\n';
  return absl::OkStatus();
}

// Replaces the token file atomically, so that a crash leaves the old or the new token. A program
// with a database stores the token there, in the same transaction as the effect of the changes.
bool StoreToken(const std::string& path, const std::string& token) {
  std::ofstream file(path + ".new");
  file << token << std::flush;
  return file.good() && std::rename((path + ".new").c_str(), path.c_str()) == 0;
}

absl::Status Follow(const std::string& address, const std::string& table, const std::string& path) {
  const auto client = Client::Connect({.address = address});
  if (!client.ok()) return client.status();
  millrace::client::SubscribeOptions options;
  options.request.add_tables(table);
  if (std::string token; std::ifstream(path) >> token) options.request.set_resume_token(token);
  const auto subscription = (*client)->Subscribe(options);
  millrace::client::RowTypes types(client->get());
  while (true) {
    const auto batch = subscription->Next();
    if (!batch.ok()) return batch.status();
    if (!batch->has_value()) return absl::OkStatus();
    for (const auto& transaction : (*batch)->transactions()) {
      for (const auto& change : transaction.changes()) {
        if (const absl::Status handled = Handle(change, types); !handled.ok()) return handled;
      }
    }
    std::cout << std::flush;
    if (!StoreToken(path, (*batch)->resume_token()))
      return absl::UnknownError("cannot store token");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: tail_customers HOST:PORT DATABASE.TABLE TOKEN_FILE\n";
    return 2;
  }
  const absl::Status ended = Follow(argv[1], argv[2], argv[3]);
  if (ended.ok()) return 0;
  std::cerr << ended.ToString() << '\n';
  return 1;
}
