#include "actors/console/credentials.hpp"

#include "actors/console/private_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace skein::console {

namespace {

std::string block(const std::string& name, const std::string& text) {
  std::string out = name + ": |\n";
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += "  " + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

std::string day_text(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  char out[32] = {};
  ::gmtime_r(&seconds, &parts);
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

}  // namespace

std::string to_yaml(const credentials& value) {
  std::string out =
      "# Credentials for a Skein fleet. Whoever has this file is " + value.name + ".\n";
  if (!value.server.empty()) out += "server: \"" + value.server + "\"\n";
  out += "name: \"" + value.name + "\"\ntoken: \"" + value.token + "\"\n";
  return out + block("authority", value.authority) + block("certificate", value.own.certificate) +
         block("key", value.own.key);
}

result<credentials> credentials_of(const std::string& yaml, const std::string& file) {
  try {
    const auto root = YAML::Load(yaml);
    if (!root.IsMap()) throw std::runtime_error("it is no mapping");
    const auto text = [&root](const char* key) {
      if (!root[key] || !root[key].IsScalar()) {
        throw std::runtime_error(std::string{key} + " is missing");
      }
      return root[key].as<std::string>();
    };
    credentials out;
    if (root["server"]) out.server = text("server");
    out.name = text("name");
    out.token = text("token");
    out.authority = text("authority");
    out.own = {text("certificate"), text("key")};
    return out;
  } catch (const std::exception& wrong) {
    return error{errc::invalid, "credentials " + file + ": " + wrong.what(),
                 "`skein operator add NAME --out FILE` writes such a file"};
  }
}

result<credentials> read_credentials(const std::filesystem::path& file) {
  SKEIN_TRY(text, read_private(file, true));
  return credentials_of(text, file.string());
}

result<> check_validity(const credentials& value, std::int64_t now_ms) {
  SKEIN_TRY(facts, read_certificate(value.own.certificate));
  if (now_ms >= facts.until_ms) {
    return error{errc::unauthorised,
                 "the certificate of " + facts.subject + " expired at " + day_text(facts.until_ms),
                 "`skein operator rotate " + facts.subject + "` on the fleet's machine"};
  }
  if (now_ms < facts.from_ms) {
    return error{
        errc::unauthorised,
        "the certificate of " + facts.subject + " is valid from " + day_text(facts.from_ms) + " on",
        "look at this machine's clock"};
  }
  return {};
}

result<endpoint> parse_endpoint(const std::string& text) {
  const error wrong{errc::invalid, "\"" + text.substr(0, 200) + "\" is no HOST:PORT",
                    "for example 127.0.0.1:4477 or [::1]:4477"};
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  endpoint out{text.substr(0, colon), text.substr(colon + 1)};
  if (out.host.front() == '[') {
    if (out.host.size() < 3 || out.host.back() != ']') return wrong;
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find(':') != std::string::npos) {
    return wrong;
  }
  const bool digits = !out.port.empty() && out.port.size() <= 5 &&
                      std::all_of(out.port.begin(), out.port.end(),
                                  [](char each) { return each >= '0' && each <= '9'; });
  if (!digits || std::stoul(out.port) > 65535 || out.host.size() > 253) return wrong;
  return out;
}

std::string to_string(const endpoint& value) {
  if (value.host.find(':') != std::string::npos) return "[" + value.host + "]:" + value.port;
  return value.host + ":" + value.port;
}

}  // namespace skein::console
