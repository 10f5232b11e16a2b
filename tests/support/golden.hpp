// Golden files: expected texts under tests/data/golden, renewed by SKEIN_TEST_ACCEPT=1.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace skein::test {

inline std::string golden_path(const std::string& name) {
  return SKEIN_TEST_SOURCE_DIR "/data/golden/" + name;
}

/// Fails when `text` differs from the golden file; with SKEIN_TEST_ACCEPT=1 it becomes the file.
inline void expect_golden(const std::string& name, const std::string& text) {
  if (const char* accept = std::getenv("SKEIN_TEST_ACCEPT"); accept && accept == std::string("1")) {
    std::ofstream(golden_path(name), std::ios::binary) << text;
    return;
  }
  std::ifstream file(golden_path(name), std::ios::binary);
  ASSERT_TRUE(file) << "no golden file " << golden_path(name) << "; SKEIN_TEST_ACCEPT=1 makes it";
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(expected, text) << "if the change is wanted, renew with SKEIN_TEST_ACCEPT=1";
}

}  // namespace skein::test
