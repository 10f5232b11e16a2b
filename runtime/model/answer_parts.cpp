#include "runtime/model/answer_parts.hpp"

#include "runtime/model/json_text.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace skein::model {
namespace {

constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_id = 64;
constexpr std::size_t most_oddities = 16;

bool alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool usable_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id && std::all_of(id.begin(), id.end(), [](char c) {
    return alphanumeric(c) || c == '_' || c == '-' || c == '.' || c == ':';
  });
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string out(name.substr(0, longest_id));
  for (char& c : out)
    if (!alphanumeric(c) && c != '_' && c != '-') c = '_';
  return out.empty() ? "unnamed" : out;
}

void answer_parts::add_text(std::string_view piece) {
  text_ += piece;
  bytes_ += piece.size();
}

fault answer_parts::open_call(std::uint64_t key, std::string_view id, std::string_view name) {
  auto found = calls_.find(key);
  if (found == calls_.end()) {
    if (calls_.size() >= most_calls_)
      return wire_fault{failure_kind::too_large,
                        "more than " + std::to_string(most_calls_) + " tool calls in one answer"};
    found = calls_.emplace(key, growing_call{}).first;
  }
  growing_call& one = found->second;
  if (one.id.empty()) one.id = id.substr(0, longest_id + 1);
  if (one.name.empty()) one.name = name.substr(0, longest_name + 1);
  return std::nullopt;
}

void answer_parts::append(growing_call& one, std::string_view piece) {
  bytes_ += piece.size();
  if (one.too_long) return;
  if (one.arguments.size() + piece.size() > most_bytes_) {
    one.too_long = true;
    one.arguments = {};
    return;
  }
  one.arguments += piece;
}

fault answer_parts::add_arguments(std::uint64_t key, std::string_view piece) {
  const auto found = calls_.find(key);
  if (found == calls_.end())
    return wire_fault{failure_kind::malformed, "arguments of a tool call that did not begin"};
  append(found->second, piece);
  return std::nullopt;
}

void answer_parts::set_arguments(std::uint64_t key, std::string_view whole) {
  const auto found = calls_.find(key);
  if (found == calls_.end()) return;
  growing_call& one = found->second;
  bytes_ -= std::min<std::uint64_t>(bytes_, one.arguments.size());
  one.arguments.clear();
  one.too_long = false;
  append(one, whole);
}

void answer_parts::odd(std::string what) {
  if (oddities_.size() < most_oddities &&
      std::find(oddities_.begin(), oddities_.end(), what) == oddities_.end())
    oddities_.push_back(std::move(what));
}

std::size_t answer_parts::position(std::uint64_t key) const {
  return static_cast<std::size_t>(std::distance(calls_.begin(), calls_.find(key)));
}

tool_request answer_parts::finished(const growing_call& one) const {
  tool_request out;
  out.id = one.id;
  out.name = one.name;
  if (out.name.empty() || out.name.size() > longest_name ||
      std::any_of(out.name.begin(), out.name.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 32 || c == 127; })) {
    out.malformed = "the tool's name is missing, too long or unprintable";
    out.name = plain_name(out.name);
    return out;
  }
  if (one.too_long) {
    out.malformed =
        "the arguments are longer than the " + std::to_string(most_bytes_) + " bytes allowed";
    return out;
  }
  // No arguments at all is how some providers write an empty object.
  if (one.arguments.find_first_not_of(" \t\r\n") == std::string::npos) return out;
  auto parsed = read_json(one.arguments);
  if (!parsed)
    out.malformed = "the arguments are not JSON, or nested too deep";
  else if (!parsed->is_object())
    out.malformed = "the arguments are not an object";
  else
    out.arguments = std::move(*parsed);
  return out;
}

void answer_parts::settle_ids(std::vector<tool_request>& calls) {
  std::set<std::string> taken;
  for (const tool_request& one : calls) taken.insert(one.id);
  std::set<std::string> used;
  std::size_t next = 0;
  for (tool_request& one : calls) {
    if (usable_id(one.id) && used.insert(one.id).second) continue;
    odd(one.id.empty() ? "tool call without an id" : "tool call id repeated or unusable");
    do {
      one.id = "call_" + std::to_string(++next);
    } while (taken.contains(one.id) || !used.insert(one.id).second);
  }
}

answer answer_parts::finish(stop_reason stop) {
  answer out;
  out.text = std::move(text_);
  for (const auto& [key, one] : calls_) out.calls.push_back(finished(one));
  settle_ids(out.calls);
  if (!out.calls.empty() && (stop == stop_reason::end || stop == stop_reason::other))
    stop = stop_reason::tool_calls;
  if (out.calls.empty() && stop == stop_reason::tool_calls) {
    odd("stopped for tool calls and made none");
    stop = stop_reason::end;
  }
  out.stop = stop;
  out.oddities = std::move(oddities_);
  return out;
}

}  // namespace skein::model
