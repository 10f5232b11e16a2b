#include "runtime/metrics/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace skein::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

figures some_figures() {
  figures out;
  out.runs[static_cast<std::size_t>(schema::run_state::published)] = 7;
  out.runs[static_cast<std::size_t>(schema::run_state::draft_published)] = 2;
  out.runs[static_cast<std::size_t>(schema::run_state::agent)] = 3;
  out.failures["F5"] = 4;
  out.incidents["canary_seen"] = 1;
  out.tenants.push_back({"payments", 1.5, 1200});
  out.tenants.push_back({"we \"quote\"\\\nlines", 0.25, 10});
  out.tenants.push_back({"", 9, 90});
  return out;
}

surroundings some_surroundings() {
  return {"1.2.3", 8, true, 1'700'000'000, 0.003};
}

TEST(Exposition, SaysTheFigures) {
  const auto text = exposition(some_figures(), some_surroundings());
  EXPECT_THAT(text, HasSubstr("skein_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("skein_runs{state=\"published\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("skein_published_total 9\n"));
  EXPECT_THAT(text, HasSubstr("skein_cells_in_use 3\n"));
  EXPECT_THAT(text, HasSubstr("skein_failures_total{class=\"F5\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("skein_failures_total{class=\"F12\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("skein_incidents_total{kind=\"canary_seen\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("skein_usd_total{tenant=\"payments\"} 1.5\n"));
}

TEST(Exposition, KeepsForeignNamesInsideTheirQuotes) {
  const auto text = exposition(some_figures(), some_surroundings());
  EXPECT_THAT(text, HasSubstr("tenant=\"we \\\"quote\\\"\\\\\\nlines\"} 10\n"));
  EXPECT_THAT(text, Not(HasSubstr("\nlines")));
}

TEST(Exposition, HasEverySeriesOnce) {
  std::istringstream lines(exposition(some_figures(), some_surroundings()));
  std::set<std::string> seen;
  std::string line;
  while (std::getline(lines, line)) {
    const auto series = line.starts_with("#") ? line : line.substr(0, line.rfind(' '));
    EXPECT_TRUE(seen.insert(series).second) << line;
  }
  EXPECT_GT(seen.size(), 60U);
}

TEST(Exposition, IsAcceptedByPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool here";
  const auto file = std::filesystem::temp_directory_path() /
                    ("skein-metrics-" + std::to_string(::getpid()) + ".txt");
  for (const auto& of : {some_figures(), figures{}}) {
    std::ofstream(file) << exposition(of, some_surroundings());
    const std::string check = "promtool check metrics < '" + file.string() + "'";
    EXPECT_EQ(std::system(check.c_str()), 0);
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace skein::metrics
