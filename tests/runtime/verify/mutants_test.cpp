// T7.5: faults in what a change added.
#include "runtime/verify/mutants.hpp"

#include "runtime/diff/patch_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::verify {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<mutant> of(const std::string& content, std::size_t most = 10,
                       const std::set<std::string>& sources = {"a.c"}) {
  auto change = std::make_shared<workspace::change_set>();
  change->files.push_back({"a.c", workspace::entry_kind::regular, content});
  std::string patch = "diff --git a/a.c b/a.c\nnew file mode 100644\n--- /dev/null\n+++ b/a.c\n";
  std::string lines;
  int count = 0;
  for (std::size_t at = 0; at < content.size(); ++count) {
    const auto end = content.find('\n', at);
    lines += "+" + content.substr(at, end - at) + "\n";
    at = end + 1;
  }
  const auto parsed =
      diff::read_patch(patch + "@@ -0,0 +1," + std::to_string(count) + " @@\n" + lines);
  return mutants_of(parsed, change, sources, most);
}

std::string wrong(const std::string& line) {
  const auto found = of("x;\n" + line + "\ny;\n");
  if (found.empty()) return "";
  EXPECT_EQ(found.front().line, 2U);
  const auto& content = found.front().change->files.front().content;
  EXPECT_THAT(content, ::testing::StartsWith("x;\n"));
  EXPECT_THAT(content, ::testing::EndsWith("\ny;\n"));
  return content.substr(3, content.size() - 7);
}

TEST(mutants, T7_5_one_fault_in_one_added_line) {
  EXPECT_EQ(wrong("if (a == b) c();"), "if (a != b) c();");
  EXPECT_EQ(wrong("if (a <= b) c();"), "if (a < b) c();");
  EXPECT_EQ(wrong("return a && b;"), "return a || b;");
  EXPECT_EQ(wrong("x = a + b"), "x = a - b");
  EXPECT_EQ(wrong("ok = True"), "ok = False");
  EXPECT_EQ(wrong("if (a === b) c()"), "if (a !== b) c()");
}

TEST(mutants, T7_5_what_is_no_fault_in_code_is_left) {
  EXPECT_EQ(wrong("// a == b"), "");
  EXPECT_EQ(wrong("   * a == b"), "");
  EXPECT_EQ(wrong("truely(falsey);"), "");
  EXPECT_EQ(wrong("x <<= 1;"), "");
  EXPECT_EQ(wrong("fn(a) -> b"), "");
  EXPECT_THAT(of("if (a == b)\n", 10, {}), IsEmpty());
}

TEST(mutants, T7_5_bounded_and_spread) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += "if (a == " + std::to_string(i) + ") b();\n";
  const auto found = of(content, 4);
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_EQ(found[0].line, 1U);
  EXPECT_EQ(found[3].line, 751U);
  EXPECT_THAT(found[3].what, HasSubstr("=="));
  EXPECT_THAT(of(content, 0), IsEmpty());
}

}  // namespace
}  // namespace skein::verify
