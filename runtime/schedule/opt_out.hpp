// The file by which a repository says no: `.skein.yaml` in its root, on the base branch. It can
// only say no; nothing in it can permit or configure anything.
#pragma once

#include "schema/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::schedule {

constexpr std::string_view opt_out_file = ".skein.yaml";
constexpr std::size_t largest_opt_out_file = 64 << 10;

struct opt_out {
  bool of_everything = false;
  std::vector<std::string> campaigns;  ///< names; `*` at the end of one stands for any rest
  std::string reason;                  ///< shown to the campaign's owner; at most 500 bytes

  [[nodiscard]] bool refuses(std::string_view campaign) const;
};

/// `optOut: true`, `optOut: false` or `optOut: [NAME, old-*]`, and `reason: TEXT`. Other keys
/// belong to later versions and are passed over; an empty file says nothing. `invalid`, with line
/// and column: it cannot be read, and then the repository is to be left alone, because somebody
/// wanted to say something. Never reads more than the limit.
[[nodiscard]] result<opt_out> parse_opt_out(std::string_view text);

}  // namespace skein::schedule
