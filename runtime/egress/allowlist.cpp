#include "runtime/egress/allowlist.hpp"

#include <algorithm>

namespace skein::egress {

result<host_rule> parse_rule(std::string_view text) {
  const auto refuse = [text](const std::string& why) {
    return error{errc::invalid,
                 "read the host rule '" + std::string(text.substr(0, 300)) + "': " + why,
                 "write host:port or *.suffix:port, such as registry.npmjs.org:443"};
  };
  host_rule rule;
  std::string_view rest = text;
  if (rest.starts_with("*.")) {
    rule.subdomains = true;
    rest.remove_prefix(2);
  }
  auto parsed = parse_authority(rest, 443);
  if (!parsed) return refuse(parsed.error().message);
  if (rule.subdomains && (parsed->host.literal || parsed->host.text.find('.') == std::string::npos))
    return refuse("a suffix needs two labels or more");
  // Other forms of an address never match: clients must write it like the rule.
  if (parsed->host.literal && parsed->host.literal->to_string() != parsed->host.text)
    return refuse("write the address as " + parsed->host.literal->to_string());
  rule.host = parsed->host.text;
  rule.port = parsed->port;
  return rule;
}

std::string to_string(const host_rule& rule) {
  const bool version_6 = rule.host.find(':') != std::string::npos;
  return (rule.subdomains ? "*." : "") + (version_6 ? "[" + rule.host + "]" : rule.host) + ":" +
         std::to_string(rule.port);
}

void allowlist::add(host_rule rule) {
  const auto same = std::find_if(rules_.begin(), rules_.end(), [&rule](const host_rule& known) {
    return known.host == rule.host && known.port == rule.port &&
           known.subdomains == rule.subdomains;
  });
  if (same == rules_.end()) {
    rules_.push_back(std::move(rule));
  } else {
    *same = std::move(rule);
  }
}

const host_rule* allowlist::find(const host_name& host, std::uint16_t port) const {
  const host_rule* best = nullptr;
  for (const host_rule& rule : rules_) {
    if (rule.port != port) continue;
    if (!rule.subdomains) {
      if (rule.host == host.text) return &rule;
      continue;
    }
    if (host.literal || host.text.size() < rule.host.size() + 2 ||
        !host.text.ends_with(rule.host) ||
        host.text[host.text.size() - rule.host.size() - 1] != '.')
      continue;
    if (best == nullptr || rule.host.size() > best->host.size()) best = &rule;
  }
  return best;
}

}  // namespace skein::egress
