// Content-addressed files for everything too big for a row: logs, diffs, patches, change sets.
// Compressed with zstd, referenced by the SHA-256 of the uncompressed bytes, written once.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace skein::artifact {

/// 64 hexadecimal characters.
using ref = std::string;

class artifact_store {
 public:
  explicit artifact_store(std::filesystem::path root);

  /// Blocking. Idempotent: the same bytes give the same reference and are stored once. A crash
  /// leaves either the whole artifact or a temporary file that `sweep` removes. Not fsync'ed: an
  /// artifact that a power failure took is noticed by `get` (`corrupt` or `not_found`).
  [[nodiscard]] result<ref> put(std::string_view bytes) const;

  /// Blocking. `not_found`, or `corrupt` when the bytes do not match the reference, or `refused`
  /// when more than `max_bytes` would come out.
  [[nodiscard]] result<std::string> get(const ref& reference,
                                        std::uint64_t max_bytes = 256ULL << 20) const;

  /// Removes temporary files left by a crash. Returns how many.
  std::size_t sweep() const;

 private:
  std::filesystem::path root_;
};

}  // namespace skein::artifact
