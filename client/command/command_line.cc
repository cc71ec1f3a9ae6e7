// SPDX-License-Identifier: Apache-2.0

#include "command_line.h"

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "completion.h"
#include "explain.h"
#include "fmt/format.h"
#include "grpc_log.h"
#include "interrupt.h"
#include "mirror.h"
#include "position.h"
#include "proto_export.h"
#include "session.h"
#include "snapshot.h"
#include "status.h"
#include "subscriptions.h"
#include "tables.h"
#include "tail.h"

namespace millrace::command {
namespace {

using Action = std::function<absl::Status(const Session&)>;

struct Connection {
  client::ClientOptions options;
  client::TlsOptions tls;
  bool use_tls = false;
  bool no_color = false;
};

// The parsed options of all subcommands, and the action of the chosen one.
struct Arguments {
  Connection connection;
  TailOptions tail;
  StatusOptions status;
  TablesOptions tables;
  SnapshotOptions snapshot;
  MirrorOptions mirror;
  ProtoExportOptions proto_export;
  Place position;
  Place committed;
  std::string subscription;
  bool json = false;
  Action action;
  // The words allowed for options with a fixed set of values, for completion.
  Choices choices;
};

// Adds an option or argument whose value is a place in the log.
CLI::Option* AddPlace(CLI::App& app, const std::string& name, const std::string& help,
                      Arguments& arguments, std::function<void(const Place&)> store) {
  const auto read = [store = std::move(store)](const CLI::results_t& texts) {
    const auto place = ParsePlace(texts.front());
    if (!place.ok()) throw CLI::ValidationError(std::string(place.status().message()));
    store(*place);
    return true;
  };
  CLI::Option* option = app.add_option(name, read, help)->type_name("PLACE");
  arguments.choices[option] = {"earliest", "latest"};
  return option;
}

CLI::App* AddCommand(CLI::App& parent, const char* name, const char* help, Arguments& arguments,
                     Action action) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->fallthrough();
  // CLI11 calls the callback of the innermost subcommand, the chosen one, first.
  command->final_callback([&arguments, action = std::move(action)] {
    if (!arguments.action) arguments.action = action;
  });
  return command;
}

void AddConnection(CLI::App& app, Connection& connection) {
  app.add_option("--server", connection.options.address, "Address of the server")
      ->envname("MILLRACE_SERVER")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_flag("--tls", connection.use_tls,
               "Use TLS with the system's certificate authorities; implied by the options below");
  app.add_option("--ca", connection.tls.ca_file,
                 "Certificate authorities to trust for the server's certificate")
      ->type_name("FILE");
  app.add_option("--cert", connection.tls.certificate_file,
                 "Client certificate to send to the server")
      ->type_name("FILE");
  app.add_option("--key", connection.tls.key_file, "Private key of the client certificate")
      ->type_name("FILE");
  app.add_option("--server-name", connection.tls.server_name,
                 "Name to expect in the server's certificate")
      ->type_name("NAME");
  app.add_flag("--no-color", connection.no_color, "No colours, as with NO_COLOR set");
}

void AddTail(CLI::App& app, Arguments& arguments) {
  TailOptions& tail = arguments.tail;
  CLI::App* command = AddCommand(app, "tail", "Print changes as they happen", arguments,
                                 [&tail](const Session& session) { return Tail(session, tail); });
  const std::map<std::string, v1::Operation> operations = {
      {"insert", v1::OPERATION_INSERT},     {"update", v1::OPERATION_UPDATE},
      {"delete", v1::OPERATION_DELETE},     {"read", v1::OPERATION_READ},
      {"truncate", v1::OPERATION_TRUNCATE}, {"schema", v1::OPERATION_SCHEMA_CHANGE}};
  command
      ->add_option("--tables", tail.tables, "Only these tables: shop.orders, shop.*, !shop.audit")
      ->type_name("PATTERN")
      ->delimiter(',');
  CLI::Option* only =
      command
          ->add_option("--operations", tail.operations,
                       "Only these operations: insert, update, delete, read, truncate, schema")
          ->transform(CLI::Transformer(operations, CLI::ignore_case).description(""))
          ->type_name("OPERATION")
          ->delimiter(',');
  for (const auto& [word, operation] : operations) arguments.choices[only].push_back(word);
  CLI::Option* from =
      AddPlace(*command, "--from",
               std::string("Start at: snapshot (the current rows, then changes), ") + kPlaceForms,
               arguments, [&tail](const Place& place) { tail.from = place; });
  from->default_str("latest");
  arguments.choices[from].push_back("snapshot");
  AddPlace(*command, "--until", "Stop at this place, in the same forms", arguments,
           [&tail](const Place& place) { tail.until = place; });
  command
      ->add_option("--limit", tail.limit,
                   "Stop after N changes; with --token-file, at the next stored token")
      ->type_name("N");
  command->add_flag("--json", tail.json, "Print each change as one line of JSON");
  command->add_flag("--full", tail.full, "Do not cut long values");
  command
      ->add_option("--token-file", tail.token_file,
                   "Store the token in this file; if it exists, resume from it and ignore --from")
      ->type_name("FILE");
  command
      ->add_option("--client-name", tail.client_name,
                   "Name that the server's status shows for this stream; default: millrace "
                   "tail@HOST")
      ->type_name("NAME");
  command->footer(
      "Examples:\n"
      "  millrace tail --from snapshot --tables shop.orders\n"
      "  millrace tail --tables 'shop.*' --operations insert,delete\n"
      "  millrace tail --from 1h --until latest --json | jq .after\n"
      "  millrace tail --token-file ~/orders.token --tables shop.orders");
}

void AddStatus(CLI::App& app, Arguments& arguments) {
  StatusOptions& status = arguments.status;
  CLI::App* command =
      AddCommand(app, "status", "Show the server: source, log, tables, subscriptions", arguments,
                 [&status](const Session& session) { return ShowStatus(session, status); });
  CLI::Option* json = command->add_flag("--json", status.json, "As one JSON object");
  command->add_flag("--watch", status.watch, "Refresh each second")->excludes(json);
}

void AddTables(CLI::App& app, Arguments& arguments) {
  TablesOptions& tables = arguments.tables;
  CLI::App* command =
      AddCommand(app, "tables", "List captured tables, or the columns of one", arguments,
                 [&tables](const Session& session) { return ShowTables(session, tables); });
  command
      ->add_option("pattern", tables.patterns,
                   "Tables to list, or one DATABASE.TABLE whose columns to show")
      ->type_name("PATTERN");
  command->add_flag("--json", tables.json, "As one JSON object");
}

void AddProto(CLI::App& app, Arguments& arguments) {
  ProtoExportOptions& options = arguments.proto_export;
  CLI::App* proto = app.add_subcommand("proto", "Work with the row types of tables");
  proto->fallthrough();
  proto->require_subcommand(1);
  CLI::App* command = AddCommand(
      *proto, "export", "Write .proto files that protoc compiles, for code generation", arguments,
      [&options](const Session& session) { return ExportProtos(session, options); });
  command->add_option("--out", options.directory, "Directory to write to")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("pattern", options.patterns, "Only these tables")->type_name("PATTERN");
  command->footer(
      "Example:\n"
      "  millrace proto export --out protos 'shop.*'\n"
      "  protoc -I protos --python_out=gen protos/db/shop/orders.proto");
}

void AddSnapshotStart(CLI::App& parent, Arguments& arguments) {
  SnapshotOptions& options = arguments.snapshot;
  CLI::App* start = AddCommand(
      parent, "start", "Read tables into the log, as READ changes, without locks", arguments,
      [&options](const Session& session) { return StartSnapshot(session, options); });
  start->add_option("pattern", options.patterns, "Tables: shop.orders, shop.*, !shop.audit")
      ->type_name("PATTERN")
      ->required();
  start
      ->add_option(
          "--where", options.where,
          "Only rows that meet this condition; each table needs a key and the columns in it")
      ->type_name("CONDITION");
  start
      ->add_option("--key-from", options.key_from,
                   "Only rows whose first key column is at least this: 100, 2026-01-31, text")
      ->type_name("VALUE");
  start->add_option("--key-to", options.key_to, "Only rows whose first key column is below this")
      ->type_name("VALUE");
  start->add_flag("--wait", options.wait, "Show the progress until the snapshot ends");
  start->footer(
      "Examples:\n"
      "  millrace snapshot start 'shop.*' --wait\n"
      "  millrace snapshot start shop.orders --where \"status = 'open' AND total >= 10\"\n"
      "  millrace snapshot start shop.orders --key-from 1000 --key-to 2000 --wait\n"
      "A condition compares columns with literals: = <> < <= > >= <=>, IN (…), BETWEEN … AND …,\n"
      "LIKE '…', IS NULL, each after NOT too; AND, OR, NOT, parentheses. Strings are in single\n"
      "quotes, bytes X'00ff'. A literal must be a value of its column's type. No functions, no "
      "SQL.");
}

void AddSnapshot(CLI::App& app, Arguments& arguments) {
  SnapshotOptions& options = arguments.snapshot;
  const auto action = [&options](auto function) -> Action {
    return [&options, function](const Session& session) { return function(session, options); };
  };
  CLI::App* command = AddCommand(app, "snapshot", "Read the current rows of tables into the log",
                                 arguments, action(ListSnapshots));
  command->add_flag("--json", options.json,
                    "As one JSON object; with --wait and watch, at the end");
  command->require_subcommand(1);
  AddSnapshotStart(*command, arguments);
  AddCommand(*command, "list", "List the running, paused and last ended snapshots", arguments,
             action(ListSnapshots));
  const auto add_named = [&](const char* name, const char* help, Action named) {
    return AddCommand(*command, name, help, arguments, std::move(named))
        ->add_option("name", options.name, "Name of the snapshot: see list")
        ->type_name("NAME");
  };
  add_named("pause", "Pause a snapshot after its current chunk", action(PauseSnapshot))->required();
  add_named("resume", "Resume a paused snapshot, or retry failed tables", action(ResumeSnapshot))
      ->required();
  add_named("cancel", "Cancel a snapshot for good; rows already read stay in the log",
            action(CancelSnapshot))
      ->required();
  add_named("watch",
            "Show the progress of a snapshot, or of all running ones, until they end; fails if a "
            "table failed",
            action(WatchSnapshots));
}

void AddMirror(CLI::App& app, Arguments& arguments) {
  MirrorOptions& options = arguments.mirror;
  const auto action = [&options](auto function) -> Action {
    return [&options, function](const Session& session) { return function(session, options); };
  };
  CLI::App* command = AddCommand(app, "mirror", "Show or control the mirror to Kafka", arguments,
                                 action(ShowMirror));
  command->add_flag("--json", options.json, "As one JSON object");
  command->require_subcommand(0, 1);
  AddCommand(*command, "status", "Show the mirror's status; the default", arguments,
             action(ShowMirror));
  AddCommand(*command, "pause", "Pause the mirror after the current transaction", arguments,
             action(PauseMirror));
  AddCommand(*command, "resume", "Resume a paused or parked mirror", arguments,
             action(ResumeMirror));
  CLI::App* rewind =
      AddCommand(*command, "rewind", "Move the mirror to another place, where it continues",
                 arguments, action(RewindMirror));
  AddPlace(*rewind, "place", kPlaceForms, arguments, [&options](const Place& place) {
    options.place = place;
  })->required();
}

void AddPosition(CLI::App& app, Arguments& arguments) {
  CLI::App* command = AddCommand(app, "position", "Get the token of a place in the log", arguments,
                                 [&arguments](const Session& session) {
                                   return ShowPosition(session, arguments.position, arguments.json);
                                 });
  AddPlace(*command, "place", kPlaceForms, arguments, [&arguments](const Place& place) {
    arguments.position = place;
  })->default_str("latest");
  command->add_flag("--json", arguments.json, "As one JSON object");
}

void AddSubscriptions(CLI::App& app, Arguments& arguments) {
  CLI::App* command = AddCommand(
      app, "subscriptions", "List or change positions stored by the server", arguments,
      [&arguments](const Session& session) { return ShowSubscriptions(session, arguments.json); });
  command->add_flag("--json", arguments.json, "As one JSON object");
  command->require_subcommand(0, 1);
  AddCommand(
      *command, "list", "List stored positions; the default", arguments,
      [&arguments](const Session& session) { return ShowSubscriptions(session, arguments.json); });
  CLI::App* commit =
      AddCommand(*command, "commit", "Store a position under a new or existing name", arguments,
                 [&arguments](const Session& session) {
                   return CommitSubscription(session, arguments.subscription, arguments.committed);
                 });
  commit->add_option("name", arguments.subscription, "Name of the subscription")->required();
  AddPlace(*commit, "place", kPlaceForms, arguments, [&arguments](const Place& place) {
    arguments.committed = place;
  })->required();
  CLI::App* remove = AddCommand(*command, "delete", "Delete a subscription and its position",
                                arguments, [&arguments](const Session& session) {
                                  return DeleteSubscription(session, arguments.subscription);
                                });
  remove->add_option("name", arguments.subscription, "Name of the subscription")->required();
}

int Fail(const std::string& text) {
  const Paint paint(ColourWanted(STDERR_FILENO));
  fmt::print(stderr, "{} {}\n", paint(Tone::kRed, "millrace:"), text);
  return kExitFailure;
}

// The innermost subcommand that was parsed before the error.
const CLI::App& InnermostCommand(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : InnermostCommand(*parsed.front());
}

// Prints the help, the version, or the error of a wrong command line.
int ReportParseError(const CLI::App& app, const CLI::ParseError& error, int argc) {
  if (error.get_exit_code() == 0) return app.exit(error);
  if (argc <= 1) {
    fmt::print(stderr, "{}", app.help());
    return kExitUsage;
  }
  const CLI::App& inner = InnermostCommand(app);
  std::string name = inner.get_name();
  for (const CLI::App* at = &inner; at->get_parent() != nullptr;) {
    at = at->get_parent();
    name = at->get_name() + " " + name;
  }
  // For an unknown subcommand CLI11 would report a missing one.
  const auto extras = inner.remaining();
  const bool wrong_word = inner.get_require_subcommand_min() > 0 && !extras.empty();
  const std::string what =
      wrong_word ? fmt::format("no such command: {}", extras.front()) : std::string(error.what());
  Fail(fmt::format("{}; see {} --help", what, name));
  return kExitUsage;
}

int RunCommand(Arguments& arguments) {
  Connection& connection = arguments.connection;
  const client::TlsOptions& tls = connection.tls;
  if (connection.use_tls || !tls.ca_file.empty() || !tls.certificate_file.empty() ||
      !tls.key_file.empty() || !tls.server_name.empty()) {
    connection.options.tls = tls;
  }
  // Must exist before gRPC starts its threads.
  Interrupt interrupt;
  const auto client = client::Client::Connect(connection.options);
  const std::string& address = connection.options.address;
  if (!client.ok()) return Fail(Explain(client.status(), address));
  const bool colour = !connection.no_color && ColourWanted(STDOUT_FILENO);
  const absl::Status done = arguments.action(Session{client->get(), address, &interrupt, colour});
  return done.ok() ? kExitOk : Fail(Explain(done, address));
}

void BuildCommandLine(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "millrace " MILLRACE_VERSION);
  app.get_formatter()->column_width(28);
  app.require_subcommand(1);
  app.footer(
      "Environment: MILLRACE_SERVER for --server, NO_COLOR for no colours, GRPC_VERBOSITY "
      "(error,\n"
      "info or debug) for gRPC's own log.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage.");
  AddConnection(app, arguments.connection);
  AddTail(app, arguments);
  AddStatus(app, arguments);
  AddTables(app, arguments);
  AddSnapshot(app, arguments);
  AddMirror(app, arguments);
  AddProto(app, arguments);
  AddPosition(app, arguments);
  AddSubscriptions(app, arguments);
}

}  // namespace

struct CommandLine::Parts {
  Arguments arguments;
  CLI::App app{"Change feed of a MySQL or MariaDB server, from the command line.", "millrace"};
};

CommandLine::CommandLine() : parts_(std::make_unique<Parts>()) {
  BuildCommandLine(parts_->app, parts_->arguments);
}

CommandLine::~CommandLine() = default;

const CLI::App& CommandLine::app() const { return parts_->app; }

const Choices& CommandLine::choices() const { return parts_->arguments.choices; }

int CommandLine::Run(int argc, char** argv) {
  SilenceGrpcLog();
  try {
    parts_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(parts_->app, error, argc);
  }
  return RunCommand(parts_->arguments);
}

}  // namespace millrace::command
