// Secrets that are put together at run time, so that no test file holds one, and a fixture with the
// shipped rules.
#pragma once

#include "runtime/scan/secret_scanner.hpp"

#include <gtest/gtest.h>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace skein::scan {

/// `length` characters of `alphabet` without any order, always the same.
inline std::string noise(std::size_t length,
                         const std::string& alphabet =
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
  std::mt19937_64 random{length * 31 + alphabet.size()};
  std::string text;
  while (text.size() < length) text += alphabet[random() % alphabet.size()];
  return text;
}

inline const std::string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
inline const std::string hex = "0123456789abcdef";

inline std::vector<std::string> rules_of(const std::vector<secret_finding>& findings) {
  std::vector<std::string> rules;
  for (const auto& found : findings) rules.push_back(found.rule);
  return rules;
}

inline std::string pem(const std::string& kind, const std::string& line_end = "\n") {
  const std::string dashes(5, '-');
  std::string text = dashes + "BEGIN " + kind + dashes + line_end;
  for (std::size_t i = 0; i < 6; ++i) text += noise(64 - i) + line_end;
  return text + dashes + "END " + kind + dashes;
}

class shipped_rules : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded =
        secret_scanner::load(std::filesystem::path{SKEIN_TEST_SOURCE_DIR} / "../config/secrets");
    ASSERT_TRUE(loaded) << loaded.error().message;
    scanner_ = new secret_scanner{std::move(*loaded)};
  }
  static void TearDownTestSuite() {
    delete scanner_;
    scanner_ = nullptr;
  }
  static const secret_scanner& scanner() { return *scanner_; }

 private:
  inline static secret_scanner* scanner_ = nullptr;
};

}  // namespace skein::scan
