// How long does the diff gate take? A change over eight languages, half of it tests, read from its
// patch and examined; milliseconds per 1,000 changed lines. Prints one JSON object. Fixed seed.
//
//   diff_gate [LINES [ROUNDS]]
#include "runtime/diff/examine.hpp"
#include "runtime/diff/patch_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace skein::diff;

struct shape {
  const char* source;
  const char* test;
  const char* code;
  const char* open;
  const char* assertion;
  const char* close;
};

constexpr shape shapes[] = {
    {"src/m%d.py", "tests/test_m%d.py", "    value_%d = compute(%d, \"text %d\")  # note",
     "def test_%d():", "    assert compute(%d) == %d", ""},
    {"src/m%d.ts", "src/m%d.test.ts", "  const value%d = compute(%d, 'text %d'); // note",
     "it('case %d', () => {", "  expect(compute(%d)).toBe(%d);", "});"},
    {"src/main/java/M%d.java", "src/test/java/M%dTest.java",
     "    int value%d = compute(%d, \"text %d\"); // note", "  @Test void case%d() {",
     "    assertEquals(compute(%d), %d);", "  }"},
    {"m%d.go", "m%d_test.go", "\tvalue%d := compute(%d, \"text %d\") // note",
     "func TestCase%d(t *testing.T) {", "\tassert.Equal(t, compute(%d), %d)", "}"},
    {"src/m%d.rs", "tests/m%d.rs", "    let value_%d = compute(%d, \"text %d\"); // note",
     "#[test] fn case_%d() {", "    assert_eq!(compute(%d), %d);", "}"},
    {"src/m%d.cpp", "tests/m%d_test.cpp", "  auto value_%d = compute(%d, \"text %d\");  // note",
     "TEST(M, Case%d) {", "  EXPECT_EQ(compute(%d), %d);", "}"},
    {"lib/m%d.rb", "spec/m%d_spec.rb", "  value_%d = compute(%d, 'text %d') # note",
     "it 'case %d' do", "  expect(compute(%d)).to eq(%d)", "end"},
    {"src/M%d.php", "tests/M%dTest.php", "    $value%d = compute(%d, 'text %d'); // note",
     "public function testCase%d() {", "    $this->assertSame(compute(%d), %d);", "}"},
};

// The formats are the ones above.
template <class... Numbers>
std::string filled(const char* format, Numbers... numbers) {
  char buffer[200];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
  std::snprintf(buffer, sizeof buffer, format, numbers...);
#pragma GCC diagnostic pop
  return buffer;
}

/// Files of 40 changed lines in 4 hunks: pairs of a removed and an added line.
std::string make_patch(int lines) {
  std::mt19937 random{11};
  std::string out;
  int file = 0;
  for (int made = 0; made < lines; made += 40, ++file) {
    const auto& as = shapes[static_cast<std::size_t>(file) % std::size(shapes)];
    const bool test = file % 2 == 0;
    const auto path = filled(test ? as.test : as.source, file);
    out += "diff --git a/" + path + " b/" + path + "\n--- a/" + path + "\n+++ b/" + path + "\n";
    for (int part = 0; part < 4; ++part) {
      const auto start = std::to_string(1 + part * 40);
      out += "@@ -" + start + ",11 +" + start + ",11 @@\n";
      for (int i = 0; i < 3; ++i) {
        out += " " +
               (test && i == 2 ? filled(as.open, file * 10 + part) : filled(as.code, i, i, i)) +
               "\n";
      }
      for (int i = 0; i < 5; ++i) {
        const int number = static_cast<int>(random() % 10'000);
        const auto line = [&](int value) {
          return test ? filled(as.assertion, number, value) : filled(as.code, number, value, i);
        };
        out += "-" + line(number) + "\n+" + line(number + 1) + "\n";
      }
      for (int i = 0; i < 3; ++i) {
        out += " " + (test && i == 0 ? std::string{as.close} : filled(as.code, i, i, i)) + "\n";
      }
    }
  }
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  const int lines = count > 1 ? std::max(40, std::atoi(arguments[1])) : 10'000;
  const int rounds = count > 2 ? std::max(1, std::atoi(arguments[2])) : 11;
  const auto began = std::chrono::steady_clock::now();
  const auto known = tables::load(SKEIN_DIFF_TABLES);
  const std::chrono::duration<double, std::milli> loaded = std::chrono::steady_clock::now() - began;
  if (!known) {
    std::fprintf(stderr, "%s\n", known.error().message.c_str());
    return 1;
  }
  skein::schema::task_spec task;
  task.scope.include = {"*"};
  const std::string patch = make_patch(lines);
  std::vector<double> times;
  std::size_t findings = 0;
  std::size_t changed = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const auto read = read_patch(patch);
    const auto found = examine(read, task, *known);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    times.push_back(took.count());
    findings = found.findings.size();
    changed = 0;
    for (const auto& file : found.files) changed += file.insertions + file.deletions;
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  std::printf(
      "{\"bench\":\"diff_gate\",\"changed_lines\":%zu,\"patch_bytes\":%zu,\"rounds\":%d,"
      "\"findings\":%zu,\"load_tables_ms\":%.1f,\"median_ms\":%.2f,\"ms_per_1000_lines\":%.3f}\n",
      changed, patch.size(), rounds, findings, loaded.count(), median,
      median * 1000.0 / static_cast<double>(changed));
  return 0;
}
