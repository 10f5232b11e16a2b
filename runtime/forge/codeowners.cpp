// See codeowners.hpp.
#include "runtime/forge/codeowners.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace skein::forge {
namespace {

constexpr std::size_t most_skipped = 100;
constexpr std::size_t most_owners_in_line = 1000;
constexpr std::size_t most_steps = 20'000'000;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || also.find(c) != std::string_view::npos;
  });
}

std::optional<owner> read_owner(std::string_view text) {
  if (text.starts_with('@')) {
    text.remove_prefix(1);
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
      if (!all_of(text, "-_")) return std::nullopt;
      return owner{owner_kind::user, std::string(text)};
    }
    if (!all_of(text.substr(0, slash), "-_") || !all_of(text.substr(slash + 1), "-_.")) {
      return std::nullopt;
    }
    return owner{owner_kind::team, std::string(text)};
  }
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || !all_of(text.substr(0, at), "._%+-")) return std::nullopt;
  const std::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.rfind('.');
  if (!all_of(domain, ".-") || dot == std::string_view::npos || dot == 0 ||
      domain.size() - dot < 3) {
    return std::nullopt;
  }
  return owner{owner_kind::email, std::string(text)};
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  return line;
}

/// Up to the first space without a backslash before it.
std::string_view take_pattern(std::string_view& line) {
  std::size_t end = 0;
  while (end < line.size() && !is_space(line[end])) end += line[end] == '\\' ? 2 : 1;
  end = std::min(end, line.size());
  const std::string_view pattern = line.substr(0, end);
  line.remove_prefix(end);
  return pattern;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

result<owner_rule> read_rule(std::string_view line) {
  const std::string_view text = take_pattern(line);
  SKEIN_TRY(pattern, owner_pattern::compile(text));
  owner_rule rule{0, std::string(text), std::move(pattern), {}};
  line = line.substr(0, line.find('#'));
  while (true) {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    if (line.empty()) return rule;
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const auto who = read_owner(line.substr(0, end));
    if (!who)
      return error{errc::invalid, "an owner is neither @user, @org/team nor an address", ""};
    if (rule.owners.size() == most_owners_in_line) {
      return error{errc::invalid, "more than 1000 owners", ""};
    }
    rule.owners.push_back(*who);
    line.remove_prefix(end);
  }
}

const owner_rule* find_rule(const codeowners& file, std::string_view path, std::size_t& steps) {
  const auto names = split(path);
  for (auto rule = file.rules.rbegin(); rule != file.rules.rend(); ++rule) {
    if (rule->pattern.matches(names, steps)) return &*rule;
    if (steps == 0) return nullptr;
  }
  return nullptr;
}

/// Names of accounts do not differ by case alone; addresses are left as they are.
std::string identity(const owner& who) {
  std::string name = who.name;
  if (who.kind == owner_kind::email) return "e" + name;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return (who.kind == owner_kind::user ? "u" : "t") + name;
}

}  // namespace

codeowners parse_codeowners(std::string_view content) {
  codeowners out;
  if (content.size() >= codeowners_limit) {
    out.ignored =
        "the file has " + std::to_string(content.size()) + " bytes; from 3 MB on it is not loaded";
    return out;
  }
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  for (std::uint32_t number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    const std::string_view line = trimmed(content.substr(0, end));
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    auto rule = read_rule(line);
    if (rule) {
      rule->line = number;
      out.rules.push_back(std::move(*rule));
      continue;
    }
    ++out.skipped_lines;
    if (out.skipped.size() < most_skipped) out.skipped.push_back({number, rule.error().message});
  }
  return out;
}

const owner_rule* owning_rule(const codeowners& file, std::string_view path) {
  std::size_t steps = most_steps;
  return find_rule(file, path, steps);
}

ownership owners_of(const codeowners& file, const std::vector<std::string>& paths) {
  ownership out;
  std::size_t steps = most_steps;
  std::map<const owner_rule*, std::uint32_t> hits;
  for (const auto& path : paths) {
    const owner_rule* rule = find_rule(file, path, steps);
    if (steps == 0) {
      out.complete = false;
      break;
    }
    if (rule == nullptr || rule->owners.empty()) {
      ++out.unowned;
    } else {
      ++hits[rule];
    }
  }
  // Rules lie in one vector: the order of their addresses is that of the file.
  std::map<std::string, std::size_t> known;
  for (const auto& [rule, count] : hits) {
    std::vector<std::string> in_rule;
    for (const auto& who : rule->owners) {
      const std::string name = identity(who);
      if (std::find(in_rule.begin(), in_rule.end(), name) != in_rule.end()) continue;
      in_rule.push_back(name);
      const auto [place, added] = known.try_emplace(name, out.owners.size());
      if (added) out.owners.push_back({who, 0});
      out.owners[place->second].paths += count;
    }
  }
  std::stable_sort(out.owners.begin(), out.owners.end(),
                   [](const auto& a, const auto& b) { return a.paths > b.paths; });
  return out;
}

reviewers choose_reviewers(const ownership& from, std::string_view author,
                           std::string_view organisation, std::size_t most) {
  reviewers out;
  const std::string self = identity({owner_kind::user, std::string(author)});
  const std::string home = identity({owner_kind::team, std::string(organisation)}) + "/";
  for (const auto& [who, paths] : from.owners) {
    if (who.kind == owner_kind::email) {
      if (out.emails.size() < most) {
        out.emails.push_back(who.name);
      } else {
        ++out.left_out;
      }
      continue;
    }
    const std::string name = identity(who);
    if (name == self) continue;
    const bool foreign = who.kind == owner_kind::team && !name.starts_with(home);
    if (foreign || out.users.size() + out.teams.size() >= most) {
      ++out.left_out;
    } else if (who.kind == owner_kind::user) {
      out.users.push_back(who.name);
    } else {
      out.teams.push_back(who.name.substr(who.name.find('/') + 1));
    }
  }
  return out;
}

}  // namespace skein::forge
