// Reading of OSV records and the comparison of versions.
#include "runtime/supply/advisories.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <system_error>

namespace skein::supply {
namespace {

using nlohmann::json;

constexpr std::size_t most_files = 2'000'000;
constexpr std::uintmax_t longest_file = 64U << 20;
constexpr std::size_t longest_summary = 300;

error wrong(const std::string& file, const std::string& what) {
  return {errc::invalid, "advisories " + file + ": " + what,
          "keep only OSV records there (https://ossf.github.io/osv-schema/)"};
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// PyPI and NuGet do not distinguish these; the others are exact.
std::string normal_name(const std::string& ecosystem, const std::string& name) {
  if (ecosystem != "PyPI" && ecosystem != "NuGet" && ecosystem != "Packagist") return name;
  std::string out;
  for (const char c : name) {
    const bool mark = ecosystem == "PyPI" && (c == '_' || c == '.' || c == '-');
    if (mark && !out.empty() && out.back() == '-') continue;
    out += mark ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string key_of(std::string ecosystem, const std::string& name) {
  // "Debian:12" is a release of the ecosystem Debian.
  ecosystem = ecosystem.substr(0, ecosystem.find(':'));
  return ecosystem + "\n" + normal_name(ecosystem, name);
}

/// "1.2.3-rc.1" → 1 . 2 . 3, then what is behind; a word is a pre-release, as is what follows `-`.
struct part {
  std::string_view text;
  bool number = false;
  bool pre = false;
};

std::vector<part> parts_of(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  version = version.substr(0, version.find('+'));
  std::vector<part> out;
  bool pre = false;
  while (!version.empty()) {
    const char c = version.front();
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      pre = pre || c == '-' || c == '~';
      version.remove_prefix(1);
      continue;
    }
    std::size_t size = 1;
    while (size < version.size() && std::isalnum(static_cast<unsigned char>(version[size])) != 0 &&
           digit(version[size]) == digit(c)) {
      ++size;
    }
    auto text = version.substr(0, size);
    version.remove_prefix(size);
    if (digit(c)) {
      text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
    } else {
      pre = true;
    }
    out.push_back({text, digit(c), pre});
  }
  return out;
}

bool names_pre_release(std::string_view word) {
  static constexpr std::string_view later[] = {"post", "p",       "pl", "sp",  "final",
                                               "ga",   "release", "r",  "jre", "android"};
  return std::find(std::begin(later), std::end(later), word) == std::end(later);
}

/// What a missing part counts as, compared with `there`: 1.0 is 1.0.0, comes behind 1.0-rc and
/// before 1.0.1.
/// Within a pre-release, more comes later: alpha.1 follows alpha.
int against_nothing(const part& there, bool within_pre) {
  if (within_pre) return 1;
  if (there.number && !there.pre) return there.text.empty() ? 0 : 1;
  if (there.number) return -1;
  return names_pre_release(there.text) ? -1 : 1;
}

int compare_parts(const part& one, const part& other) {
  // 1.0.1 comes behind 1.0.rc; within a pre-release, numbers come before words.
  if (one.number != other.number) {
    const int number_side = (one.number ? one : other).pre ? -1 : 1;
    return one.number ? number_side : -number_side;
  }
  if (one.number) {
    if (one.pre != other.pre) return one.pre ? -1 : 1;
    if (one.text.size() != other.text.size()) return one.text.size() < other.text.size() ? -1 : 1;
  } else if (names_pre_release(one.text) != names_pre_release(other.text)) {
    return names_pre_release(one.text) ? -1 : 1;
  }
  return one.text.compare(other.text);
}

bool in_range(const advisory::range& range, const std::string& version) {
  if (range.introduced != "0" && compare_versions(version, range.introduced) < 0) return false;
  if (!range.fixed.empty()) return compare_versions(version, range.fixed) < 0;
  if (!range.last_affected.empty()) return compare_versions(version, range.last_affected) <= 0;
  return true;
}

std::string text_of(const json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void read_ranges(const json& affected, advisory& into) {
  const auto ranges = affected.find("ranges");
  if (ranges == affected.end() || !ranges->is_array()) return;
  for (const auto& each : *ranges) {
    if (!each.is_object() || text_of(each, "type") == "GIT") continue;
    const auto events = each.find("events");
    if (events == each.end() || !events->is_array()) continue;
    bool open = false;
    advisory::range now;
    for (const auto& event : *events) {
      if (!event.is_object()) continue;
      if (auto first = text_of(event, "introduced"); !first.empty()) {
        if (open) into.ranges.push_back(now);
        now = {std::move(first), {}, {}};
        open = true;
      } else if (open) {
        now.fixed = text_of(event, "fixed");
        now.last_affected = text_of(event, "last_affected");
        if (now.fixed.empty() && now.last_affected.empty()) continue;  // "limit"
        into.ranges.push_back(now);
        open = false;
      }
    }
    if (open) into.ranges.push_back(now);
  }
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
  const auto lowered = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
  };
  const auto left_text = lowered(left);
  const auto right_text = lowered(right);
  const auto a = parts_of(left_text);
  const auto b = parts_of(right_text);
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i >= a.size() || i >= b.size()) {
      const auto& shorter = i < a.size() ? b : a;
      const bool within_pre = i > 0 && shorter[i - 1].pre;
      const int found =
          i < a.size() ? against_nothing(a[i], within_pre) : -against_nothing(b[i], within_pre);
      if (found != 0) return found;
      continue;
    }
    if (const int found = compare_parts(a[i], b[i]); found != 0) return found;
  }
  return 0;
}

result<> advisories::add(std::string_view record, const std::string& file) {
  const auto root = json::parse(record, nullptr, false);
  if (root.is_discarded()) return wrong(file, "no JSON");
  const auto take = [&](const json& one) -> result<> {
    if (!one.is_object()) return wrong(file, "a record that is no object");
    const auto id = text_of(one, "id");
    if (id.empty()) return wrong(file, "a record without an id");
    if (one.contains("withdrawn")) return {};
    const auto affected = one.find("affected");
    if (affected == one.end()) return {};
    if (!affected->is_array()) return wrong(file, id + ": affected is no list");
    for (const auto& each : *affected) {
      const auto package = each.is_object() ? each.find("package") : each.end();
      if (!each.is_object() || package == each.end() || !package->is_object()) continue;
      advisory made;
      made.id = id;
      made.summary = text_of(one, "summary").substr(0, longest_summary);
      if (const auto versions = each.find("versions");
          versions != each.end() && versions->is_array()) {
        for (const auto& version : *versions) {
          if (version.is_string()) made.versions.push_back(version.get<std::string>());
        }
        std::sort(made.versions.begin(), made.versions.end());
      }
      read_ranges(each, made);
      known_[key_of(text_of(*package, "ecosystem"), text_of(*package, "name"))].push_back(
          std::move(made));
    }
    return {};
  };
  if (!root.is_array()) return take(root);
  for (const auto& each : root) SKEIN_CHECK(take(each));
  return {};
}

result<advisories> advisories::load(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  advisories out;
  std::error_code failed;
  fs::recursive_directory_iterator entries(folder, failed);
  if (failed) return errno_error("read advisories " + folder.string(), failed.value());
  std::size_t files = 0;
  for (const fs::recursive_directory_iterator end; entries != end; entries.increment(failed)) {
    if (failed) break;
    if (entries->path().extension() != ".json" || !entries->is_regular_file(failed)) continue;
    const auto name = entries->path().string();
    if (++files > most_files) return wrong(folder.string(), "too many files");
    const auto size = entries->file_size(failed);
    if (failed || size > longest_file) return wrong(name, "it cannot be read or is too long");
    std::ifstream file(entries->path(), std::ios::binary);
    std::string text(static_cast<std::size_t>(size), '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(size))) {
      return wrong(name, "it cannot be read");
    }
    SKEIN_CHECK(out.add(text, name));
  }
  if (failed) return errno_error("read advisories " + folder.string(), failed.value());
  return out;
}

std::vector<const advisory*> advisories::find(const std::string& ecosystem, const std::string& name,
                                              const std::string& version) const {
  std::vector<const advisory*> out;
  const auto known = known_.find(key_of(ecosystem, name));
  if (known == known_.end()) return out;
  for (const auto& each : known->second) {
    const bool named = std::binary_search(each.versions.begin(), each.versions.end(), version) ||
                       std::any_of(each.ranges.begin(), each.ranges.end(),
                                   [&](const auto& range) { return in_range(range, version); });
    if (named) out.push_back(&each);
  }
  return out;
}

}  // namespace skein::supply
