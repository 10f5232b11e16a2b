// Trees for the workspace tests. See trees.hpp.
#include "trees.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace skein::workspace::test {
namespace fs = std::filesystem;
namespace {

constexpr int mount_refused = 77;

bool write_text(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

int child_status(const std::function<int()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    // An exception must not unwind into the test framework's copy in the child.
    int code = 1;
    try {
      code = child();
    } catch (const std::exception& failed) {
      std::fprintf(stderr, "child: %s\n", failed.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

bool enter_overlay(const phase_layout& layout, const fs::path& base) {
  const auto uid = std::to_string(::getuid());
  const auto gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_text("/proc/self/setgroups", "deny");
  if (!write_text("/proc/self/uid_map", "0 " + uid + " 1") ||
      !write_text("/proc/self/gid_map", "0 " + gid + " 1")) {
    return false;
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  const fs::path at = layout.root / layout.phase / "mounted";
  fs::create_directories(at);
  const std::string options = "userxattr,lowerdir=" + base.string() +
                              ",upperdir=" + layout.upper().string() +
                              ",workdir=" + layout.work().string();
  return ::mount("overlay", at.c_str(), "overlay", 0, options.c_str()) == 0 &&
         ::chdir(at.c_str()) == 0;
}

int run_in_overlay(const phase_layout& layout, const fs::path& base,
                   const std::function<bool()>& inside) {
  return child_status([&] {
    if (!enter_overlay(layout, base)) return mount_refused;
    return inside() ? 0 : 1;
  });
}

std::string read_all(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_number(std::ostream& to, std::size_t value) {
  to.write(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string read_counted(std::istream& from) {
  std::size_t size = 0;
  from.read(reinterpret_cast<char*>(&size), sizeof size);
  std::string bytes(from ? size : 0, '\0');
  from.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace

temporary_directory::temporary_directory() {
  std::string pattern = (fs::temp_directory_path() / "skein-workspace-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  const auto removed = remove_tree(path_);
  EXPECT_TRUE(removed) << removed.error().message;
}

void put(const fs::path& root, const std::string& path, const std::string& content,
         bool executable) {
  const fs::path file = root / path;
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << content;
  ::chmod(file.c_str(), executable ? 0755 : 0644);
}

void put_symlink(const fs::path& root, const std::string& path, const std::string& target) {
  fs::create_directories((root / path).parent_path());
  fs::create_symlink(target, root / path);
}

view read_view(const fs::path& root) {
  view seen;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    const std::string path = entry.path().lexically_relative(root).string();
    if (entry.is_symlink()) {
      seen[path] = symlink(path, fs::read_symlink(entry.path()).string());
    } else if (entry.is_regular_file()) {
      const bool runs = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
      const std::string content = read_all(entry.path());
      seen[path] = runs ? executable(path, content) : regular(path, content);
    }
  }
  return seen;
}

view with_change(view before, const change_set& change) {
  for (const auto& entry : change.files) {
    if (entry.kind == entry_kind::removed) before.erase(entry.path);
  }
  for (const auto& entry : change.files) {
    if (entry.kind != entry_kind::removed) before[entry.path] = entry;
  }
  return before;
}

file_change regular(std::string path, std::string content) {
  return {std::move(path), entry_kind::regular, std::move(content)};
}
file_change executable(std::string path, std::string content) {
  return {std::move(path), entry_kind::executable, std::move(content)};
}
file_change symlink(std::string path, std::string target) {
  return {std::move(path), entry_kind::symlink, std::move(target)};
}
file_change removed(std::string path) {
  return {std::move(path), entry_kind::removed, {}};
}

std::optional<std::string> overlay_refused() {
  static const std::optional<std::string> answer = []() -> std::optional<std::string> {
    const temporary_directory place;
    const phase_layout layout{place.path(), "probe", strategy::overlay};
    fs::create_directories(place.path() / "base");
    if (!prepare(layout, place.path() / "base")) return "cannot prepare a workspace";
    const int status = run_in_overlay(layout, place.path() / "base", [] { return true; });
    if (status == 0) return {};
    return "overlayfs in a user namespace is refused here";
  }();
  return answer;
}

bool in_overlay(const phase_layout& layout, const fs::path& base,
                const std::function<bool()>& inside) {
  return run_in_overlay(layout, base, inside) == 0;
}

bool edit(const phase_layout& layout, const fs::path& base, const std::string& script) {
  return in_overlay(layout, base, [&] {
    ::execl("/bin/sh", "sh", "-ec", script.c_str(), nullptr);
    return false;
  });
}

view mounted_view(const phase_layout& layout, const fs::path& base) {
  const fs::path file = layout.root / "mounted-view";
  const bool read = in_overlay(layout, base, [&] {
    std::ofstream to{file, std::ios::binary};
    for (const auto& [path, entry] : read_view(".")) {
      write_number(to, static_cast<std::size_t>(entry.kind));
      for (const std::string* text : {&path, &entry.content}) {
        write_number(to, text->size());
        to << *text;
      }
    }
    return static_cast<bool>(to.flush());
  });
  EXPECT_TRUE(read) << "cannot read the mounted view";
  view seen;
  std::ifstream from{file, std::ios::binary};
  for (std::size_t kind = 0; from.read(reinterpret_cast<char*>(&kind), sizeof kind);) {
    std::string path = read_counted(from);
    seen[path] = {path, static_cast<entry_kind>(kind), read_counted(from)};
  }
  return seen;
}

bool as_ordinary_user(const fs::path& owned, const std::function<bool()>& inside,
                      const fs::path& foreign) {
  constexpr uid_t nobody = 65534;
  const bool root = ::geteuid() == 0;
  if (root) {
    for (const auto& entry : fs::recursive_directory_iterator{owned}) {
      if (entry.path() == foreign) continue;
      if (::lchown(entry.path().c_str(), nobody, nobody) != 0) return false;
    }
    if (::lchown(owned.c_str(), nobody, nobody) != 0) return false;
  }
  return child_status([&] {
           if (root && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) return 1;
           return inside() ? 0 : 1;
         }) == 0;
}

}  // namespace skein::workspace::test
