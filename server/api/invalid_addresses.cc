// SPDX-License-Identifier: Apache-2.0

#include "api/invalid_addresses.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace millrace::api {
namespace {

constexpr int kIpv4Bytes = 4;
constexpr int kIpv6Bytes = 16;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// Replaces X509_verify_cert, which OpenSSL calls when no callback is set.
int Verify(X509_STORE_CTX* context, void*) {
  const X509* certificate = X509_STORE_CTX_get0_cert(context);
  if (certificate == nullptr || !InvalidAddressBytes(*certificate).has_value()) {
    return X509_verify_cert(context);
  }
  X509_STORE_CTX_set_error(context, X509_V_ERR_INVALID_EXTENSION);
  return 0;
}

// gRPC creates its own contexts; OpenSSL calls this for each of them.
void OnNewContext(void* context, void*, CRYPTO_EX_DATA*, int, long, void*) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(context), Verify, nullptr);
}

}  // namespace

std::optional<int> InvalidAddressBytes(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (name.type != GEN_IPADD) continue;
    const int bytes = ASN1_STRING_length(name.d.iPAddress);
    if (bytes != kIpv4Bytes && bytes != kIpv6Bytes) return bytes;
  }
  return std::nullopt;
}

void RefuseInvalidAddresses() {
  [[maybe_unused]] static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, OnNewContext, nullptr, nullptr);
}

}  // namespace millrace::api
