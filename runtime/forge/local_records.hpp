// The files of local.hpp: RECORDS/OWNER/NAME/NUMBER.json, each written whole or not at all. What is
// asked of them is in local.cpp.
#pragma once

#include "runtime/forge/forge.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::forge {

struct local_comment {
  std::string text;
  std::int64_t at_s = 0;
};
struct local_record {
  pull_request pull;
  std::vector<local_comment> comments;
  std::vector<std::string> users;
  std::vector<std::string> teams;
};

/// All of a repository, by number; none when the directory is not there. `corrupt` names a file
/// that cannot be read.
[[nodiscard]] result<std::vector<local_record>> read_records(
    const std::filesystem::path& directory);
/// `not_found` when there is none of this number.
[[nodiscard]] result<local_record> read_record(const std::filesystem::path& directory,
                                               std::int64_t number);
/// Durable when it returns; makes the directory.
[[nodiscard]] result<> write_record(const std::filesystem::path& directory,
                                    const local_record& record);

}  // namespace skein::forge
