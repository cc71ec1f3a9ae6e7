// SPDX-License-Identifier: Apache-2.0

#include "support/allocations.h"

#include <cstdlib>
#include <new>

namespace millrace::testing {
namespace {

thread_local uint64_t allocations = 0;

void* Allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

uint64_t AllocationsOfThread() { return allocations; }

}  // namespace millrace::testing

// Replacements of the standard operators that count their calls.
void* operator new(std::size_t size) { return millrace::testing::Allocate(size); }
void* operator new[](std::size_t size) { return millrace::testing::Allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return millrace::testing::Allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return millrace::testing::Allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
