// Text files that travel inside the program: SQL migrations and JSON Schemas.
#pragma once

#include <span>
#include <string_view>

namespace skein::embedded {

struct file {
  std::string_view name;  ///< base name, as in the source tree
  std::string_view text;
};

/// `schema/sql/NNNN_*.sql`, in order.
[[nodiscard]] std::span<const file> sql();
/// `schema/json/*.json`.
[[nodiscard]] std::span<const file> json();

}  // namespace skein::embedded
