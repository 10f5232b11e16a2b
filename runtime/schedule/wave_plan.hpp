// Which repository is in which wave. Pure; `waves.hpp` decides when a wave opens.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::schedule {

struct fleet_repo {
  std::string url;
  std::string owner;  ///< of `owner_of`, or as the forge says
  std::vector<std::string> labels;
};

/// What a wave takes of the repositories that no wave before it took: exactly one of the five.
struct wave_rule {
  std::uint32_t size = 0;
  double percent = 0;  ///< of all repositories, rounded up
  std::string label;   ///< all that have it
  std::string owner;   ///< all of it
  bool rest = false;
};

/// The part of a repository's address before its name: `acme` of `git@host:acme/a.git` and of
/// `https://host/acme/a`, `platform/core` of a nested group; empty when there is none.
[[nodiscard]] std::string owner_of(std::string_view url);

/// The wave of each repository, counted from 0, in the order of `repos`. What no rule takes forms a
/// wave of its own at the end; a wave may be empty. `dependencies` are pairs (dependent, needed) of
/// places in `repos`: a dependent moves to a wave after what it needs, a new one at the end
/// if it has to; without `after_success` the same wave will do.
/// `invalid`: a rule without or with two choices, more than 10,000 rules, a place that is not
/// there, or a cycle, which the message names.
[[nodiscard]] result<std::vector<std::uint32_t>> plan_waves(
    const std::vector<wave_rule>& rules, const std::vector<fleet_repo>& repos,
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& dependencies = {},
    bool after_success = true);

/// The repositories so that each comes after what it needs; among equals the order given.
/// `invalid` names the cycle.
[[nodiscard]] result<std::vector<std::uint32_t>> order_by_need(
    const std::vector<fleet_repo>& repos,
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& dependencies);

}  // namespace skein::schedule
