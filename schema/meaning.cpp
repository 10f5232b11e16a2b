// The rules shared by all documents, and those of configuration and verifier files.
#include "schema/meaning.hpp"

#include "schema/names.hpp"
#include "schema/quantity.hpp"
#include "schema/text.hpp"

namespace skein::schema::detail {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;

std::string scope_of_check::text(const char* key) const {
  const auto found = value_.find(key);
  return found != value_.end() && found->is_string() ? found->get<std::string>() : std::string();
}

scope_of_check scope_of_check::at(const std::string& key) const {
  node_path path = path_;
  path.push_back(key);
  return {value_.at(key), std::move(path), out_};
}

std::vector<scope_of_check> scope_of_check::each(const char* key) const {
  std::vector<scope_of_check> out;
  const auto found = value_.find(key);
  if (found == value_.end() || !found->is_array()) return out;
  for (std::size_t index = 0; index < found->size(); ++index) {
    node_path path = path_;
    path.emplace_back(key);
    path.push_back(std::to_string(index));
    out.emplace_back((*found)[index], std::move(path), out_);
  }
  return out;
}

std::vector<std::pair<std::string, scope_of_check>> scope_of_check::members(const char* key) const {
  std::vector<std::pair<std::string, scope_of_check>> out;
  const auto found = value_.find(key);
  if (found == value_.end() || !found->is_object()) return out;
  for (const auto& [name, value] : found->items()) {
    node_path path = path_;
    path.emplace_back(key);
    path.push_back(name);
    out.emplace_back(name, scope_of_check(value, std::move(path), out_));
  }
  return out;
}

void scope_of_check::wrong(std::string what, std::string expected) const {
  if (out_.size() < most_faults) {
    out_.push_back({path_, false, std::move(what), std::move(expected)});
  }
}

void scope_of_check::wrong_key(std::string what, std::string expected) const {
  if (out_.size() < most_faults) {
    out_.push_back({path_, true, std::move(what), std::move(expected)});
  }
}

void scope_of_check::name(const char* key) const {
  if (!has(key) || is_name(text(key))) return;
  at(key).wrong("not a valid name: " + in_quotes(text(key)),
                "lower-case letters, digits, . _ - and at most 63 of them, starting with a letter "
                "or digit");
}

void scope_of_check::line(const char* key) const {
  if (!has_control_character(text(key))) return;
  at(key).wrong("a line break or control character in " + in_quotes(text(key)), "one line of text");
}

void scope_of_check::duration(const char* key, milliseconds low, milliseconds high) const {
  if (!has(key)) return;
  const auto value = duration_of(value_.at(key));
  if (value && *value >= low && *value <= high) return;
  at(key).wrong((value ? "duration out of range: " : "not a duration: ") +
                    (value_.at(key).is_string() ? in_quotes(text(key)) : value_.at(key).dump()),
                "a duration such as 30s, 5m or 1h30m, from " + format_duration(low) + " to " +
                    format_duration(high));
}

void scope_of_check::size(const char* key, std::uint64_t low, std::uint64_t high) const {
  if (!has(key)) return;
  const auto value = bytes_of(value_.at(key));
  if (value && *value >= low && *value <= high) return;
  at(key).wrong((value ? "size out of range: " : "not a size: ") +
                    (value_.at(key).is_string() ? in_quotes(text(key)) : value_.at(key).dump()),
                "a size such as 64KiB or 1MiB, from " + std::to_string(low) + " to " +
                    std::to_string(high) + " bytes");
}

void scope_of_check::word(const char* key, std::initializer_list<const char*> words) const {
  if (!has(key) || !value_.at(key).is_string()) return;
  std::string list;
  for (const char* each : words) {
    if (text(key) == each) return;
    list += (list.empty() ? "" : ", ") + std::string(each);
  }
  at(key).wrong("unknown value " + in_quotes(text(key)), list);
}

void scope_of_check::command(const char* key) const {
  if (!has(key)) return;
  if (text(key).find_first_not_of(" \t\r\n") == std::string::npos) {
    at(key).wrong("the command is blank", "a command line such as make -s test");
  }
}

void scope_of_check::exactly_one(std::initializer_list<const char*> keys) const {
  std::string list;
  for (const char* key : keys) list += (list.empty() ? "" : ", ") + std::string(key);
  int there = 0;
  for (const char* key : keys) {
    if (!has(key)) continue;
    if (++there == 2) {
      at(key).wrong_key("key " + in_quotes(key) + " excludes another that is there",
                        "exactly one of " + list);
    }
  }
  if (there == 0) wrong("a key is missing", "exactly one of " + list);
}

void check_metadata(const scope_of_check& metadata) {
  metadata.name("name");
  metadata.name("tenant");
  for (const auto& [key, label] : metadata.members("labels")) {
    if (!is_label_key(key)) {
      label.wrong_key("not a valid label key: " + in_quotes(key),
                      "letters, digits, . _ / - and at most 63 of them");
    }
    if (has_control_character(label.value().get_ref<const std::string&>())) {
      label.wrong("a line break or control character in a label", "one line of text");
    }
  }
}

namespace {

void check_verifier(const scope_of_check& spec) {
  spec.exactly_one({"run", "builtin"});
  spec.command("run");
  spec.duration("timeout", milliseconds{1}, hours{24});
  for (const scope_of_check& file : spec.each("whenFiles")) {
    const auto& text = file.value().get_ref<const std::string&>();
    if (text.find('/') != std::string::npos || has_control_character(text) || text == "." ||
        text == "..") {
      file.wrong("not a file name: " + in_quotes(text), "a name in the root such as pom.xml");
    }
  }
}

void check_egress(const scope_of_check& egress) {
  if (egress.has("upstreamProxy")) {
    std::string url = egress.text("upstreamProxy");
    const bool http = url.starts_with("http://");
    if (url.ends_with('/')) url.pop_back();
    const auto at = url.rfind('@');
    const std::string where = http ? url.substr(at == std::string::npos ? 7 : at + 1) : url;
    // Not quoted: a password may stand in it.
    if (!http || !is_host_port(where)) {
      egress.at("upstreamProxy")
          .wrong("not a proxy's URL", "http://host:port or http://user:password@host:port");
    }
  }
  for (const auto& [name, registry] : egress.members("registries")) {
    if (!is_name(name)) {
      registry.wrong_key("not a valid registry name: " + in_quotes(name),
                         "lower-case letters, digits, . _ - and at most 63 of them");
    }
    for (const scope_of_check& host : registry.each("hosts")) {
      const auto& text = host.value().get_ref<const std::string&>();
      if (!is_host_port(text.starts_with("*.") ? text.substr(2) : text)) {
        host.wrong("not a host with port: " + in_quotes(text), "host:port or *.suffix:port");
      }
    }
  }
}

void check_config(const scope_of_check& document) {
  document.duration("gitTimeout", std::chrono::seconds{1}, hours{24});
  for (const auto& [name, server] : document.members("toolServers"))
    server.duration("timeout", std::chrono::milliseconds{100}, hours{1});
  document.size("cellMemory", 16ULL << 20, 1ULL << 50);
  if (document.has("author")) {
    const scope_of_check author = document.at("author");
    for (const char* key : {"name", "email"}) {
      author.line(key);
      // git would cut the author line there.
      if (author.text(key).find_first_of("<>") != std::string::npos) {
        author.at(key).wrong("< or > in " + in_quotes(author.text(key)), "text without < and >");
      }
    }
    if (author.text("email").find(' ') != std::string::npos) {
      author.at("email").wrong("a space in " + in_quotes(author.text("email")), "a mail address");
    }
  }
  if (document.has("approvals")) {
    const scope_of_check approvals = document.at("approvals");
    approvals.duration("expireAfter", std::chrono::seconds{1}, hours{24 * 365});
    approvals.duration("escalateAfter", std::chrono::seconds{1}, hours{24 * 365});
  }
  if (document.has("egress")) check_egress(document.at("egress"));
  for (const auto& [name, tenant] : document.members("tenants")) {
    if (!is_name(name)) {
      tenant.wrong_key("not a valid tenant name: " + in_quotes(name),
                       "lower-case letters, digits, . _ - and at most 63 of them");
    }
  }
}

}  // namespace

std::vector<fault> check_meaning(const json& document, std::string_view name) {
  std::vector<fault> out;
  const scope_of_check root(document, {}, out);
  if (name == "config") {
    check_config(root);
    return out;
  }
  if (name == "policy") {
    check_policy(root);
    return out;
  }
  if (name == "tool") {
    check_tool(root);
    return out;
  }
  if (name == "agent") {
    check_agent_file(root);
    return out;
  }
  if (name == "tool-approvals") {
    check_tool_approvals(root);
    return out;
  }
  if (name == "controls") {
    check_controls(root);
    return out;
  }
  if (name == "tool-rules") return out;  // compiling them finds the rest
  check_metadata(root.at("metadata"));
  if (name == "task") check_task_spec(root.at("spec"));
  if (name == "campaign") check_campaign_spec(root.at("spec"));
  if (name == "verifier") check_verifier(root.at("spec"));
  return out;
}

}  // namespace skein::schema::detail
