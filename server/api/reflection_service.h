// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "feed/row_types.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace millrace::api {

// Reflection for all compiled-in messages and for the row messages, which exist only at run time
// and which gRPC's own service therefore lacks. Serves both versions of the service that clients
// use, with the same responses.
class Reflection {
 public:
  // `types` must outlive the service. `services`: full names to list.
  Reflection(feed::RowTypes& types, std::vector<std::string> services);
  ~Reflection();

  // Register these with the server. They live as long as this object.
  std::vector<grpc::Service*> services() const;

 private:
  class Responder;
  std::unique_ptr<Responder> responder_;
  std::unique_ptr<grpc::Service> v1_;
  std::unique_ptr<grpc::Service> v1alpha_;
};

}  // namespace millrace::api
