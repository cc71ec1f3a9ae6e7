// SPDX-License-Identifier: Apache-2.0

#pragma once

// The undocumented parts of MariaDB Connector/C that client_library.cc uses. No other file includes
// this one. These parts are private to the library, so only the series that we have checked
// compile.

#include <mariadb_version.h>
#include <mysql.h>

#include <cstddef>

// clang-format off: ma_pvio.h needs the types of mysql.h.
#include <ma_pvio.h>
// clang-format on

static_assert(MARIADB_PACKAGE_VERSION_ID >= 30300 && MARIADB_PACKAGE_VERSION_ID < 30500,
              "Millrace supports MariaDB Connector/C 3.3 and 3.4; for another series, compare the "
              "structures and functions that this file declares, and widen this check");

// Connector/C 3.0 and later exports this function, but no header declares it.
extern "C" int ma_pvio_register_callback(my_bool add,
                                         void (*callback)(int mode, MYSQL* mysql,
                                                          const unsigned char* bytes, size_t size));

namespace millrace {

// The first fields of st_ma_pvio_tls of ma_tls.h, the same in both series. st_ma_pvio.ctls points
// to one. Declared here because ma_tls.h of 3.4 includes ma_hash.h, which no package contains.
struct ConnectorTls {
  void* data;
  MARIADB_PVIO* pvio;
  void* ssl;  // An SSL* of OpenSSL, if the library is built with OpenSSL.
};

}  // namespace millrace

// If ma_tls.h compiles, verify the layout against it. Without HAVE_TLS, ma_pvio.h defines a macro
// MARIADB_TLS, which conflicts with the type of that name.
#if MARIADB_PACKAGE_VERSION_ID < 30400 || __has_include(<ma_hash.h>)
#undef MARIADB_TLS
#include <ma_tls.h>
static_assert(offsetof(millrace::ConnectorTls, pvio) == offsetof(st_ma_pvio_tls, pvio));
static_assert(offsetof(millrace::ConnectorTls, ssl) == offsetof(st_ma_pvio_tls, ssl));
#endif
