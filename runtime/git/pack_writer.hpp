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

  /// Continues a pack that store() has written, to send it with more objects; `corrupt` when
  /// `whole` is no such pack. The result cannot be stored.
  [[nodiscard]] static result<pack_writer> continued(std::string whole);

  /// Adds an object, once however often it is added, and returns its id.
  [[nodiscard]] result<git_oid> add(git_object_t type, std::string_view bytes);

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

  /// The whole pack. Nothing can be added afterwards.
  [[nodiscard]] std::string finish() &&;

  /// Writes DIRECTORY/pack-NAME.pack and then its index; both have reached the disk when this
  /// returns. A pack of that name that is already there stays. Blocking.
  [[nodiscard]] result<> store(const std::filesystem::path& directory, const std::string& name) &&;

 private:
  struct entry {
    std::uint32_t crc = 0;
    std::uint32_t offset = 0;
  };

  [[nodiscard]] result<> append(git_object_t type, std::string_view bytes);
  [[nodiscard]] std::string index(std::string_view trailer);

  std::string bytes_;
  std::uint32_t count_ = 0;
  std::map<std::string, entry, std::less<>> entries_;  ///< by id, as 20 bytes
};

/// The name of the pack that holds what `tree` has beyond `base_tree`: 40 hexadecimal digits.
[[nodiscard]] std::string pack_name(const std::string& base_tree, const std::string& tree);

}  // namespace skein::git
