// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "api/certificates.h"
#include "config/config.h"
#include "ingest/ingest.h"
#include "snapshot/snapshots.h"

namespace millrace::program {

// Handles SIGHUP. Each connect reads the secrets and certificates for the source again, so Reload
// only logs whether they are readable, and makes ingestion and snapshots retry now. An open
// connection stays. The server's own certificate is replaced immediately.
void Reload(const Config& config, api::Certificates& certificates, ingest::Ingest& ingest,
            snapshot::Snapshots& snapshots);

}  // namespace millrace::program
