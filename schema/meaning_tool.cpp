// The rules of tool descriptors, approvals and controls that their JSON Schemas cannot say. What a
// descriptor tells a model is looked at by runtime/tools.
#include "schema/meaning.hpp"
#include "schema/names.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <set>

namespace skein::schema::detail {

using nlohmann::json;

namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n.");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n.") - first + 1);
}

/// A number with dots, and no way to mean more than one version: not `1.x`, not `^1.2`, not `1`.
bool is_exact_version(const std::string& text) {
  const std::string bare = text.starts_with('v') || text.starts_with('V') ? text.substr(1) : text;
  if (bare.empty() || bare.front() < '0' || bare.front() > '9') return false;
  const std::string core = bare.substr(0, bare.find_first_of("+-"));
  return std::all_of(bare.begin(), bare.end(),
                     [](unsigned char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '-';
                     }) &&
         core.find_first_of("xX") == std::string::npos && core.back() != '.' &&
         bare.find("..") == std::string::npos;
}

/// Programs that download what they run.
bool downloads(const std::string& program) {
  static constexpr const char* programs[] = {"npx",    "npm",     "pnpm", "pnpx",  "yarn", "bunx",
                                             "bun",    "uvx",     "uv",   "pipx",  "deno", "docker",
                                             "podman", "nerdctl", "go",   "cargo", "dnx"};
  const std::string base = lower(program.substr(program.rfind('/') + 1));
  return std::any_of(std::begin(programs), std::end(programs),
                     [&](const char* each) { return base == each; });
}

bool pins(const std::string& argument, const std::string& version) {
  if (argument.find("@sha256:") != std::string::npos) return true;
  for (const char* mark : {"@", "==", ":"}) {
    if (argument.ends_with(mark + version)) return true;
  }
  return false;
}

void check_command(const scope_of_check& origin) {
  const json& words = origin.value().at("command");
  const std::string version = origin.text("version");
  bool pinned = false;
  for (const scope_of_check& each : origin.each("command")) {
    const auto& word = each.value().get_ref<const std::string&>();
    if (has_control_character(word)) each.wrong("a control character in an argument", "text");
    if (lower(word).ends_with("@latest") || lower(word).ends_with(":latest")) {
      each.wrong("a version that moves: " + in_quotes(word), "the exact version " + version);
    }
    pinned = pinned || pins(word, version);
  }
  if (downloads(words.front().get<std::string>()) && !pinned) {
    origin.at("command").wrong(
        "the command downloads a server without its version",
        "an argument that ends in @" + version + ", or an image by @sha256:…");
  }
}

void check_url(const scope_of_check& origin) {
  const std::string url = origin.text("url");
  const bool https = url.starts_with("https://");
  const std::string rest = url.substr(std::min(url.size(), std::size_t{8}));
  const std::string host = rest.substr(0, rest.find_first_of("/?#"));
  if (!https || host.empty() || host.find_first_of("@ \\%") != std::string::npos ||
      has_control_character(url)) {
    // Not quoted: credentials may stand in it.
    origin.at("url").wrong("not the address of a server", "https://host/path without credentials");
  }
}

void check_origin(const scope_of_check& origin) {
  if (origin.text("kind") == "builtin") {
    for (const char* key : {"server", "version", "tool", "command", "url", "repository", "network"}) {
      if (origin.has(key)) {
        origin.at(key).wrong_key("key " + in_quotes(key) + " of a builtin tool", "only kind");
      }
    }
    return;
  }
  for (const char* key : {"server", "version"}) {
    if (!origin.has(key)) {
      origin.wrong("key " + in_quotes(key) + " is missing", "the pinned server of the tool");
    }
  }
  origin.name("server");
  origin.exactly_one({"command", "url"});
  if (origin.has("version") && !is_exact_version(origin.text("version"))) {
    origin.at("version").wrong("not an exact version: " + in_quotes(origin.text("version")),
                               "a version such as 1.4.2");
  }
  for (const char* key : {"repository", "network"}) {
    if (origin.has(key) && !origin.has("command")) {
      origin.at(key).wrong_key("key " + in_quotes(key) + " of a server without a command",
                               "it beside command, or not at all");
    }
  }
  if (origin.has("command")) check_command(origin);
  if (origin.has("url")) check_url(origin);
}

void check_manifest(const scope_of_check& spec) {
  static const std::set<std::string> placeholders{"todo", "tbd",     "fixme", "xxx", "?",
                                                  "-",    "--",      "n/a",   "na",  "…",
                                                  "null", "unknown", "??",    "tba"};
  for (const auto& [key, statement] : spec.members("manifest")) {
    const std::string text = lower(trimmed(statement.value().get<std::string>()));
    const bool needed = key == "preventingGate" || key == "provingLog";
    if (text.empty() || placeholders.contains(text)) {
      statement.wrong("the manifest says nothing about " + key,
                      "a statement, or none with a reason");
    } else if (needed && (text == "none" || text == "nothing" || text == "no")) {
      statement.wrong(
          "a capability without " + std::string(key == "provingLog" ? "a log" : "a gate"),
          key == "provingLog" ? "the record that proves that the gate ran" : "what prevents abuse");
    }
  }
}

}  // namespace

void check_tool(const scope_of_check& document) {
  const scope_of_check metadata = document.at("metadata");
  if (!is_exact_version(metadata.text("version"))) {
    metadata.at("version").wrong("not an exact version: " + in_quotes(metadata.text("version")),
                                 "a version such as 1.4.2");
  }
  const scope_of_check spec = document.at("spec");
  check_origin(spec.at("origin"));
  if (trimmed(spec.text("description")).empty()) {
    spec.at("description").wrong("the description is blank", "what the tool does, for people");
  }
  check_manifest(spec);
}

void check_agent_file(const scope_of_check& document) {
  check_metadata(document.at("metadata"));
  const scope_of_check spec = document.at("spec");
  spec.command("check");
  spec.command("command");
  check_manifest(spec);
}

void check_tool_approvals(const scope_of_check& document) {
  std::set<std::string> tools;
  for (const scope_of_check& each : document.each("approvals")) {
    const std::string sha256 = each.text("sha256");
    if (sha256.size() != 64 || sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
      each.at("sha256").wrong("not a SHA-256", "64 small hexadecimal digits");
    }
    each.line("by");
    if (!tools.insert(each.text("tool")).second) {
      each.at("tool").wrong("a second approval of " + in_quotes(each.text("tool")),
                            "one entry a tool");
    }
  }
}

void check_controls(const scope_of_check& document) {
  std::set<std::string> ids;
  for (const char* list : {"controls", "assets"}) {
    for (const scope_of_check& each : document.each(list)) {
      if (!ids.insert(each.text("id")).second) {
        each.at("id").wrong("a second entry for " + in_quotes(each.text("id")), "each ID once");
      }
    }
  }
  for (const scope_of_check& each : document.each("controls")) {
    const bool planned = each.has("planned") && each.value().at("planned") == true;
    if (planned && each.text("missing").empty()) {
      each.wrong("a planned control that does not say what is missing", "key missing");
    }
    if (each.text("record") == "none" && each.text("why").empty()) {
      each.at("record").wrong("no record and no reason", "key why");
    }
  }
}

}  // namespace skein::schema::detail
