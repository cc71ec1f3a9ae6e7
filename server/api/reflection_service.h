// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "feed/row_types.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace millrace::api {

// Reflection for everything compiled in and for the row messages, which exist only at run time.
// gRPC's own service knows nothing of those. Responder alike under both versions of the service
// that clients speak.
class Reflection {
 public:
  // `types` must outlive it. `services`: full names to list.
  Reflection(feed::RowTypes& types, std::vector<std::string> services);
  ~Reflection();

  // To be registered with the server; they live as long as this.
  std::vector<grpc::Service*> services() const;

 private:
  class Responder;
  std::unique_ptr<Responder> responder_;
  std::unique_ptr<grpc::Service> v1_;
  std::unique_ptr<grpc::Service> v1alpha_;
};

}  // namespace millrace::api
