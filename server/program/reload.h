// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "api/certificates.h"
#include "config/config.h"
#include "ingest/ingest.h"
#include "snapshot/snapshots.h"

namespace millrace::program {

// Secrets and certificates of the source are read at each connect, so all that is left to do is to
// say whether they can be, and to connect now if ingestion waits. An open connection stays. The
// server's own certificate is taken at once.
void Reload(const Config& config, api::Certificates& certificates, ingest::Ingest& ingest,
            snapshot::Snapshots& snapshots);

}  // namespace millrace::program
