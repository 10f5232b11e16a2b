// Which files of the repository a verifier runs as its program. A change of one of them decides what
// the verifier says, so it is not the verifier alone that vouches for the change.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace skein::verify {

/// The text of a file of the base; nothing when there is none, or it is too large.
using script_fn = std::function<std::optional<std::string>(const std::string& path)>;

struct reliance {
  /// What decides: its exit status, or what it leaves, is the verdict.
  std::set<std::string> judges;
  /// What a script of the verifier runs only to compare what it prints (`sh src/a.sh | grep -q x`):
  /// the code under test.
  std::set<std::string> judged;
};

/// Those of `changed` (paths from the repository's root) that the command lines run: programs and
/// scripts by name, modules for `-m`, what `PATH=` puts before the toolchain's, and the same again
/// for shell scripts, makefiles and the scripts of package.json. Files that a program only reads
/// are none. Bounded; a line that is not understood counts word by word, as judges.
[[nodiscard]] reliance relied_on(const std::vector<std::string>& commands,
                                 const std::set<std::string>& changed, const script_fn& base);

}  // namespace skein::verify
