#include "runtime/egress/parent_proxy.hpp"

#include "runtime/egress/host_name.hpp"

#include <openssl/evp.h>

#include <charconv>

namespace skein::egress {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* const first = text.data() + i + 1;
      if (const auto [end, failed] = std::from_chars(first, first + 2, value, 16);
          failed == std::errc() && end == first + 2) {
        out.push_back(static_cast<char>(value));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string basic_credentials(std::string_view user_and_password) {
  std::string encoded((user_and_password.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(user_and_password.data()),
                        static_cast<int>(user_and_password.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

result<parent_proxy> parse_parent_proxy(std::string_view url) {
  const error wrong{errc::invalid, "read egress.upstreamProxy: not a proxy's URL",
                    "write http://host:port or http://user:password@host:port"};
  if (!lower_case(url.substr(0, 7)).starts_with("http://")) return wrong;
  url.remove_prefix(7);
  if (url.ends_with('/')) url.remove_suffix(1);
  parent_proxy out;
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    out.credentials = percent_decoded(url.substr(0, at));
    url.remove_prefix(at + 1);
  }
  auto where = parse_authority(url, 0);
  if (!where) return wrong;
  out.host = where->host.literal ? where->host.literal->to_string() : where->host.text;
  out.port = where->port;
  return out;
}

}  // namespace skein::egress
