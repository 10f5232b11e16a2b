// Where objects lie in the packs of an object directory. libgit2 rebuilds a delta from its bases,
// and keeps few of them: reading many objects is several times faster in the order of the pack than
// in the order of the tree. Only an order: what it does not know comes last, and nothing depends on
// it.
#pragma once

#include "runtime/git/library.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace skein::git {

class pack_order {
 public:
  /// Maps the indexes (version 2) of MIRROR's packs and of the object directory it borrows from.
  /// Blocking.
  explicit pack_order(const std::filesystem::path& mirror);
  ~pack_order();
  pack_order(const pack_order&) = delete;
  pack_order& operator=(const pack_order&) = delete;

  /// Grows with the place in the pack; the largest number when unknown.
  [[nodiscard]] std::uint64_t position(const git_oid& id) const noexcept;

 private:
  struct index;
  void add_directory(const std::filesystem::path& objects);
  void add_index(const std::filesystem::path& file);
  std::vector<std::unique_ptr<index>> indexes_;
};

}  // namespace skein::git
