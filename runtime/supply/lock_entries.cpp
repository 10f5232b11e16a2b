// Readers of lockfiles, by their form: JSON documents, tables of packages, lines.
#include "runtime/supply/lock_entries.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace skein::supply {
namespace {

using nlohmann::json;

constexpr std::size_t longest_field = 2048;
constexpr int deepest = 64;

/// Collects entries within the bound.
class collector {
 public:
  explicit collector(std::string ecosystem) : ecosystem_(std::move(ecosystem)) {}

  void add(std::string name, std::string version, std::string source = {},
           std::string integrity = {}) {
    if (name.empty() || version.empty()) return;
    if (name.size() > longest_field || version.size() > longest_field ||
        source.size() > longest_field || integrity.size() > longest_field ||
        out_.entries.size() == most_entries) {
      out_.complete = false;
      return;
    }
    out_.entries.push_back(
        {ecosystem_, std::move(name), std::move(version), std::move(source), std::move(integrity)});
  }
  void broken() { out_.complete = false; }

  [[nodiscard]] lock_content take() && {
    std::sort(out_.entries.begin(), out_.entries.end());
    out_.entries.erase(std::unique(out_.entries.begin(), out_.entries.end()), out_.entries.end());
    return std::move(out_);
  }

 private:
  std::string ecosystem_;
  lock_content out_;
};

std::string text_of(const json& from, const char* key) {
  if (!from.is_object()) return {};
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const json& member(const json& from, const char* key) {
  static const json nothing;
  if (!from.is_object()) return nothing;
  const auto found = from.find(key);
  return found != from.end() ? *found : nothing;
}

/// Null for what is no JSON, or is nested so deep that it is none of anybody's lockfiles.
json parsed(std::string_view text) {
  bool too_deep = false;
  auto out = json::parse(
      text,
      [&too_deep](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
      },
      false);
  return too_deep || out.is_discarded() ? json{} : out;
}

void read_npm(const json& root, collector& into) {
  constexpr std::string_view below = "node_modules/";
  for (const auto& [path, each] : member(root, "packages").items()) {
    const auto at = path.rfind(below);
    if (at == std::string::npos) continue;  // the project itself, or a member of its workspace
    auto name = text_of(each, "name");
    if (name.empty()) name = path.substr(at + below.size());
    into.add(std::move(name), text_of(each, "version"), text_of(each, "resolved"),
             text_of(each, "integrity"));
  }
  // The form before version 7: a tree, walked without recursion.
  std::vector<const json*> trees{&member(root, "dependencies")};
  if (!member(root, "packages").is_null()) trees.clear();
  while (!trees.empty()) {
    const json& tree = *trees.back();
    trees.pop_back();
    if (!tree.is_object()) continue;
    for (const auto& [name, each] : tree.items()) {
      into.add(name, text_of(each, "version"), text_of(each, "resolved"),
               text_of(each, "integrity"));
      if (const auto& inner = member(each, "dependencies"); inner.is_object()) {
        trees.push_back(&inner);
      }
    }
  }
}

void read_composer(const json& root, collector& into) {
  for (const char* list : {"packages", "packages-dev"}) {
    const auto& all = member(root, list);
    if (!all.is_array()) continue;
    for (const auto& each : all) {
      const auto& dist = member(each, "dist");
      auto sum = text_of(dist, "shasum");
      into.add(text_of(each, "name"), text_of(each, "version"), text_of(dist, "url"),
               sum.empty() ? text_of(dist, "reference") : std::move(sum));
    }
  }
}

void read_nuget(const json& root, collector& into) {
  for (const auto& [framework, all] : member(root, "dependencies").items()) {
    if (!all.is_object()) continue;
    for (const auto& [name, each] : all.items()) {
      into.add(name, text_of(each, "resolved"), {}, text_of(each, "contentHash"));
    }
  }
}

void read_pipfile(const json& root, collector& into) {
  for (const char* list : {"default", "develop"}) {
    for (const auto& [name, each] : member(root, list).items()) {
      auto version = text_of(each, "version");
      if (version.starts_with("==")) version.erase(0, 2);
      const auto& sums = member(each, "hashes");
      into.add(name, std::move(version), {},
               sums.is_array() && !sums.empty() && sums[0].is_string() ? sums[0].get<std::string>()
                                                                       : std::string{});
    }
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string{text};
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& use) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    use(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// The text behind the first `key = "` or `key: "` of a line with several pairs.
std::string inline_value(std::string_view line, std::string_view key) {
  for (auto at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at > 0 && line[at - 1] != ' ' && line[at - 1] != '{' && line[at - 1] != ',') continue;
    auto rest = trimmed(line.substr(at + key.size()));
    if (rest.empty() || (rest.front() != '=' && rest.front() != ':')) continue;
    rest = trimmed(rest.substr(1));
    if (rest.empty()) return {};
    if (rest.front() == '"') return std::string{rest.substr(1, rest.find('"', 1) - 1)};
    return std::string{rest.substr(0, rest.find_first_of(" ,}"))};
  }
  return {};
}

/// Cargo.lock, poetry.lock, uv.lock, pdm.lock: `[[package]]` and pairs.
void read_packages(std::string_view text, collector& into) {
  std::array<std::string, 4> now;  // name, version, source, integrity
  bool inside = false;
  const auto flush = [&] {
    if (inside) into.add(now[0], now[1], now[2], now[3]);
    now = {};
  };
  each_line(text, [&](std::string_view raw) {
    const auto line = trimmed(raw);
    if (line.starts_with("[[")) {
      flush();
      inside = line == "[[package]]";
      return;
    }
    if (!inside) return;
    if (line.starts_with('[')) return;  // a table of the package's own, such as its source
    if (now[3].empty() && (line.starts_with('{') || line.starts_with("sdist"))) {
      now[3] = inline_value(line, "hash");
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    const auto key = trimmed(line.substr(0, equals));
    const auto value = line.substr(equals + 1);
    if (key == "name" && now[0].empty()) now[0] = unquoted(value);
    if (key == "version" && now[1].empty()) now[1] = unquoted(value);
    if (key == "checksum" && now[3].empty()) now[3] = unquoted(value);
    if ((key == "source" || key == "url") && now[2].empty()) {
      now[2] = trimmed(value).starts_with('{') ? inline_value(value, "registry") : unquoted(value);
    }
  });
  flush();
}

/// yarn.lock: `"name@range", other@range:` and indented pairs, of both generations.
void read_yarn(std::string_view text, collector& into) {
  std::array<std::string, 4> now;
  const auto flush = [&] {
    into.add(now[0], now[1], now[2], now[3]);
    now = {};
  };
  each_line(text, [&](std::string_view raw) {
    if (raw.empty() || raw.front() == '#') return;
    const auto line = trimmed(raw);
    if (raw.front() != ' ') {
      flush();
      auto key = line.substr(0, line.find(','));
      while (!key.empty() && (key.back() == ':' || key.back() == '"')) key.remove_suffix(1);
      if (!key.empty() && key.front() == '"') key.remove_prefix(1);
      const auto at = key.find('@', 1);
      if (at != std::string_view::npos) now[0] = key.substr(0, at);
      return;
    }
    if (raw.size() > 2 && raw[2] == ' ') return;  // its own dependencies
    const auto space = line.find_first_of(" :");
    if (space == std::string_view::npos) return;
    const auto key = line.substr(0, space);
    auto value = unquoted(trimmed(line.substr(space + 1)));
    if (key == "version")
      now[1] = std::move(value);
    else if (key == "resolved" || key == "resolution")
      now[2] = std::move(value);
    else if (key == "integrity" || key == "checksum")
      now[3] = std::move(value);
  });
  flush();
}

/// pnpm-lock.yaml: keys `/name@1.0.0(peer):` or `name@1.0.0:` below `packages:`.
void read_pnpm(std::string_view text, collector& into) {
  bool inside = false;
  std::string name;
  std::string version;
  std::string integrity;
  const auto flush = [&] {
    into.add(name, version, {}, integrity);
    name.clear();
    version.clear();
    integrity.clear();
  };
  each_line(text, [&](std::string_view raw) {
    if (trimmed(raw).empty()) return;
    if (raw.front() != ' ') {
      flush();
      inside = raw.starts_with("packages:");
      return;
    }
    if (!inside) return;
    if (raw.starts_with("  ") && raw.size() > 2 && raw[2] != ' ') {
      flush();
      auto key = unquoted(raw.substr(0, raw.rfind(':')));
      key = key.substr(0, key.find('('));
      if (key.starts_with('/')) key.erase(0, 1);
      auto cut = key.find('@', 1);
      if (cut == std::string::npos) cut = key.rfind('/');  // the form before version 6
      if (cut == std::string::npos || cut == 0) return;
      name = key.substr(0, cut);
      version = key.substr(cut + 1);
      return;
    }
    if (integrity.empty()) integrity = inline_value(trimmed(raw), "integrity");
  });
  flush();
}

void read_go(std::string_view text, collector& into) {
  each_line(text, [&](std::string_view raw) {
    const auto line = trimmed(raw);
    const auto first = line.find(' ');
    const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return;
    auto version = line.substr(first + 1, second - first - 1);
    if (version.ends_with("/go.mod")) return;  // of the description alone; the module has its own
    into.add(std::string{line.substr(0, first)}, std::string{version}, {},
             std::string{trimmed(line.substr(second + 1))});
  });
}

/// Gemfile.lock: `    name (1.2.3)` below `specs:`, with the remote above.
void read_gems(std::string_view text, collector& into) {
  std::string remote;
  each_line(text, [&](std::string_view raw) {
    if (raw.starts_with("  remote: ")) remote = trimmed(raw.substr(10));
    if (!raw.starts_with("    ") || (raw.size() > 4 && raw[4] == ' ')) return;
    const auto line = trimmed(raw);
    const auto open = line.find(" (");
    if (open == std::string_view::npos || !line.ends_with(')')) return;
    into.add(std::string{line.substr(0, open)},
             std::string{line.substr(open + 2, line.size() - open - 3)}, remote);
  });
}

/// requirements.txt: only what is pinned is resolved.
void read_pins(std::string_view text, collector& into) {
  each_line(text, [&](std::string_view raw) {
    const auto line = trimmed(raw.substr(0, raw.find('#')));
    const auto pin = line.find("==");
    if (pin == std::string_view::npos || line.starts_with('-')) return;
    auto name = trimmed(line.substr(0, std::min(pin, line.find('['))));
    auto rest = line.substr(pin + 2);
    if (rest.starts_with('=')) rest.remove_prefix(1);
    rest = trimmed(rest);
    const auto sum = line.find("--hash=");
    into.add(std::string{name}, std::string{rest.substr(0, rest.find_first_of(" ;\\,"))}, {},
             sum == std::string_view::npos
                 ? std::string{}
                 : std::string{line.substr(sum + 7, line.find(' ', sum) - sum - 7)});
  });
}

/// gradle.lockfile: `group:name:1.2=configurations`.
void read_gradle(std::string_view text, collector& into) {
  each_line(text, [&](std::string_view raw) {
    const auto line = trimmed(raw.substr(0, raw.find('=')));
    const auto last = line.rfind(':');
    if (line.starts_with('#') || last == std::string_view::npos || line.find(':') == last) return;
    into.add(std::string{line.substr(0, last)}, std::string{line.substr(last + 1)});
  });
}

struct form {
  std::string_view file;
  const char* ecosystem;
  void (*as_json)(const json&, collector&);
  void (*as_text)(std::string_view, collector&);
};

constexpr std::array<form, 17> forms{{
    {"package-lock.json", "npm", &read_npm, nullptr},
    {"npm-shrinkwrap.json", "npm", &read_npm, nullptr},
    {"yarn.lock", "npm", nullptr, &read_yarn},
    {"pnpm-lock.yaml", "npm", nullptr, &read_pnpm},
    {"composer.lock", "Packagist", &read_composer, nullptr},
    {"packages.lock.json", "NuGet", &read_nuget, nullptr},
    {"Pipfile.lock", "PyPI", &read_pipfile, nullptr},
    {"poetry.lock", "PyPI", nullptr, &read_packages},
    {"uv.lock", "PyPI", nullptr, &read_packages},
    {"pdm.lock", "PyPI", nullptr, &read_packages},
    {"Cargo.lock", "crates.io", nullptr, &read_packages},
    {"go.sum", "Go", nullptr, &read_go},
    {"go.work.sum", "Go", nullptr, &read_go},
    {"Gemfile.lock", "RubyGems", nullptr, &read_gems},
    {"gems.locked", "RubyGems", nullptr, &read_gems},
    {"gradle.lockfile", "Maven", nullptr, &read_gradle},
    {"requirements.txt", "PyPI", nullptr, &read_pins},
}};

const form* form_of(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  for (const auto& each : forms) {
    if (each.file == name) return &each;
  }
  const bool pins = name.ends_with(".txt") &&
                    (name.starts_with("requirements") || name.ends_with("requirements.txt") ||
                     name.starts_with("constraints"));
  return pins ? &forms.back() : nullptr;
}

}  // namespace

std::optional<std::string> lock_ecosystem(std::string_view path) {
  const auto* known = form_of(path);
  return known == nullptr ? std::nullopt : std::optional<std::string>(known->ecosystem);
}

lock_content read_lockfile(std::string_view path, std::string_view text) {
  const auto* known = form_of(path);
  if (known == nullptr || text.size() > longest_lockfile) return {{}, known == nullptr};
  collector into(known->ecosystem);
  if (known->as_text != nullptr) {
    known->as_text(text, into);
  } else if (const auto root = parsed(text); root.is_object()) {
    known->as_json(root, into);
  } else {
    into.broken();
  }
  return std::move(into).take();
}

std::vector<lock_entry> newly_resolved(const lock_content& before, const lock_content& after) {
  std::vector<lock_entry> out;
  std::set_difference(after.entries.begin(), after.entries.end(), before.entries.begin(),
                      before.entries.end(), std::back_inserter(out));
  return out;
}

}  // namespace skein::supply
