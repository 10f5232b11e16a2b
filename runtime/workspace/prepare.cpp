// Makes the directories of a phase and, where overlayfs is refused, the full copy of the base.
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/file_bytes.hpp"
#include "runtime/workspace/workspace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace skein::workspace {
namespace {

class tree_copier {
 public:
  tree_copier(int from, int to) : from_(from), to_(to) {}

  result<> run() {
    std::vector<std::string> directories{"."};
    while (!directories.empty()) {
      const std::string directory = std::move(directories.back());
      directories.pop_back();
      SKEIN_CHECK(copy_directory(directory, directories));
    }
    return {};
  }

 private:
  result<> copy_directory(const std::string& directory, std::vector<std::string>& below) {
    descriptor source = open_directory(from_, directory, 0);
    if (!source) return errno_error("read base directory " + printable(directory), errno);
    const descriptor target = open_beneath(to_, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!target) return errno_error("open copied directory " + printable(directory), errno);
    directory_stream entries{std::move(source)};
    while (const dirent* entry = entries.next()) {
      const std::string name = entry->d_name;
      struct stat status {};
      if (::fstatat(entries.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno_error("read base entry " + printable(name), errno);
      }
      if (S_ISDIR(status.st_mode)) {
        if (::mkdirat(target.get(), name.c_str(), 0755) != 0) {
          return errno_error("copy directory " + printable(name), errno);
        }
        below.push_back(directory == "." ? name : directory + "/" + name);
      } else if (S_ISLNK(status.st_mode)) {
        SKEIN_TRY(link, read_link(entries.get(), name));
        if (::symlinkat(link.c_str(), target.get(), name.c_str()) != 0) {
          return errno_error("copy symlink " + printable(name), errno);
        }
      } else if (S_ISREG(status.st_mode)) {
        SKEIN_CHECK(copy_file(entries.get(), target.get(), name));
      }
    }
    if (entries.failed()) return errno_error("read base directory " + printable(directory), errno);
    return {};
  }

  static result<> copy_file(int source, int target, const std::string& name) {
    struct stat status {};
    const descriptor in = open_regular(source, name, status);
    if (!in) return errno_error("open base file " + printable(name), errno);
    const descriptor out{::openat(target, name.c_str(),
                                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                  is_executable(status) ? 0755 : 0644)};
    if (!out) return errno_error("copy file " + printable(name), errno);
    SKEIN_CHECK(copy_bytes(in.get(), out.get(), status));
    // Build tools compare times; an overlay would show the base's.
    const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
    if (::futimens(out.get(), times.data()) != 0) {
      return errno_error("copy the time of " + printable(name), errno);
    }
    return {};
  }

  int from_;
  int to_;
};

result<> make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return {};
  if (errno == EEXIST) {
    return error{errc::conflict, "prepare workspace: " + path.string() + " exists already",
                 "remove the phase's directory first"};
  }
  return errno_error("prepare workspace: make directory " + path.string(), errno);
}

}  // namespace

result<> prepare(const phase_layout& layout, const std::filesystem::path& base) {
  SKEIN_TRY(source, open_trusted_directory(base));
  std::error_code failed;
  std::filesystem::create_directories(layout.root / layout.phase, failed);
  if (failed) {
    return errno_error("prepare workspace: make directory " + (layout.root / layout.phase).string(),
                       failed.value());
  }
  if (layout.how == strategy::overlay) {
    SKEIN_CHECK(make_directory(layout.upper()));
    return make_directory(layout.work());
  }
  SKEIN_CHECK(make_directory(layout.copy()));
  SKEIN_TRY(target, open_trusted_directory(layout.copy()));
  return tree_copier{source.get(), target.get()}.run();
}

}  // namespace skein::workspace
