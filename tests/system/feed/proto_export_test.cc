// SPDX-License-Identifier: Apache-2.0

// A program compiled from exported .proto files still reads the right values after the table has
// changed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "fmt/format.h"
#include "support/process.h"
#include "support/temp_directory.h"
#include "system/change_reader.h"
#include "system/feed_server.h"

namespace millrace::testing {
namespace {

constexpr absl::Duration kCompileTimeout = absl::Minutes(5);

// Prints the rows in the given files; compiled with the table's first definition.
constexpr char kProgram[] = R"(
#include <fstream>
#include <iostream>
#include "db/shop/item.pb.h"
#include "google/protobuf/any.pb.h"
int main(int count, char** files) {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(files[i], std::ios::binary);
    google::protobuf::Any any;
    db::shop::item row;
    if (!any.ParseFromIstream(&file) || !any.UnpackTo(&row)) return 1;
    std::cout << "id " << row.id() << " amount " << row.amount() << " name "
              << (row.has_name() ? row.name() : "none") << " note "
              << (row.has_note() ? row.note() : "none") << "\n";
  }
}
)";

std::string MustRun(const std::string& program, const std::vector<std::string>& arguments) {
  const auto result = RunProcess({.program = program, .arguments = arguments}, kCompileTimeout);
  if (!result.ok()) return result.status().ToString();
  EXPECT_EQ(result->exit_code, 0) << program << ": " << result->errors;
  return result->output;
}

class ProtoExport : public ::testing::TestWithParam<Flavour> {
 protected:
  void Export() {
    const ProcessResult exported = RunMillrace(
        {"--server", feed_->address(), "proto", "export", "--out", path(), "shop.item"});
    ASSERT_EQ(exported.exit_code, 0) << exported.errors;
  }

  std::string ReadExported() const {
    std::ifstream file(path("db/shop/item.proto"));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  v1::Table Item() {
    v1::GetTableRequest request;
    request.set_database("shop");
    request.set_table("item");
    const auto response = feed_->client().GetTable(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->table() : v1::Table();
  }

  // Does what a user of the files would do.
  void CompileProgram() {
    const std::vector<std::string> names = {"db/shop/item", "millrace/v1/options",
                                            "millrace/v1/values"};
    std::vector<std::string> protoc = {"-I", path(), "--cpp_out=" + path()};
    std::vector<std::string> compile = {"-std=c++17",       "-O0", "-I" + path(),
                                        path("program.cc"), "-o",  path("program")};
    for (const std::string& name : names) {
      protoc.push_back(path(name + ".proto"));
      compile.push_back(path(name + ".pb.cc"));
    }
    compile.insert(compile.end(), {"-lprotobuf", "-pthread"});
    std::ofstream(path("program.cc")) << kProgram;
    MustRun("protoc", protoc);
    MustRun("c++", compile);
  }

  std::string RunProgram(const std::vector<google::protobuf::Any>& rows) {
    std::vector<std::string> files;
    for (const auto& row : rows) {
      files.push_back(path(fmt::format("row{}", files.size())));
      std::ofstream(files.back(), std::ios::binary) << row.SerializeAsString();
    }
    return MustRun(path("program"), files);
  }

  std::string path(const std::string& name = "") const {
    return (directory_.path() / name).string();
  }

  TempDirectory directory_;
  std::unique_ptr<SourceServer> source_ = SourceServer::MustStart({.flavour = GetParam()});
  SqlSession sql_ = source_->MustConnect();
  std::unique_ptr<FeedServer> feed_ = FeedServer::MustStart(*source_);
  ChangeReader reader_{*feed_};
};

TEST_P(ProtoExport, ProgramBuiltBeforeAlterReadsLaterRows) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute(
      "CREATE TABLE shop.item (id INT PRIMARY KEY, note VARCHAR(9), amount INT, name VARCHAR(9))");
  sql_.MustExecute("INSERT INTO shop.item VALUES (1, 'old', -5, 'tea')");
  reader_.CurrentToken(sql_);
  Export();
  CompileProgram();
  sql_.MustExecute("ALTER TABLE shop.item ADD added INT FIRST, MODIFY amount BIGINT, DROP note");
  sql_.MustExecute("INSERT INTO shop.item VALUES (77, 2, -6, 'cup')");
  sql_.MustExecute("ALTER TABLE shop.item RENAME COLUMN name TO title");
  sql_.MustExecute("INSERT INTO shop.item VALUES (78, 3, -7, 'pot')");

  std::vector<google::protobuf::Any> rows;
  for (const SeenChange& change : reader_.ReadAll(sql_)) {
    if (change.operation == v1::OPERATION_INSERT) rows.push_back(change.raw.after());
  }

  EXPECT_EQ(RunProgram(rows),
            "id 1 amount -5 name tea note old\n"
            "id 2 amount -6 name cup note none\n"
            "id 3 amount -7 name pot note none\n");
}

TEST_P(ProtoExport, EmptyTableExportsTypeOfFirstRows) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute(
      "CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(9), kind ENUM('a','b'), price "
      "DECIMAL(6,2), sold TIMESTAMP NULL, body TEXT)");
  Export();
  const std::string exported = ReadExported();
  EXPECT_THAT(exported, ::testing::HasSubstr("message item"));
  feed_->Kill();
  feed_->Start();
  EXPECT_EQ(Item().proto_text(), exported) << "the numbers are stored";
  sql_.MustExecute("INSERT INTO shop.item VALUES (1, 'tea', 'b', 2.5, NULL, 'long')");
  reader_.CurrentToken(sql_);
  EXPECT_EQ(Item().proto_text(), exported);
  EXPECT_EQ(Item().version(), 1u);
}

TEST_P(ProtoExport, PatternWithoutMatchIsAnError) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.item (id INT PRIMARY KEY)");
  for (const char* pattern : {"shop.itme", "nope.*"}) {
    const ProcessResult result = RunMillrace(
        {"--server", feed_->address(), "proto", "export", "--out", path("out"), pattern});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.errors, ::testing::HasSubstr(std::string("matches ") + pattern));
    EXPECT_EQ(result.output, "");
  }
}

TEST_P(ProtoExport, UnreachableSourceStillExportsTablesOfLog) {
  sql_.MustExecute("CREATE DATABASE shop");
  sql_.MustExecute("CREATE TABLE shop.item (id INT PRIMARY KEY)");
  sql_.MustExecute("INSERT INTO shop.item VALUES (1)");
  reader_.CurrentToken(sql_);
  source_->Kill();
  const ProcessResult result =
      RunMillrace({"--server", feed_->address(), "proto", "export", "--out", path(), "shop.item"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.errors, ::testing::HasSubstr("the source could not be queried"));
  EXPECT_THAT(ReadExported(), ::testing::HasSubstr("message item"));
}

TEST_P(ProtoExport, FilesWithOddNamesCompile) {
  for (const char* database : {"my-shop", "default", "millrace", "google"}) {
    sql_.MustExecute(fmt::format("CREATE DATABASE `{}`", database));
    sql_.MustExecute(fmt::format("USE `{}`", database));
    sql_.MustExecute(
        "CREATE TABLE class (id INT PRIMARY KEY, `full name` TEXT, `int` INT, `1st` INT, `naïve` "
        "INT, `a.b` INT, `a_b` INT, descriptor INT, a INT, has_a TIMESTAMP, class INT, `New` INT, "
        "`quote\"back\\slash` ENUM('x\\n\"', 'ü'), g GEOMETRY)");
    sql_.MustExecute("CREATE TABLE `Größe/§` (`_` INT PRIMARY KEY, `concept` INT)");
    sql_.MustExecute("CREATE TABLE name (name INT PRIMARY KEY)");
    for (const char* table : {"class (id)", "`Größe/§` (_)", "name (name)"}) {
      sql_.MustExecute(fmt::format("INSERT INTO {} VALUES (1)", table));
    }
  }
  reader_.CurrentToken(sql_);
  MustRun(MillracePath(), {"--server", feed_->address(), "proto", "export", "--out", path()});
  MustRun("sh", {"-c", "cd \"$0\" && protoc -I . --cpp_out=. $(find db millrace -name '*.proto')",
                 path()});
  // Compiles all files at once, because reading the library's own headers takes most of the time.
  const std::string headers = MustRun(
      "sh", {"-c", "cd \"$0\" && find db -name '*.pb.h' | sed 's/.*/#include \"&\"/'", path()});
  EXPECT_EQ(std::count(headers.begin(), headers.end(), '\n'), 13);
  std::ofstream(path("all.cc")) << headers;
  MustRun("c++", {"-std=c++20", "-fsyntax-only", "-I" + path(), path("all.cc")});
}

INSTANTIATE_TEST_SUITE_P(Sources, ProtoExport,
                         ::testing::Values(Flavour::kMysql, Flavour::kMariadb),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace millrace::testing
