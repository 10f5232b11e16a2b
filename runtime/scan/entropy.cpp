// See entropy.hpp.
#include "runtime/scan/entropy.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace skein::scan {
namespace {

constexpr std::size_t least_length = 20;
constexpr double least_bits = 64;

int kind_of(char c) {
  if (c >= 'a' && c <= 'z') return 0;
  if (c >= 'A' && c <= 'Z') return 1;
  if (c >= '0' && c <= '9') return 2;
  return 3;
}

}  // namespace

double entropy_of(std::string_view text) {
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool is_beyond_guessing(std::string_view text) {
  if (text.size() < least_length) return false;
  // Words, dates and their like change the kind of character at their ends only.
  std::size_t changes = 0;
  for (std::size_t i = 1; i < text.size(); ++i) changes += kind_of(text[i - 1]) != kind_of(text[i]);
  if (changes * 5 < text.size() * 2) return false;
  return entropy_of(text) * static_cast<double>(text.size()) >= least_bits;
}

}  // namespace skein::scan
