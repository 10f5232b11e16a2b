// The paths of a patch. Applying programs differ in what they take for a header, so whatever one of
// them could take for one counts. See call.hpp.
#include "runtime/policy/call.hpp"

#include <algorithm>
#include <charconv>

namespace skein::policy {

namespace {

/// The text of a C-quoted name as git writes it: "a/\303\244".
std::string unquoted(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out += text[at];
      continue;
    }
    const char c = text[++at];
    if (c >= '0' && c <= '7') {
      unsigned value = 0;
      for (int n = 0; n < 3 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++n) {
        value = value * 8 + static_cast<unsigned>(text[at++] - '0');
      }
      --at;
      out += static_cast<char>(value);
    } else {
      static constexpr std::string_view from = "abfnrtv";
      static constexpr std::string_view into = "\a\b\f\n\r\t\v";
      const std::size_t known = from.find(c);
      out += known == std::string_view::npos ? c : into[known];
    }
  }
  return out;
}

class reader {
 public:
  std::vector<std::string> out;

  /// A name after `--- `, `+++ ` or `rename to `; `prefixed`: a/ or b/ may stand before it.
  void add(std::string_view name, bool prefixed) {
    if (name.ends_with('\r')) name.remove_suffix(1);
    std::string path;
    if (name.starts_with('"')) {
      path = unquoted(name.substr(1));
    } else {
      // diff writes a tab and the time after the name.
      path = name.substr(0, name.find('\t'));
    }
    if (path.empty() || path == "/dev/null") return;
    keep(path);
    // Whether a leading component is stripped is up to who applies it.
    if (prefixed) {
      if (const std::size_t slash = path.find('/'); slash != std::string::npos && slash > 0) {
        const std::string_view first = std::string_view(path).substr(0, slash);
        if (first.size() == 1) {
          out.pop_back();
          keep(path.substr(slash + 1));
        }
      }
    }
  }

  /// `diff --git a/x b/x`; with spaces in the names every way to split them counts.
  void add_pair(std::string_view names) {
    if (names.ends_with('\r')) names.remove_suffix(1);
    if (names.starts_with('"')) {
      add(names, true);
      const std::size_t second = names.find(" \"", 1);
      const std::size_t plain = names.rfind(' ');
      if (second != std::string_view::npos) {
        add(names.substr(second + 1), true);
      } else if (plain != std::string_view::npos) {
        add(names.substr(plain + 1), true);
      }
      return;
    }
    std::size_t splits = 0;
    for (std::size_t at = names.find(" b/"); at != std::string_view::npos && splits < 8;
         at = names.find(" b/", at + 1), ++splits) {
      add(names.substr(0, at), true);
      add(names.substr(at + 1), true);
    }
    if (splits == 0) {
      const std::size_t middle = names.find(' ');
      add(names.substr(0, middle), true);
      if (middle != std::string_view::npos) add(names.substr(middle + 1), true);
    }
  }

 private:
  void keep(std::string path) {
    if (out.size() <= most_paths) out.push_back(std::move(path));
  }
};

/// The lines that a hunk header promises; nullopt when it is none.
bool hunk_sizes(std::string_view line, std::uint64_t& removed, std::uint64_t& added) {
  const auto number = [](std::string_view text, std::uint64_t& value) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) {
      value = 1;
      return;
    }
    value = 0;
    (void)std::from_chars(text.data() + comma + 1, text.data() + text.size(), value);
  };
  if (!line.starts_with("@@ -")) return false;
  const std::size_t plus = line.find(" +");
  const std::size_t end = line.find(" @@", plus == std::string_view::npos ? 0 : plus);
  if (plus == std::string_view::npos || end == std::string_view::npos) return false;
  number(line.substr(4, plus - 4), removed);
  number(line.substr(plus + 2, end - plus - 2), added);
  return true;
}

}  // namespace

std::vector<std::string> paths_of_patch(std::string_view patch) {
  reader read;
  std::uint64_t removed = 0;
  std::uint64_t added = 0;
  std::string_view rest = patch;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const std::string_view after =
        end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const bool in_hunk = removed > 0 || added > 0;
    // Also inside of a hunk that claims to be longer than it is.
    const bool pair = line.starts_with("--- ") && after.starts_with("+++ ") &&
                      after.find("\n@@ ") == after.find('\n');
    if (line.starts_with("diff --git ")) {
      removed = added = 0;
      read.add_pair(line.substr(11));
    } else if (hunk_sizes(line, removed, added)) {
    } else if (pair) {
      removed = added = 0;
      read.add(line.substr(4), true);
    } else if (line.starts_with("*** ")) {
      for (const std::string_view word :
           {"*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ",
            "*** Move File: "}) {
        if (line.starts_with(word)) read.add(line.substr(word.size()), false);
      }
      if (!in_hunk && line.find("File:") == std::string_view::npos) read.add(line.substr(4), true);
    } else if (in_hunk) {
      if (line.empty() || line[0] == ' ') {
        if (removed > 0) --removed;
        if (added > 0) --added;
      } else if (line[0] == '-' && removed > 0) {
        --removed;
      } else if (line[0] == '+' && added > 0) {
        --added;
      }
    } else if (line.starts_with("--- ") || line.starts_with("+++ ")) {
      read.add(line.substr(4), true);
    } else {
      for (const std::string_view word : {"rename from ", "rename to ", "copy from ", "copy to ",
                                          "Index: ", "Binary files ", "Only in "}) {
        if (line.starts_with(word)) read.add(line.substr(word.size()), word == "Index: ");
      }
    }
    if (end == std::string_view::npos) break;
    rest = after;
  }
  std::sort(read.out.begin(), read.out.end());
  read.out.erase(std::unique(read.out.begin(), read.out.end()), read.out.end());
  return std::move(read.out);
}

}  // namespace skein::policy
