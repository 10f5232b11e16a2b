// Builds the automaton. See keyword_search.hpp.
#include "runtime/scan/keyword_search.hpp"

#include <algorithm>
#include <limits>

namespace skein::scan {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

struct node {
  std::vector<std::uint32_t> next;
  std::vector<std::uint32_t> groups;
  std::uint32_t fallback = 0;
};

}  // namespace

keyword_search::keyword_search(const std::vector<std::vector<std::string>>& words) {
  for (const auto& group : words) {
    for (const auto& word : group) {
      for (const char c : word) {
        auto& known = class_of_[static_cast<unsigned char>(c)];
        // At most 230 different bytes are left once capital letters are folded.
        if (known == 0) known = static_cast<std::uint8_t>(classes_++);
      }
    }
  }
  for (char c = 'a'; c <= 'z'; ++c) {
    class_of_[static_cast<unsigned char>(c - 'a' + 'A')] = class_of_[static_cast<unsigned char>(c)];
  }

  std::vector<node> nodes{{std::vector<std::uint32_t>(classes_, none), {}, 0}};
  for (std::uint32_t group = 0; group < words.size(); ++group) {
    for (const auto& word : words[group]) {
      std::uint32_t at = 0;
      for (const char c : word) {
        const std::uint8_t by = class_of_[static_cast<unsigned char>(c)];
        if (nodes[at].next[by] == none) {
          nodes[at].next[by] = static_cast<std::uint32_t>(nodes.size());
          nodes.push_back({std::vector<std::uint32_t>(classes_, none), {}, 0});
        }
        at = nodes[at].next[by];
      }
      nodes[at].groups.push_back(group);
    }
  }

  // Breadth first, so that the node to fall back to, which is less deep, is finished.
  std::vector<std::uint32_t> order{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t at = order[i];
    for (std::uint32_t by = 0; by < classes_; ++by) {
      const std::uint32_t beyond = at == 0 ? 0 : nodes[nodes[at].fallback].next[by];
      std::uint32_t& next = nodes[at].next[by];
      if (next == none) {
        next = beyond;
        continue;
      }
      nodes[next].fallback = beyond;
      const auto& inherited = nodes[beyond].groups;
      nodes[next].groups.insert(nodes[next].groups.end(), inherited.begin(), inherited.end());
      order.push_back(next);
    }
  }

  for (node& each : nodes) {
    std::sort(each.groups.begin(), each.groups.end());
    each.groups.erase(std::unique(each.groups.begin(), each.groups.end()), each.groups.end());
    groups_from_.push_back(static_cast<std::uint32_t>(groups_.size()));
    groups_.insert(groups_.end(), each.groups.begin(), each.groups.end());
  }
  groups_from_.push_back(static_cast<std::uint32_t>(groups_.size()));
  next_.reserve(nodes.size() * classes_);
  for (const node& each : nodes) {
    for (const std::uint32_t to : each.next) {
      next_.push_back(to * classes_ | (nodes[to].groups.empty() ? 0 : accepts));
    }
  }
}

std::string lower_ascii(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace skein::scan
