#include "runtime/model/failure_reading.hpp"

#include "runtime/model/json_text.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace skein::model {
namespace {

constexpr std::size_t longest_text = 400;
constexpr std::size_t telling = 8;
constexpr std::string_view blotted = "[key]";

/// The first row that fits decides. `needle` is looked for in type, code and message, in lower
/// case; 0: any status.
struct error_row {
  int status;
  std::string_view needle;
  failure_kind kind;
};

constexpr std::array rows{
    error_row{0, "context_length_exceeded", failure_kind::context_length},
    error_row{0, "prompt is too long", failure_kind::context_length},
    error_row{0, "maximum context length", failure_kind::context_length},
    error_row{0, "context window", failure_kind::context_length},
    error_row{0, "input length and `max_tokens` exceed", failure_kind::context_length},
    error_row{0, "input is too long", failure_kind::context_length},
    error_row{0, "string_above_max_length", failure_kind::context_length},
    error_row{0, "request_too_large", failure_kind::context_length},
    error_row{413, "", failure_kind::context_length},
    error_row{0, "insufficient_quota", failure_kind::quota},
    error_row{0, "billing_error", failure_kind::quota},
    error_row{0, "credit balance", failure_kind::quota},
    error_row{0, "billing_hard_limit", failure_kind::quota},
    error_row{402, "", failure_kind::quota},
    error_row{0, "overloaded", failure_kind::overloaded},
    error_row{529, "", failure_kind::overloaded},
    error_row{429, "", failure_kind::rate_limited},
    error_row{0, "rate_limit", failure_kind::rate_limited},
    error_row{401, "", failure_kind::authentication},
    error_row{403, "", failure_kind::authentication},
    error_row{0, "authentication_error", failure_kind::authentication},
    error_row{0, "permission_error", failure_kind::authentication},
    error_row{0, "invalid_api_key", failure_kind::authentication},
    error_row{408, "", failure_kind::timeout},
    error_row{0, "timeout_error", failure_kind::timeout},
    error_row{409, "", failure_kind::overloaded},
    error_row{425, "", failure_kind::overloaded},
    error_row{0, "api_error", failure_kind::overloaded},
    error_row{0, "server_error", failure_kind::overloaded},
    error_row{0, "invalid_request", failure_kind::invalid_request},
    error_row{0, "not_found", failure_kind::invalid_request},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

failure_kind kind_of(int status, const std::string& said) {
  for (const error_row& row : rows)
    if ((row.status == 0 || row.status == status) && said.find(row.needle) != std::string::npos)
      return row.kind;
  if (status >= 300 && status < 400) return failure_kind::redirected;
  if (status >= 500) return failure_kind::overloaded;
  return status >= 400 ? failure_kind::invalid_request : failure_kind::other;
}

bool shares_with(std::string_view word, std::string_view key) {
  if (key.size() <= telling) return !key.empty() && word.find(key) != std::string_view::npos;
  for (std::size_t at = 0; at + telling <= key.size(); ++at)
    if (word.find(key.substr(at, telling)) != std::string_view::npos) return true;
  return false;
}

}  // namespace

wire_fault read_error(const nlohmann::json& object, int status) {
  const auto short_text = [](std::string_view text) { return text.substr(0, 4 * longest_text); };
  const std::string_view type = short_text(text_of(object, "type"));
  const std::string_view code = short_text(text_of(object, "code"));
  const std::string_view message =
      short_text(object.is_string() ? std::string_view(object.get_ref<const std::string&>())
                                    : text_of(object, "message"));
  const std::string said =
      lower(std::string(type) + "\n" + std::string(code) + "\n" + std::string(message));
  std::string text(code.empty() ? type : code);
  if (!message.empty()) text += (text.empty() ? "" : ": ") + std::string(message);
  return {kind_of(status, said), text.empty() ? "an error without a reason" : text};
}

wire_fault read_error_reply(int status, std::string_view body) {
  const auto parsed = read_json(body);
  wire_fault out;
  if (status >= 300 && status < 400)
    out = {failure_kind::redirected, "it wants to send us elsewhere"};
  else if (parsed && !member(*parsed, "error").is_null())
    out = read_error(member(*parsed, "error"), status);
  else if (parsed && parsed->is_object())
    out = read_error(*parsed, status);
  else
    out = {kind_of(status, lower(body.substr(0, 4 * longest_text))),
           std::string(body.substr(0, longest_text))};
  out.text = "status " + std::to_string(status) + (out.text.empty() ? "" : ": " + out.text);
  return out;
}

std::optional<std::chrono::milliseconds> retry_after(const http::reply& head) {
  const auto number = [](const std::string* text) -> std::optional<double> {
    if (text == nullptr) return std::nullopt;
    double value = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failed != std::errc() || end != text->data() + text->size() || !(value >= 0) || value > 1e9)
      return std::nullopt;
    return value;
  };
  if (const auto exact = number(head.find("retry-after-ms")))
    return std::chrono::milliseconds(static_cast<std::int64_t>(*exact));
  const std::string* said = head.find("retry-after");
  if (const auto seconds = number(said))
    return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  const std::string* date = head.find("date");
  if (said == nullptr || date == nullptr) return std::nullopt;
  const auto then = ::curl_getdate(said->c_str(), nullptr);
  const auto now = ::curl_getdate(date->c_str(), nullptr);
  if (then < 0 || now < 0) return std::nullopt;
  return std::chrono::seconds(std::max<std::int64_t>(then - now, 0));
}

void blot(std::string& text, std::string_view key) {
  if (key.empty()) return;
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at))
    text.replace(at, key.size(), blotted), at += blotted.size();
}

std::string safe_text(std::string_view text, std::string_view key) {
  std::string out;
  text = text.substr(0, 4 * longest_text);
  while (!text.empty() && out.size() < longest_text) {
    const auto end = text.find_first_of(" \t\r\n\"'`,;()[]{}<>=");
    const std::string_view word = text.substr(0, end);
    if (shares_with(word, key))
      out += blotted;
    else
      for (const char c : word)
        out += static_cast<unsigned char>(c) >= 32 && static_cast<unsigned char>(c) < 127 ? c : '?';
    if (end == std::string_view::npos) break;
    out += static_cast<unsigned char>(text[end]) < 32 ? ' ' : text[end];
    text.remove_prefix(end + 1);
  }
  if (out.size() > longest_text) out.resize(longest_text);
  return out;
}

}  // namespace skein::model
