// See json_facts.hpp.
#include "runtime/forge/json_facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace skein::forge {
namespace {

using json = nlohmann::json;
constexpr int most_levels = 64;

const json* find(const json& from, const char* key) {
  if (!from.is_object()) return nullptr;
  const auto at = from.find(key);
  return at == from.end() ? nullptr : &*at;
}

}  // namespace

std::optional<json> parse_json(std::string_view text) {
  // The parser itself does not recurse, but destroying what is deep does: refused while reading.
  bool deep = false;
  const auto watch = [&deep](int depth, json::parse_event_t, json&) {
    deep = deep || depth > most_levels;
    return !deep;
  };
  json out = json::parse(text, watch, false);
  if (deep || out.is_discarded()) return std::nullopt;
  return out;
}

const json& object_in(const json& from, const char* key) {
  static const json none = json::object();
  const json* found = find(from, key);
  return found != nullptr && found->is_object() ? *found : none;
}

const json& array_in(const json& from, const char* key) {
  static const json none = json::array();
  const json* found = find(from, key);
  return found != nullptr && found->is_array() ? *found : none;
}

std::string text_in(const json& from, const char* key) {
  const json* found = find(from, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

std::int64_t number_in(const json& from, const char* key) {
  const json* found = find(from, key);
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool flag_in(const json& from, const char* key) {
  const json* found = find(from, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::int64_t time_in(const json& from, const char* key) {
  const std::string text = text_in(from, key);
  if (text.size() < 20 || text.back() != 'Z') return 0;
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> fields = {
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  std::array<int, 6> value{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const char* from_here = text.data() + fields[i].first;
    const char* to = from_here + fields[i].second;
    const auto [end, failed] = std::from_chars(from_here, to, value[i]);
    if (failed != std::errc{} || end != to) return 0;
  }
  const std::chrono::year_month_day day{std::chrono::year{value[0]},
                                        std::chrono::month{static_cast<unsigned>(value[1])},
                                        std::chrono::day{static_cast<unsigned>(value[2])}};
  if (!day.ok()) return 0;
  return std::chrono::sys_days{day}.time_since_epoch() / std::chrono::seconds{1} +
         value[3] * 3600LL + value[4] * 60LL + value[5];
}

check_state check_run_state(std::string_view status, std::string_view conclusion) {
  if (status != "completed") return check_state::pending;
  const bool good = conclusion == "success" || conclusion == "neutral" || conclusion == "skipped";
  return good ? check_state::passed : check_state::failed;
}

check_state commit_status_state(std::string_view state) {
  if (state == "pending") return check_state::pending;
  return state == "success" ? check_state::passed : check_state::failed;
}

}  // namespace skein::forge
