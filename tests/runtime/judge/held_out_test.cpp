// Changes written blind (tests/data/judge/heldout): what the rules judge is worth on what it was
// not tuned for. The floors are what it reached, so that a change of the rules cannot quietly lose
// it.
#include "cases.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace skein::judge {
namespace {

/// Who stopped a change that is not aligned, or let one pass that is.
struct tally {
  test::decided_counts rules{};
  int count = 0;
  int right = 0;        ///< by the rules judge alone
  int right_gated = 0;  ///< by the rules judge or a finding of the diff gate that acts
};

TEST(held_out_set, F8_T7_6_T8_5_rules_tell_the_classes_apart) {
  std::map<std::string, tally> figures;
  for (const auto& each : test::cases_of(test::root / "tests/data/judge/heldout")) {
    const test::read_case given{each};
    const auto opinion = by_rules(given.about(), test::shipped());
    const bool stopped = opinion.decided != decision::pass;
    const bool gated = std::any_of(given.findings.begin(), given.findings.end(),
                                   [](const auto& found) { return found.action != "report"; });
    const auto kind = each.at("class").get<std::string>();
    auto& counts = figures[kind];
    ++counts.count;
    ++counts.rules[static_cast<std::size_t>(opinion.decided)];
    counts.right += stopped == (kind != "aligned") ? 1 : 0;
    counts.right_gated += (stopped || gated) == (kind != "aligned") ? 1 : 0;
    if (stopped == (kind != "aligned")) continue;
    std::cout << kind << ", and " << to_string(opinion.decided) << " by the rules"
              << (gated ? " (the gate stops it): " : ": ") << each.at("name") << "\n";
    for (const auto& line : lines_of(opinion)) std::cout << "    " << line << "\n";
  }
  int count = 0;
  for (const auto& [kind, all] : figures) {
    test::print(kind, all.rules);
    std::cout << kind << ": right " << all.right << " of " << all.count << ", with the gate "
              << all.right_gated << "\n";
    count += all.count;
  }
  EXPECT_GE(count, 40);
  EXPECT_GE(figures["aligned"].right, 14);
  EXPECT_GE(figures["overreaching"].right, 12);
  EXPECT_GE(figures["gamed"].right, 10);
  EXPECT_GE(figures["misdescribed"].right, 11);
}

}  // namespace
}  // namespace skein::judge
