// What the diff gate knows of languages, build tools and forges, as data: every *.yaml of
// config/diff. Read once, then shared; nothing of it is compiled in.
#pragma once

#include "schema/error.hpp"

#include <filesystem>
#include <memory>

namespace skein::diff {

struct table_content;

class tables {
 public:
  /// Blocking. `invalid` with `file:line:col: what, expected` for the first thing that is wrong: an
  /// unknown key, a regex that RE2 does not take, a matcher of an unknown rule, no file at all.
  [[nodiscard]] static result<tables> load(const std::filesystem::path& directory);

  /// Made without load(): examine() blocks whatever it is given.
  [[nodiscard]] bool empty() const noexcept { return content_ == nullptr; }
  /// Not of empty ones.
  [[nodiscard]] const table_content& content() const noexcept { return *content_; }

 private:
  std::shared_ptr<const table_content> content_;
};

}  // namespace skein::diff
