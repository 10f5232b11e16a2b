// Writes git objects as one pack with its index (version 2): whole objects, no deltas. One file
// instead of one for each object, and what a push sends is already there. Format:
// gitformat-pack(5).
#pragma once

#include "runtime/git/library.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace skein::git {

class pack_writer {
 public:
  pack_writer();

  /// Continues a pack that store() has written, with more objects; `corrupt` when `whole` and
  /// `index` are no such pack.
  [[nodiscard]] static result<pack_writer> continued(std::string whole, std::string_view index);

  /// Adds an object, once however often it is added, and returns its id.
  [[nodiscard]] result<git_oid> add(git_object_t type, std::string_view bytes);

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool has(const git_oid& id) const;

  /// The whole pack. Nothing can be added afterwards.
  [[nodiscard]] std::string finish() &&;

  /// Writes DIRECTORY/pack-NAME.pack and then its index; both have reached the disk when this
  /// returns. A pack of that name that is already there stays. Blocking.
  [[nodiscard]] result<> store(const std::filesystem::path& directory, const std::string& name) &&;

  /// The same in somebody's repository, under the name that git gives a pack. Returns the path of
  /// the `.keep` file that spares it from being repacked: to be removed once a reference needs it.
  [[nodiscard]] result<std::filesystem::path> store_kept(const std::filesystem::path& directory) &&;

 private:
  struct entry {
    std::uint32_t crc = 0;
    std::uint32_t offset = 0;
  };

  [[nodiscard]] result<> append(git_object_t type, std::string_view bytes);
  [[nodiscard]] bool read_index(std::string_view from, std::string_view trailer);
  [[nodiscard]] std::string index(std::string_view trailer);

  std::string bytes_;
  std::uint32_t count_ = 0;
  std::map<std::string, entry, std::less<>> entries_;  ///< by id, as 20 bytes
};

/// The name of the pack that holds what `tree` has beyond `base_tree`: 40 hexadecimal digits.
[[nodiscard]] std::string pack_name(const std::string& base_tree, const std::string& tree);

}  // namespace skein::git
