// See plain_receiver.hpp.
#include "runtime/git/plain_receiver.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace skein::git {
namespace {

namespace fs = std::filesystem;
using config_ptr = std::unique_ptr<git_config, freed_by<git_config_free>>;

struct setting {
  std::string_view name;
  std::string_view value;  ///< empty: any
};

/// What `git init --bare` and `git clone --bare` write, and what only fetching or people read.
constexpr std::array neutral_settings = {setting{"core.repositoryformatversion", "0"},
                                         setting{"core.bare", "true"},
                                         setting{"core.filemode", ""},
                                         setting{"core.symlinks", ""},
                                         setting{"core.ignorecase", "false"},
                                         setting{"core.precomposeunicode", ""},
                                         setting{"core.logallrefupdates", "false"},
                                         setting{"user.name", ""},
                                         setting{"user.email", ""},
                                         setting{"gc.auto", "0"},
                                         setting{"receive.autogc", "false"}};

bool is_neutral(std::string_view name, std::string_view value) {
  if (name.starts_with("remote.")) {
    return name.ends_with(".url") || name.ends_with(".fetch") || name.ends_with(".mirror");
  }
  if (name.starts_with("branch.")) return name.ends_with(".remote") || name.ends_with(".merge");
  return std::any_of(neutral_settings.begin(), neutral_settings.end(), [&](const setting& one) {
    return one.name == name && (one.value.empty() || one.value == value);
  });
}

/// Of the repository's own file: that is all a receiving git reads when we start it.
bool settings_are_neutral(const fs::path& directory) {
  struct findings {
    bool neutral = true;
    bool bare = false;
  } found;
  git_config* opened = nullptr;
  if (git_config_open_ondisk(&opened, (directory / "config").c_str()) < 0) return false;
  const config_ptr config(opened);
  const int rc = git_config_foreach(
      config.get(),
      [](const git_config_entry* entry, void* into) {
        auto& out = *static_cast<findings*>(into);
        const std::string_view name = entry->name;
        const std::string_view value = entry->value != nullptr ? entry->value : "";
        out.neutral = out.neutral && is_neutral(name, value);
        out.bare = out.bare || name == "core.bare";
        return 0;
      },
      &found);
  return rc == 0 && found.neutral && found.bare;
}

/// Nothing but the examples that git puts there.
bool has_no_hook(const fs::path& directory) {
  std::error_code failed;
  fs::directory_iterator each(directory / "hooks", failed);
  if (failed) return failed == std::errc::no_such_file_or_directory;
  for (; !failed && each != fs::directory_iterator(); each.increment(failed)) {
    if (each->path().extension() != ".sample") return false;
  }
  return !failed;
}

bool is_absent(const fs::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) != 0 && errno == ENOENT;
}

}  // namespace

bool belongs_to_us(const fs::path& directory) {
  struct stat found {};
  return ::stat(directory.c_str(), &found) == 0 && found.st_uid == ::geteuid();
}

bool receives_plainly(const local_repository& repository) {
  const fs::path& directory = repository.directory;
  std::error_code failed;
  if (!belongs_to_us(directory) ||
      fs::canonical(directory, failed) / "objects" != repository.objects)
    return false;
  for (const char* name : {"logs", "worktrees", "shallow", "info/grafts", "objects/info/alternates",
                           "config.worktree", "commondir", "reftable"}) {
    if (!is_absent(directory / name)) return false;
  }
  return has_no_hook(directory) && settings_are_neutral(directory);
}

}  // namespace skein::git
