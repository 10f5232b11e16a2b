// See compare_tests.hpp.
#include "runtime/diff/compare_tests.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

namespace skein::diff {
namespace {

constexpr double similar_case = 0.5;
constexpr double similar_assertion = 0.5;
constexpr double similar_elsewhere = 0.6;
constexpr std::size_t most_pairs = 160'000;

template <class T>
using placed = std::vector<std::pair<std::size_t, const T*>>;

/// Removes what stands on both sides, `key` by `key`.
template <class T, class Key>
void cancel(placed<T>& before, placed<T>& after, Key&& key) {
  std::map<decltype(key(before.front())), std::vector<std::size_t>> there;
  for (std::size_t i = after.size(); i > 0; --i) there[key(after[i - 1])].push_back(i - 1);
  std::vector<bool> taken(after.size(), false);
  std::erase_if(before, [&](const auto& each) {
    const auto found = there.find(key(each));
    if (found == there.end() || found->second.empty()) return false;
    taken[found->second.back()] = true;
    found->second.pop_back();
    return true;
  });
  std::size_t next = 0;
  std::erase_if(after, [&](const auto&) { return taken[next++]; });
}

struct candidate {
  double score = 0;
  std::size_t before = 0;
  std::size_t after = 0;
};

/// Pairs the best first; each is used once. `score` <= 0: no pair.
template <class T, class Score, class Use>
void pair_up(placed<T>& before, placed<T>& after, Score&& score, Use&& use) {
  if (before.empty() || after.empty() || before.size() * after.size() > most_pairs) return;
  std::vector<candidate> all;
  for (std::size_t i = 0; i < before.size(); ++i) {
    for (std::size_t j = 0; j < after.size(); ++j) {
      const double value = score(before[i], after[j]);
      if (value > 0) all.push_back({value, i, j});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) {
    const auto gap = [](const candidate& c) {
      return c.before > c.after ? c.before - c.after : c.after - c.before;
    };
    return std::make_tuple(-a.score, gap(a)) < std::make_tuple(-b.score, gap(b));
  });
  std::vector<bool> used_before(before.size(), false);
  std::vector<bool> used_after(after.size(), false);
  for (const auto& each : all) {
    if (used_before[each.before] || used_after[each.after]) continue;
    used_before[each.before] = used_after[each.after] = true;
    use(before[each.before], after[each.after]);
  }
  std::size_t next = 0;
  std::erase_if(before, [&](const auto&) { return used_before[next++]; });
  next = 0;
  std::erase_if(after, [&](const auto&) { return used_after[next++]; });
}

/// Runs `with(before, after)` for each file that has both, on the parts that are in it.
template <class T, class With>
void by_file(placed<T>& before, placed<T>& after, With&& with) {
  std::map<std::size_t, std::pair<placed<T>, placed<T>>> parts;
  for (const auto& each : before) parts[each.first].first.push_back(each);
  for (const auto& each : after) parts[each.first].second.push_back(each);
  before.clear();
  after.clear();
  for (auto& [file, both] : parts) {
    with(both.first, both.second);
    before.insert(before.end(), both.first.begin(), both.first.end());
    after.insert(after.end(), both.second.begin(), both.second.end());
  }
}

double case_score(const test_case& before, const test_case& after) {
  // Nothing of it is shown, or nothing is in it: its name is all there is to go by.
  if (before.words.empty() && after.words.empty()) return before.hunk == after.hunk ? 0.5 : 0;
  const double common = std::min(share(before.words, after.words), 1.0);
  return common >= similar_case ? common : 0;
}

double assertion_score(const assertion& before, const assertion& after, bool same_test) {
  const double common = share(before.tokens, after.tokens);
  const bool near = before.hunk == after.hunk;
  double value = common + (same_test ? 0.3 : 0) + (near ? 0.2 : 0) +
                 (before.matcher == after.matcher ? 0.1 : 0);
  if (common >= similar_assertion || (common > 0 && same_test && near)) return value;
  // Rewritten altogether, but in its place.
  return same_test && near ? value * 0.5 : 0;
}

}  // namespace

double share(const std::set<std::string>& part, const std::set<std::string>& whole) {
  if (part.empty()) return 0;
  std::size_t common = 0;
  for (const auto& each : part) common += whole.count(each);
  return static_cast<double>(common) / static_cast<double>(part.size());
}

test_changes compare_tests(const std::vector<file_view>& files) {
  placed<test_case> cases_before;
  placed<test_case> cases_after;
  placed<assertion> before;
  placed<assertion> after;
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const auto& each : files[i].tests_before.cases) cases_before.emplace_back(i, &each);
    for (const auto& each : files[i].tests_after.cases) cases_after.emplace_back(i, &each);
    for (const auto& each : files[i].tests_before.assertions) before.emplace_back(i, &each);
    for (const auto& each : files[i].tests_after.assertions) after.emplace_back(i, &each);
  }
  test_changes out;

  const auto language_of = [&files](std::size_t file) -> std::string_view {
    const auto* as =
        files[file].old_language != nullptr ? files[file].old_language : files[file].new_language;
    return as == nullptr ? std::string_view{} : as->name;
  };
  cancel(cases_before, cases_after,
         [](const auto& each) { return std::tie(each.first, each.second->name); });
  cancel(cases_before, cases_after, [&](const auto& each) {
    return std::pair<std::string_view, std::string>{language_of(each.first), each.second->name};
  });
  const auto renamed = [](const auto& a, const auto& b) {
    return case_score(*a.second, *b.second);
  };
  std::map<std::pair<std::size_t, std::string>, std::string> new_names;
  const auto remember = [&new_names](const auto& a, const auto& b) {
    new_names[{a.first, a.second->name}] = b.second->name;
  };
  by_file(cases_before, cases_after,
          [&](auto& old_side, auto& new_side) { pair_up(old_side, new_side, renamed, remember); });
  pair_up(
      cases_before, cases_after,
      [&](const auto& a, const auto& b) {
        return language_of(a.first) == language_of(b.first) && !a.second->words.empty()
                   ? case_score(*a.second, *b.second)
                   : 0.0;
      },
      remember);
  for (const auto& [file, what] : cases_before) out.lost_cases.push_back({file, what});
  for (const auto& [file, what] : cases_after) out.new_cases.push_back({file, what});

  cancel(before, after, [](const auto& each) {
    return std::tie(each.first, each.second->test, each.second->key);
  });
  cancel(before, after, [](const auto& each) { return std::tie(each.first, each.second->key); });
  cancel(before, after, [](const auto& each) { return std::tie(each.second->key); });
  const auto use = [&out](const auto& a, const auto& b) {
    out.pairs.push_back({a.first, b.first, a.second, b.second});
  };
  by_file(before, after, [&](auto& old_side, auto& new_side) {
    pair_up(
        old_side, new_side,
        [&new_names](const auto& a, const auto& b) {
          const auto renamed_to = new_names.find({a.first, a.second->test});
          const auto& test = renamed_to == new_names.end() ? a.second->test : renamed_to->second;
          return assertion_score(*a.second, *b.second, test == b.second->test);
        },
        use);
  });
  pair_up(
      before, after,
      [&](const auto& a, const auto& b) {
        const double common = share(a.second->tokens, b.second->tokens);
        return common >= similar_elsewhere && language_of(a.first) == language_of(b.first) ? common
                                                                                           : 0.0;
      },
      use);
  out.lost = std::move(before);
  out.made = std::move(after);
  return out;
}

}  // namespace skein::diff
