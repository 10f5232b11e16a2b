// Parsing and writing of durations, sizes and shares.
#include "schema/quantity.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace skein::schema {

namespace {

constexpr double longest_ms = 3650.0 * 24 * 3600 * 1000;
constexpr double most_bytes = 9007199254740992.0;  // 2^53: exact in a double

/// Digits with at most one point, from the front of `text`, which it shortens. No sign, no
/// exponent.
std::optional<double> take_number(std::string_view& text) {
  std::size_t length = 0;
  bool point = false;
  while (length < text.size() && ((text[length] >= '0' && text[length] <= '9') ||
                                  (text[length] == '.' && !point && length > 0))) {
    point = point || text[length] == '.';
    ++length;
  }
  if (length == 0 || length > 32 || text[length - 1] == '.') return std::nullopt;
  double value = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + length, value, std::chars_format::fixed);
  if (failed != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] >= 'a' && text[length] <= 'z') ||
                                  (text[length] >= 'A' && text[length] <= 'Z'))) {
    ++length;
  }
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

std::optional<std::chrono::milliseconds> checked_duration(double ms) {
  if (!(ms >= 0) || ms > longest_ms) return std::nullopt;
  return std::chrono::milliseconds{std::llround(ms)};
}

std::optional<std::uint64_t> checked_bytes(double bytes) {
  if (!(bytes >= 0) || bytes >= most_bytes) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(bytes));
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
  double total = 0;
  std::size_t next_unit = 0;
  bool first = true;
  while (first || !text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view letters = take_letters(text);
    if (first && letters.empty() && text.empty()) return checked_duration(*number * 1000);
    while (next_unit < units.size() && units[next_unit].first != letters) ++next_unit;
    if (next_unit == units.size()) return std::nullopt;
    total += *number * units[next_unit].second;
    ++next_unit;
    first = false;
  }
  return checked_duration(total);
}

std::optional<std::chrono::milliseconds> duration_of(const nlohmann::json& value) {
  if (value.is_string()) return parse_duration(value.get_ref<const std::string&>());
  if (value.is_number()) return checked_duration(value.get<double>() * 1000);
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds value) {
  const std::int64_t ms = value.count();
  if (ms == 0) return "0s";
  if (ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
  if (ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 10> units{
      {{"", 1},
       {"B", 1},
       {"KB", 1e3},
       {"MB", 1e6},
       {"GB", 1e9},
       {"TB", 1e12},
       {"KiB", 1024.0},
       {"MiB", 1024.0 * 1024},
       {"GiB", 1024.0 * 1024 * 1024},
       {"TiB", 1024.0 * 1024 * 1024 * 1024}}};
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (name == text) return checked_bytes(*number * factor);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> bytes_of(const nlohmann::json& value) {
  if (value.is_string()) return parse_bytes(value.get_ref<const std::string&>());
  if (value.is_number()) return checked_bytes(value.get<double>());
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  const auto number = take_number(text);
  if (!number || text != "%" || *number > 100) return std::nullopt;
  return number;
}

std::string format_percent(double value) {
  std::array<char, 64> text{};
  const auto [end, failed] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failed != std::errc{}) return "0%";
  return std::string(text.data(), end) + "%";
}

std::optional<double> share_of(const nlohmann::json& value) {
  if (value.is_string()) {
    const auto percent = parse_percent(value.get_ref<const std::string&>());
    return percent ? std::optional(*percent / 100) : std::nullopt;
  }
  if (!value.is_number()) return std::nullopt;
  const double share = value.get<double>();
  return share >= 0 && share <= 1 ? std::optional(share) : std::nullopt;
}

}  // namespace skein::schema
