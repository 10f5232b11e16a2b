// CODEOWNERS as GitHub reads it, and the reviewers that follow from it. The content is that of the
// BASE branch, never of the change. Pure; owners that do not exist only the forge can tell.
#pragma once

#include "runtime/forge/owner_pattern.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::forge {

/// The first of these that exists counts; the others are not read.
inline constexpr std::array<std::string_view, 3> codeowners_places = {
    ".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"};
/// A file of this size or more is not loaded.
inline constexpr std::size_t codeowners_limit = 3U * 1024 * 1024;

enum class owner_kind { user, team, email };
struct owner {
  owner_kind kind = owner_kind::user;
  std::string name;  ///< `monalisa`, `acme/payments`, `a@b.example`: without the @ in front
  friend bool operator==(const owner&, const owner&) = default;
};

struct owner_rule {
  std::uint32_t line = 0;
  std::string text;  ///< the pattern as written
  owner_pattern pattern;
  std::vector<owner> owners;  ///< empty: what it matches has no owner, on purpose
};

struct skipped_line {
  std::uint32_t line = 0;
  std::string reason;
};

struct codeowners {
  std::vector<owner_rule> rules;
  std::vector<skipped_line> skipped;  ///< the first 100
  std::uint32_t skipped_lines = 0;
  std::string ignored;  ///< why the whole file does not count; empty: it does
};

/// Never fails: a line that GitHub would skip is skipped here, with its number and reason.
[[nodiscard]] codeowners parse_codeowners(std::string_view content);

/// The rule for one path, the last that matches; null: none.
[[nodiscard]] const owner_rule* owning_rule(const codeowners& file, std::string_view path);

struct owned_share {
  owner who;
  std::uint32_t paths = 0;
};
struct ownership {
  std::vector<owned_share> owners;  ///< most paths first, then as in the file
  std::uint32_t unowned = 0;        ///< paths without an owner
  bool complete = true;             ///< false: the work was too much, the rest was not looked at
};
[[nodiscard]] ownership owners_of(const codeowners& file, const std::vector<std::string>& paths);

struct reviewers {
  std::vector<std::string> users;
  std::vector<std::string> teams;   ///< slugs without the organisation
  std::vector<std::string> emails;  ///< cannot be asked over the REST API; for the body
  std::uint32_t left_out = 0;       ///< beyond `most`, or a team of another organisation
};
/// At most `most` users and teams together, those of most paths first. `author` is not asked (it
/// cannot review its own work), nor a team of an organisation that does not own the repository.
[[nodiscard]] reviewers choose_reviewers(const ownership& from, std::string_view author,
                                         std::string_view organisation, std::size_t most);

}  // namespace skein::forge
