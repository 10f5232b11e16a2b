// Manifests and lockfiles: what is depended on, from where, and with which promise of its content.
#include "runtime/diff/assertion_text.hpp"
#include "runtime/diff/file_view.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace skein::diff {
namespace {

struct dependency {
  std::string source;  ///< version or place, as written
  std::uint32_t line = 0;
  std::string shown;
};

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

std::multimap<std::string, dependency> dependencies(const source_side& side, const ecosystem& of,
                                                    bool changed_only) {
  std::multimap<std::string, dependency> out;
  for (std::size_t i = 0; i < side.lines.size(); ++i) {
    if ((changed_only && !side.lines[i].changed) || side.lines[i].number == 0) continue;
    const auto line = side.line_text(i);
    for (const auto& regex : of.dependencies) {
      std::array<re2::StringPiece, 3> groups;
      const int wanted = std::min(3, regex->NumberOfCapturingGroups() + 1);
      if (!regex->Match({line.data(), line.size()}, 0, line.size(), re2::RE2::UNANCHORED,
                        groups.data(), wanted) ||
          groups[1].data() == nullptr) {
        continue;
      }
      const std::string name{groups[1].data(), groups[1].size()};
      const auto& not_names = of.not_dependencies;
      if (std::find(not_names.begin(), not_names.end(), name) != not_names.end()) break;
      dependency made;
      made.source = squeezed(line);
      made.line = side.lines[i].number;
      made.shown = line;
      out.emplace(name, std::move(made));
      break;
    }
  }
  return out;
}

void check_manifest(const file_view& view, const ecosystem& of, finding_list& into) {
  const auto before = dependencies(view.before, of, false);
  const auto after = dependencies(view.after, of, true);
  for (const auto& [name, now] : after) {
    const bool unusual =
        of.unusual_source != nullptr && re2::RE2::PartialMatch(now.shown, *of.unusual_source);
    const auto was = before.find(name);
    if (was != before.end() && was->second.source == now.source) continue;
    const std::string old_text = was == before.end() ? std::string{} : was->second.shown;
    if (unusual) {
      into.add("dependency.unusual_source",
               {view.file->path(), now.line, old_text, now.shown, name});
    } else if (was == before.end()) {
      into.add("dependency.added", {view.file->path(), now.line, {}, now.shown, name});
    } else {
      into.add("dependency.changed", {view.file->path(), now.line, old_text, now.shown, name});
    }
  }
}

std::size_t count_changed(const source_side& side, const regex& what) {
  if (what == nullptr) return 0;
  std::size_t out = 0;
  for (std::size_t i = 0; i < side.lines.size(); ++i) {
    const auto line = side.line_text(i);
    if (side.lines[i].changed && re2::RE2::PartialMatch({line.data(), line.size()}, *what)) ++out;
  }
  return out;
}

/// Host names of the URLs in a text, in lower case; `user@` and ports are left out.
std::set<std::string> hosts_in(std::string_view text, bool& insecure) {
  std::set<std::string> out;
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    if (at >= 4 && text.substr(at - 4, 4) == "http") insecure = true;
    std::string host;
    for (std::size_t i = at + 3; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '@') {
        host.clear();
      } else if (c == '/' || c == ':' || c == '"' || c == '\'' || c == ' ' || c == '\n' ||
                 c == '?' || c == '#' || c == ')' || c == ',') {
        if (c == ':' && text.substr(i).find('@') < text.substr(i).find('/')) continue;
        break;
      } else {
        host += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    if (!host.empty()) out.insert(std::move(host));
  }
  return out;
}

void check_hosts(const file_view& view, const ecosystem& of, finding_list& into) {
  bool ignored = false;
  std::set<std::string> known{of.hosts.begin(), of.hosts.end()};
  for (std::size_t i = 0; i < view.before.lines.size(); ++i) {
    known.merge(hosts_in(view.before.line_text(i), ignored));
  }
  for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
    if (!view.after.lines[i].changed) continue;
    bool insecure = false;
    const auto line = view.after.line_text(i);
    for (const auto& host : hosts_in(line, insecure)) {
      if (!known.insert(host).second) continue;
      into.add("lockfile.new_host",
               {view.file->path(), view.after.lines[i].number, {}, std::string{line}, host});
    }
    if (insecure && line.find("https://") == std::string_view::npos &&
        view.before.text.find(line) == std::string::npos) {
      into.add("lockfile.insecure_source",
               {view.file->path(), view.after.lines[i].number, {}, std::string{line}, {}});
    }
  }
}

void check_integrity(const file_view& view, const ecosystem& of, finding_list& into) {
  if (of.integrity == nullptr) return;
  const auto gone = static_cast<long>(count_changed(view.before, of.integrity)) -
                    static_cast<long>(count_changed(view.after, of.integrity));
  const auto entries = static_cast<long>(count_changed(view.before, of.locked)) -
                       static_cast<long>(count_changed(view.after, of.locked));
  if (view.file->removed()) return;
  if (gone > std::max(0L, entries)) {
    std::uint32_t line = 0;
    std::string shown;
    for (std::size_t i = 0; i < view.before.lines.size() && line == 0; ++i) {
      const auto text = view.before.line_text(i);
      if (view.before.lines[i].changed &&
          re2::RE2::PartialMatch({text.data(), text.size()}, *of.integrity)) {
        line = view.before.lines[i].number;
        shown = text;
      }
    }
    into.add("lockfile.integrity_removed", {view.file->path(), line, shown, {}, {}});
  } else if (entries < 0 && gone > entries) {
    // More entries came than promises.
    into.add("lockfile.entry_without_integrity", {view.file->path(), 0, {}, {}, {}});
  }
}

}  // namespace

void check_dependencies(const std::vector<file_view>& files, const table_content& tables,
                        finding_list& into) {
  for (const auto& view : files) {
    const auto& path = view.file->path();
    for (const auto& of : tables.ecosystems) {
      if (view.examined && !view.file->removed() && of.manifests.matches(path)) {
        check_manifest(view, of, into);
      }
      if (!of.lockfiles.matches(path)) continue;
      into.add("lockfile.changed", {path, 0, {}, {}, {}});
      if (view.file->removed()) into.add("lockfile.removed", {path, 0, {}, {}, {}});
      // A workspace's lockfile stands above the manifests of its members.
      const auto directory = directory_of(path);
      const bool with_manifest = std::any_of(files.begin(), files.end(), [&](const auto& other) {
        return other.file->path().starts_with(directory) &&
               of.manifests.matches(other.file->path());
      });
      if (!with_manifest && !view.file->removed()) {
        into.add("lockfile.without_manifest", {path, 0, {}, {}, {}});
      }
      if (view.examined) {
        check_hosts(view, of, into);
        check_integrity(view, of, into);
      }
    }
  }
}

}  // namespace skein::diff
