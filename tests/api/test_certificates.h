// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace millrace::api {

// A key and its certificate: as PEM, and for signing other certificates.
struct Identity {
  std::shared_ptr<EVP_PKEY> private_key;
  std::shared_ptr<X509> x509;
  std::string key;
  std::string certificate;
};

struct IdentityOptions {
  std::string name;                         // common name
  const Identity* issuer = nullptr;         // null: self-signed authority
  long valid_days = 90;                     // from now
  std::shared_ptr<EVP_PKEY> key = nullptr;  // null: a new P-256 key
};

template <typename Write>
std::string PemOf(Write write) {
  const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free);
  EXPECT_EQ(write(bio.get()), 1);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(bytes));
}

inline void AddExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::shared_ptr<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value), X509_EXTENSION_free);
  EXPECT_EQ(X509_add_ext(certificate, extension.get(), -1), 1);
}

// Replaces an extension by one with the value `der`.
inline void ReplaceExtension(X509* certificate, int nid, std::vector<unsigned char> der) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  X509_EXTENSION_free(X509_delete_ext(certificate, at));
  const std::shared_ptr<ASN1_OCTET_STRING> value(ASN1_OCTET_STRING_new(), ASN1_OCTET_STRING_free);
  ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size()));
  const std::shared_ptr<X509_EXTENSION> extension(
      X509_EXTENSION_create_by_NID(nullptr, nid, 0, value.get()), X509_EXTENSION_free);
  EXPECT_EQ(X509_add_ext(certificate, extension.get(), -1), 1);
}

inline Identity MakeIdentity(const IdentityOptions& options) {
  static long serial = 0;
  Identity made;
  made.private_key = options.key != nullptr
                         ? options.key
                         : std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.x509.reset(X509_new(), X509_free);
  X509* x509 = made.x509.get();
  const Identity& issuer = options.issuer != nullptr ? *options.issuer : made;
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), -60);
  X509_gmtime_adj(X509_getm_notAfter(x509), options.valid_days * 24 * 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer.x509.get()));
  X509_set_pubkey(x509, made.private_key.get());
  if (options.issuer == nullptr) {
    AddExtension(x509, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    AddExtension(x509, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  }
  EXPECT_GT(X509_sign(x509, issuer.private_key.get(), EVP_sha256()), 0);
  made.certificate = PemOf([x509](BIO* bio) { return PEM_write_bio_X509(bio, x509); });
  made.key = PemOf([&made](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, made.private_key.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr);
  });
  return made;
}

// An identity with an address of three bytes.
inline Identity MakeIdentityWithInvalidAddress(const Identity& issuer) {
  Identity invalid = MakeIdentity({.name = "invalid", .issuer = &issuer});
  X509* x509 = invalid.x509.get();
  ReplaceExtension(x509, NID_subject_alt_name, {0x30, 0x05, 0x87, 0x03, 1, 2, 3});
  X509_sign(x509, issuer.private_key.get(), EVP_sha256());
  invalid.certificate = PemOf([x509](BIO* bio) { return PEM_write_bio_X509(bio, x509); });
  return invalid;
}

}  // namespace millrace::api
