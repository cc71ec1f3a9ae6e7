// SPDX-License-Identifier: Apache-2.0

#include "api/reflection_service.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

namespace millrace::api {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;

// Directory of the generated files of tables.
constexpr std::string_view kRowFilePrefix = "db/";
constexpr std::string_view kRowFileSuffix = ".proto";

std::string SerializedFile(const FileDescriptor& file) {
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  return proto.SerializeAsString();
}

// `db/inventory/customers.proto` → `db.inventory.customers`; empty for any other path.
std::string RowMessageOfFile(std::string_view path) {
  const bool fits = path.size() > kRowFilePrefix.size() + kRowFileSuffix.size() &&
                    path.substr(0, kRowFilePrefix.size()) == kRowFilePrefix &&
                    path.substr(path.size() - kRowFileSuffix.size()) == kRowFileSuffix;
  if (!fits) return {};
  std::string name(path.substr(0, path.size() - kRowFileSuffix.size()));
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

const FileDescriptor* StaticFileOfSymbol(const std::string& symbol) {
  return DescriptorPool::generated_pool()->FindFileContainingSymbol(symbol);
}

}  // namespace

// Computes the responses for both versions of the service.
class Reflection::Responder {
 public:
  Responder(feed::RowTypes& types, std::vector<std::string> services)
      : types_(types), services_(std::move(services)) {}

  template <typename Request, typename Response>
  Response Respond(const Request& request) const {
    Response response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        AddFile(FileByName(request.file_by_filename()), request.file_by_filename(), response);
        break;
      case Request::kFileContainingSymbol:
        AddFile(FileOfSymbol(request.file_containing_symbol()), request.file_containing_symbol(),
                response);
        break;
      case Request::kFileContainingExtension:
        AddFile(FileOfExtension(request.file_containing_extension().containing_type(),
                                request.file_containing_extension().extension_number()),
                request.file_containing_extension().containing_type(), response);
        break;
      case Request::kAllExtensionNumbersOfType:
        AddExtensionNumbers(request.all_extension_numbers_of_type(), response);
        break;
      case Request::kListServices:
        for (const std::string& service : services_) {
          response.mutable_list_services_response()->add_service()->set_name(service);
        }
        break;
      case Request::MESSAGE_REQUEST_NOT_SET:
        SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request is empty", response);
        break;
    }
    return response;
  }

 private:
  template <typename Response>
  static void SetError(grpc::StatusCode code, const std::string& message, Response& response) {
    response.mutable_error_response()->set_error_code(code);
    response.mutable_error_response()->set_error_message(message);
  }

  template <typename Response>
  static void AddFile(const std::string& file, const std::string& what, Response& response) {
    if (file.empty()) {
      SetError(grpc::StatusCode::NOT_FOUND, fmt::format("'{}' is unknown", what), response);
      return;
    }
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(file);
  }

  template <typename Response>
  static void AddExtensionNumbers(const std::string& type, Response& response) {
    const auto* descriptor = DescriptorPool::generated_pool()->FindMessageTypeByName(type);
    if (descriptor == nullptr) {
      SetError(grpc::StatusCode::NOT_FOUND, fmt::format("'{}' is unknown", type), response);
      return;
    }
    std::vector<const FieldDescriptor*> extensions;
    DescriptorPool::generated_pool()->FindAllExtensions(descriptor, &extensions);
    auto& numbers = *response.mutable_all_extension_numbers_response();
    numbers.set_base_type_name(type);
    for (const FieldDescriptor* extension : extensions) {
      numbers.add_extension_number(extension->number());
    }
  }

  // Returns the serialized file; empty if there is none.
  std::string FileByName(const std::string& name) const {
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (file != nullptr) return SerializedFile(*file);
    return RowFile(RowMessageOfFile(name));
  }

  std::string FileOfSymbol(const std::string& symbol) const {
    const FileDescriptor* file = StaticFileOfSymbol(symbol);
    if (file != nullptr) return SerializedFile(*file);
    std::string row_file = RowFile(symbol);
    if (!row_file.empty()) return row_file;
    // `symbol` may be a field of a row message.
    const size_t dot = symbol.rfind('.');
    return dot == std::string::npos ? std::string() : RowFile(symbol.substr(0, dot));
  }

  std::string FileOfExtension(const std::string& type, int number) const {
    const auto* pool = DescriptorPool::generated_pool();
    const auto* descriptor = pool->FindMessageTypeByName(type);
    if (descriptor == nullptr) return {};
    const FieldDescriptor* extension = pool->FindExtensionByNumber(descriptor, number);
    return extension == nullptr ? std::string() : SerializedFile(*extension->file());
  }

  std::string RowFile(const std::string& row_message) const {
    if (row_message.empty()) return {};
    const auto type = types_.Find(row_message);
    return type == nullptr ? std::string() : type->file().SerializeAsString();
  }

  feed::RowTypes& types_;
  const std::vector<std::string> services_;
};

namespace {

// One call. Responds to each request before it reads the next.
template <typename Responder, typename Request, typename Response>
class ReflectionStream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit ReflectionStream(const Responder& responder) : responder_(responder) {
    this->StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      this->Finish(grpc::Status::OK);
      return;
    }
    response_ = responder_.template Respond<Request, Response>(request_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) {
      this->Finish(grpc::Status::CANCELLED);
      return;
    }
    request_.Clear();
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const Responder& responder_;
  Request request_;
  Response response_;
};

template <typename Responder, typename Base, typename Request, typename Response>
class ReflectionService final : public Base {
 public:
  explicit ReflectionService(const Responder& responder) : responder_(responder) {}
  grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(
      grpc::CallbackServerContext* context) override {
    return new ReflectionStream<Responder, Request, Response>(responder_);
  }

 private:
  const Responder& responder_;
};

}  // namespace

Reflection::Reflection(feed::RowTypes& types, std::vector<std::string> services)
    : responder_(std::make_unique<Responder>(types, std::move(services))) {
  // gRPC serves health without its generated messages. This adds them to the generated pool.
  grpc::health::v1::HealthCheckRequest::descriptor();
  namespace stable = grpc::reflection::v1;
  namespace alpha = grpc::reflection::v1alpha;
  v1_ = std::make_unique<
      ReflectionService<Responder, stable::ServerReflection::CallbackService,
                        stable::ServerReflectionRequest, stable::ServerReflectionResponse>>(
      *responder_);
  v1alpha_ = std::make_unique<
      ReflectionService<Responder, alpha::ServerReflection::CallbackService,
                        alpha::ServerReflectionRequest, alpha::ServerReflectionResponse>>(
      *responder_);
}

Reflection::~Reflection() = default;

std::vector<grpc::Service*> Reflection::services() const { return {v1_.get(), v1alpha_.get()}; }

}  // namespace millrace::api
