// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "config/kafka_options.h"
#include "kafka/routes.h"
#include "schema/registry.h"

namespace millrace::kafka {

// Constructor arguments of the encoders. All parts must outlive the encoder.
struct EncoderParts {
  const KafkaOptions& options;
  const schema::Registry& registry;
  const Routes& routes;
};

}  // namespace millrace::kafka
