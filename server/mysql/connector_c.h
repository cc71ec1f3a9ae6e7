// SPDX-License-Identifier: Apache-2.0

#pragma once

// What client_library.cc uses of MariaDB Connector/C beyond its documented functions; included by
// nothing else. That is private to the library, so only series that were looked at are taken.

#include <mariadb_version.h>
#include <mysql.h>

#include <cstddef>

// clang-format off: it needs the types of mysql.h.
#include <ma_pvio.h>
// clang-format on

static_assert(MARIADB_PACKAGE_VERSION_ID >= 30300 && MARIADB_PACKAGE_VERSION_ID < 30500,
              "Millrace knows MariaDB Connector/C 3.3 and 3.4; for another series, compare the "
              "structures and functions that this file declares, and widen this check");

// Exported by Connector/C 3.0 and later, though no header of it declares it.
extern "C" int ma_pvio_register_callback(my_bool add,
                                         void (*callback)(int mode, MYSQL* mysql,
                                                          const unsigned char* bytes, size_t size));

namespace millrace {

// How st_ma_pvio_tls of ma_tls.h begins in both series; st_ma_pvio.ctls points to one. Declared
// here because ma_tls.h of 3.4 includes ma_hash.h, which no package has.
struct ConnectorTls {
  void* data;
  MARIADB_PVIO* pvio;
  void* ssl;  // An SSL* of OpenSSL, if the library is built with OpenSSL.
};

}  // namespace millrace

// Where ma_tls.h compiles, it proves the layout. Without HAVE_TLS, ma_pvio.h makes MARIADB_TLS a
// macro, which is in the way of the type.
#if MARIADB_PACKAGE_VERSION_ID < 30400 || __has_include(<ma_hash.h>)
#undef MARIADB_TLS
#include <ma_tls.h>
static_assert(offsetof(millrace::ConnectorTls, pvio) == offsetof(st_ma_pvio_tls, pvio));
static_assert(offsetof(millrace::ConnectorTls, ssl) == offsetof(st_ma_pvio_tls, ssl));
#endif
