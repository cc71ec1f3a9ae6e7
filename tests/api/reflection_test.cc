// SPDX-License-Identifier: Apache-2.0

#include "api/reflection_service.h"
#include "api/server_fixture.h"
#include "google/protobuf/descriptor.pb.h"

namespace millrace::api {
namespace {

namespace stable = grpc::reflection::v1;
namespace alpha = grpc::reflection::v1alpha;
using ::testing::Contains;
using ::testing::ElementsAre;

// Both versions of the service; their responses are equal.
struct Stable {
  using Service = stable::ServerReflection;
  using Request = stable::ServerReflectionRequest;
  using Response = stable::ServerReflectionResponse;
};
struct Alpha {
  using Service = alpha::ServerReflection;
  using Request = alpha::ServerReflectionRequest;
  using Response = alpha::ServerReflectionResponse;
};

template <typename Version>
class ReflectionTest : public ServerTest {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  ReflectionTest() {
    log_.Inserts(1, 1);
    log_.Commit();
    Start();
  }
  Response Send(const Request& request) {
    grpc::ClientContext context;
    const auto stub = Version::Service::NewStub(channel_);
    const auto stream = stub->ServerReflectionInfo(&context);
    Response response;
    stream->Write(request);
    EXPECT_TRUE(stream->Read(&response));
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    return response;
  }
  // The name of the returned file, or the error code as text.
  std::string FileOf(const Request& request) {
    const Response response = Send(request);
    if (response.has_error_response()) {
      return std::to_string(response.error_response().error_code());
    }
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0)));
    return file.name();
  }
  std::string FileOfSymbol(const std::string& symbol) {
    Request request;
    request.set_file_containing_symbol(symbol);
    return FileOf(request);
  }
  std::string FileOfName(const std::string& name) {
    Request request;
    request.set_file_by_filename(name);
    return FileOf(request);
  }
};

using Versions = ::testing::Types<Stable, Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

constexpr const char* kNotFound = "5";

TYPED_TEST(ReflectionTest, ListsTheServices) {
  typename TypeParam::Request request;
  request.set_list_services("");
  std::vector<std::string> names;
  const auto response = this->Send(request);
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, Contains("millrace.v1.ChangeFeed"));
  EXPECT_THAT(names, Contains("millrace.v1.Admin"));
  EXPECT_THAT(names, Contains("grpc.health.v1.Health"));
}

TYPED_TEST(ReflectionTest, DescribesEachServiceItLists) {
  typename TypeParam::Request request;
  request.set_list_services("");
  const auto response = this->Send(request);
  ASSERT_GE(response.list_services_response().service_size(), 5);
  for (const auto& service : response.list_services_response().service()) {
    EXPECT_NE(this->FileOfSymbol(service.name()), kNotFound) << service.name();
  }
  EXPECT_EQ(this->FileOfSymbol("grpc.health.v1.Health.Check"), "grpc/health/v1/health.proto");
}

TYPED_TEST(ReflectionTest, ServesCompiledInTypes) {
  EXPECT_EQ(this->FileOfSymbol("millrace.v1.ChangeFeed.Subscribe"),
            "millrace/v1/change_feed.proto");
  EXPECT_EQ(this->FileOfSymbol("google.protobuf.Any"), "google/protobuf/any.proto");
  EXPECT_EQ(this->FileOfName("millrace/v1/options.proto"), "millrace/v1/options.proto");
}

TYPED_TEST(ReflectionTest, ServesRowTypes) {
  EXPECT_EQ(this->FileOfSymbol("db.shop.orders"), "db/shop/orders.proto");
  EXPECT_EQ(this->FileOfSymbol("db.shop.orders.note"), "db/shop/orders.proto");
  EXPECT_EQ(this->FileOfName("db/shop/orders.proto"), "db/shop/orders.proto");
}

TYPED_TEST(ReflectionTest, ServesTypesOfLaterTables) {
  EXPECT_EQ(this->FileOfSymbol("db.shop.carts"), kNotFound);
  this->log_.Transaction(2, {{.table = "carts"}});
  this->log_.Commit();
  EXPECT_EQ(this->FileOfSymbol("db.shop.carts"), "db/shop/carts.proto");
}

TYPED_TEST(ReflectionTest, UnknownNamesAreNotFound) {
  for (const char* symbol : {"", ".", "db", "db.shop", "db.shop.none", "no.such.Thing"}) {
    EXPECT_EQ(this->FileOfSymbol(symbol), kNotFound) << symbol;
  }
  for (const char* name : {"", "db/.proto", "db/shop.proto", "db/shop/none.proto", "x.proto"}) {
    EXPECT_EQ(this->FileOfName(name), kNotFound) << name;
  }
}

TYPED_TEST(ReflectionTest, ServesExtensions) {
  typename TypeParam::Request request;
  request.mutable_file_containing_extension()->set_containing_type(
      "google.protobuf.MessageOptions");
  request.mutable_file_containing_extension()->set_extension_number(50700);
  EXPECT_EQ(this->FileOf(request), "millrace/v1/options.proto");
  request.mutable_file_containing_extension()->set_extension_number(1);
  EXPECT_EQ(this->FileOf(request), kNotFound);
  request.set_all_extension_numbers_of_type("google.protobuf.FieldOptions");
  EXPECT_THAT(this->Send(request).all_extension_numbers_response().extension_number(),
              Contains(50700));
}

TYPED_TEST(ReflectionTest, EmptyRequestIsAnError) {
  EXPECT_EQ(this->Send({}).error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace millrace::api
