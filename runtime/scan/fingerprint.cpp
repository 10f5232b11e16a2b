// See fingerprint.hpp.
#include "runtime/scan/fingerprint.hpp"

#include "runtime/scan/entropy.hpp"
#include "schema/identity.hpp"

#include <algorithm>

namespace skein::scan {
namespace {

constexpr std::size_t farthest = 512;
constexpr std::size_t hash_block = 64;

std::string bytes_of(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  }
  return out;
}

/// RFC 2104.
std::string hmac(std::string_view key, std::string_view text) {
  std::string padded =
      key.size() > hash_block ? bytes_of(schema::sha256_hex(key)) : std::string{key};
  padded.resize(hash_block, '\0');
  std::string inner = padded;
  std::string outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  inner += text;
  return schema::sha256_hex(outer + bytes_of(schema::sha256_hex(inner)));
}

}  // namespace

std::string fingerprint_of(const fingerprint_parts& parts) {
  std::string identity;
  for (const std::string_view each : {parts.rule, parts.path}) {
    identity.append(each).push_back('\0');
  }
  if (!parts.key.empty()) return hmac(parts.key, identity.append(parts.secret));
  identity.append(is_beyond_guessing(parts.secret) ? parts.secret : parts.around);
  return schema::sha256_hex(identity);
}

std::string text_around(std::string_view text, const std::vector<span>& spans, std::size_t number) {
  const span& found = spans[number];
  std::size_t begin = found.begin;
  while (begin > 0 && text[begin - 1] != '\n' && found.begin - begin < farthest) --begin;
  std::size_t end = found.end;
  while (end < text.size() && text[end] != '\n' && end - found.end < farthest) ++end;
  std::size_t first = number;
  while (first > 0 && spans[first - 1].end > begin) --first;
  std::string out;
  std::size_t at = begin;
  for (std::size_t i = first; i < spans.size() && spans[i].begin < end; ++i) {
    if (spans[i].begin > at) out += text.substr(at, spans[i].begin - at);
    out += '\0';
    at = std::max(at, spans[i].end);
  }
  if (at < end) out += text.substr(at, end - at);
  return out;
}

}  // namespace skein::scan
