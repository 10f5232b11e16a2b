#include "runtime/policy/path.hpp"

#include "runtime/policy/fold.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::policy {

namespace {

using components = std::vector<std::string>;

void push_components(std::string_view path, components& onto) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    std::size_t end = path.find('/', begin);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (!onto.empty()) onto.pop_back();
    } else {
      onto.emplace_back(name);
    }
  }
}

std::string joined(const components& names, std::size_t from) {
  std::string out;
  for (std::size_t at = from; at < names.size(); ++at) {
    if (at > from) out += '/';
    out += names[at];
  }
  return out;
}

bool starts_with(const components& names, const components& root) {
  return names.size() >= root.size() && std::equal(root.begin(), root.end(), names.begin());
}

/// `base` are the components that a relative path starts from; `root` those of the workspace, and
/// `other` those that also count as such.
path_reading resolve(std::string_view path, const components& root, const components& base,
                     const components& other) {
  components names = path.starts_with('/') ? components{} : base;
  push_components(path, names);
  const bool inside = starts_with(names, root) || starts_with(names, other);
  if (!inside) return {"/" + joined(names, 0), false};
  std::string text = joined(names, root.size());
  return {text.empty() ? "." : std::move(text), true};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One round of percent-decoding; `%uXXXX` of ASCII too.
std::string decoded_once(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const int high = hex_digit(text[at + 1]);
      const int low = hex_digit(text[at + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        at += 2;
        continue;
      }
      if ((text[at + 1] | 32) == 'u' && at + 5 < text.size() && text[at + 2] == '0' &&
          text[at + 3] == '0' && hex_digit(text[at + 4]) >= 0 && hex_digit(text[at + 5]) >= 0) {
        out += static_cast<char>(hex_digit(text[at + 4]) * 16 + hex_digit(text[at + 5]));
        at += 5;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

bool has_drive(std::string_view text) {
  return text.size() >= 2 && text[1] == ':' && (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
}

/// The texts a path may be read as; the first is itself.
std::vector<std::string> spellings(std::string_view given, bool& endless) {
  std::vector<std::string> out{std::string(given)};
  const auto add = [&out](std::string text) {
    if (std::find(out.begin(), out.end(), text) == out.end()) out.push_back(std::move(text));
  };
  if (given.find('%') != std::string_view::npos) {
    std::string text(given);
    constexpr int most_rounds = 4;
    for (int round = 0; round <= most_rounds; ++round) {
      std::string next = decoded_once(text);
      if (next == text) break;
      if (round == most_rounds) endless = true;
      text = std::move(next);
      add(text);
    }
  }
  for (std::size_t at = 0, count = out.size(); at < count; ++at) {
    if ((out[at].size() >= 5 && fold(out[at].substr(0, 5)) == "file:")) {
      std::string_view rest = std::string_view(out[at]).substr(5);
      if (rest.starts_with("//")) {
        const std::size_t slash = rest.find('/', 2);
        rest = slash == std::string_view::npos ? "/" : rest.substr(slash);
      }
      add(std::string(rest));
    }
  }
  for (std::size_t at = 0, count = out.size(); at < count; ++at) {
    if (out[at].find('\\') == std::string::npos) continue;
    std::string text = out[at];
    std::replace(text.begin(), text.end(), '\\', '/');
    add(std::move(text));
  }
  for (std::size_t at = 0, count = out.size(); at < count; ++at) {
    // Somebody's home and another drive are outside, whoever expands them.
    const std::string_view text = out[at];
    if (text.starts_with('~') || has_drive(text)) add("/" + out[at]);
  }
  return out;
}

std::string trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

/// Folded as a whole first, because a look-alike can be a slash or two dots.
std::string folded_path(std::string_view text) {
  std::string whole = trimmed(fold(text));
  std::replace(whole.begin(), whole.end(), '\\', '/');
  std::string out;
  std::string_view rest = whole;
  for (;;) {
    const std::size_t end = rest.find('/');
    out += fold_name(rest.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '/';
    rest.remove_prefix(end + 1);
  }
}

bool needs_folding(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-');
  });
}

void add(std::vector<path_reading>& to, path_reading reading) {
  if (std::find(to.begin(), to.end(), reading) == to.end()) to.push_back(std::move(reading));
}

std::string short_name_meaning(std::string_view stem) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known{
      {{"gitmod", ".gitmodules"},
       {"gitatt", ".gitattributes"},
       {"gitign", ".gitignore"},
       {"devcon", ".devcontainer"},
       {"bashrc", ".bashrc"}}};
  for (const auto& [start, name] : known) {
    if (stem == start) return std::string(name);
  }
  return "." + std::string(stem);
}

}  // namespace

bool normalized_path::always_inside() const noexcept {
  const auto in = [](const path_reading& each) { return each.inside; };
  return !unreadable && std::all_of(literal.begin(), literal.end(), in) &&
         std::all_of(folded.begin(), folded.end(), in);
}

std::string fold_name(std::string_view component) {
  std::string name = needs_folding(component) ? fold(component) : std::string(component);
  if (name == "." || name == "..") return name;
  // An alternate data stream is the file itself; a drive letter is not one.
  if (const std::size_t colon = name.find(':'); colon != std::string::npos && colon > 1) {
    name.resize(colon);
  }
  const std::size_t kept = name.find_last_not_of(". ");
  if (kept == std::string::npos) {
    if (name.find(' ') == std::string::npos) return name;
    const auto dots = std::count(name.begin(), name.end(), '.');
    return dots == 0 ? " " : dots == 1 ? "." : "..";
  }
  name.resize(kept + 1);
  const std::size_t tilde = name.find('~');
  if (tilde != std::string::npos && tilde > 0 && tilde <= 6 && tilde + 2 == name.size() &&
      name[tilde + 1] >= '0' && name[tilde + 1] <= '9' && name.find('.') == std::string::npos) {
    return short_name_meaning(std::string_view(name).substr(0, tilde));
  }
  return name;
}

normalized_path normalize_path(std::string_view given, std::string_view workspace_root,
                               std::string_view directory) {
  normalized_path out;
  out.unreadable = given.size() > longest_path;
  given = given.substr(0, longest_path);
  out.given = given;
  components root;
  push_components(workspace_root, root);
  components base = directory.starts_with('/') ? components{} : root;
  push_components(directory, base);
  // An absolute path is folded together with its part above the workspace.
  components folded_root = root;
  for (std::string& each : folded_root) each = fold_name(each);
  bool endless = false;
  for (const std::string& text : spellings(given, endless)) {
    if (!is_plain_text(text)) out.unreadable = true;
    path_reading plain = resolve(text, root, base, root);
    if (needs_folding(text)) {
      add(out.folded, resolve(folded_path(text), root, base, folded_root));
      // What the plain reading leads to can be a look-alike of something else.
      if (plain.inside) add(out.folded, resolve(folded_path(plain.text), root, root, root));
    } else {
      add(out.folded, plain);
    }
    add(out.literal, std::move(plain));
  }
  out.unreadable = out.unreadable || endless;
  return out;
}

namespace detail {

bool is_folded_git(std::string_view folded) {
  for (;;) {
    const std::size_t end = folded.find('/');
    if (folded.substr(0, end) == ".git") return true;
    if (end == std::string_view::npos) return false;
    folded.remove_prefix(end + 1);
  }
}

}  // namespace detail

bool is_git_metadata_path(const normalized_path& path) {
  return std::any_of(path.folded.begin(), path.folded.end(),
                     [](const auto& each) { return detail::is_folded_git(each.text); });
}

bool is_secret_path(const normalized_path& path) {
  return std::any_of(path.folded.begin(), path.folded.end(),
                     [](const auto& each) { return detail::is_folded_secret(each.text); });
}

bool is_git_metadata_path(std::string_view path) {
  return is_git_metadata_path(normalize_path(path, "/"));
}

bool is_secret_path(std::string_view path) {
  return is_secret_path(normalize_path(path, "/"));
}

}  // namespace skein::policy
