// SPDX-License-Identifier: Apache-2.0

#include "program/source.h"

#include "ingest/source_identity.h"
#include "model/source_position.h"

namespace millrace::program {

SourceOptions SourceOf(const Config& config) {
  SourceOptions source = config.source;
  if (source.server_id == 0) source.server_id = ingest::DerivedServerId(config.log.directory);
  return source;
}

Flavour FlavourOf(const SourceOptions& source, const log::Log& log) {
  if (source.flavour.has_value()) return *source.flavour;
  const auto position = SourcePosition::FromBinary(log.source_position());
  const bool mariadb = position.ok() && !position->gtids.mariadb().empty();
  return mariadb ? Flavour::kMariadb : Flavour::kMysql;
}

}  // namespace millrace::program
