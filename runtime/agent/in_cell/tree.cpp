#include "runtime/agent/in_cell/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skein::agent::in_cell {

nlohmann::json refusal(const std::string& kind, const std::string& message) {
  return {{"error", {{"kind", kind}, {"message", message}}}};
}

opened_file::~opened_file() {
  if (number_ >= 0) ::close(number_);
}

std::string relative_path(const std::string& path) {
  constexpr std::string_view root = "/workspace";
  std::string_view rest = path;
  if (rest.starts_with(root) && (rest.size() == root.size() || rest[root.size()] == '/')) {
    rest.remove_prefix(root.size());
    while (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
  } else if (rest.starts_with('/')) {
    return {};
  }
  std::vector<std::string_view> kept;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (kept.empty()) {
      return {};
    } else {
      kept.pop_back();
    }
  }
  std::string out;
  for (const auto part : kept) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out.empty() ? "." : out;
}

opened_file tree::open(const std::string& path, int flags, mode_t mode) const {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return opened_file(static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how)));
}

opened_file tree::open_parent(const std::string& path, bool make, std::string& name) const {
  const auto slash = path.rfind('/');
  name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  for (std::size_t at = 0; make && folder != "." && at != std::string::npos;) {
    at = folder.find('/', at + 1);
    const std::string part = folder.substr(0, at);
    if (opened_file there = open(part, O_PATH | O_DIRECTORY); there) continue;
    if (errno != ENOENT) return {};
    std::string last;
    const opened_file parent = open_parent(part, false, last);
    if (!parent || (::mkdirat(parent.get(), last.c_str(), 0777) != 0 && errno != EEXIST)) return {};
  }
  return open(folder, O_PATH | O_DIRECTORY);
}

nlohmann::json tree::why_not(const std::string& path) const {
  switch (const int why = errno) {
    case ENOENT:
      return refusal("not_found", path + ": there is no such file or folder");
    case ELOOP:
    case ENOTDIR: {
      std::array<char, 512> target{};
      const auto size = ::readlinkat(root_, path.c_str(), target.data(), target.size());
      if (size > 0)
        return refusal("link", path + " is a link to '" +
                                   std::string(target.data(), static_cast<std::size_t>(size)) +
                                   "'; links are not followed: name the file itself when it is in "
                                   "the workspace");
      if (why == ENOTDIR)
        return refusal("not_a_folder", path + " is no folder, or a part of it is none");
      return refusal("link", path + " goes through a link; links are not followed");
    }
    case EXDEV:
      return refusal("outside", path + " is not in the workspace");
    case EISDIR:
      return refusal("is_folder", path + " is a folder");
    default:
      return refusal("failed", path + ": " + std::strerror(why));
  }
}

std::vector<entry> entries_of(const opened_file& folder, std::size_t most, bool& cut) {
  std::vector<entry> all;
  const int again = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = again >= 0 ? ::fdopendir(again) : nullptr;
  if (stream == nullptr) {
    if (again >= 0) ::close(again);
    return all;
  }
  while (const dirent* one = ::readdir(stream)) {
    const std::string name = one->d_name;
    if (name == "." || name == "..") continue;
    if (all.size() == most) {
      cut = true;
      break;
    }
    char kind = 'o';
    if (one->d_type == DT_REG) kind = 'f';
    if (one->d_type == DT_DIR) kind = 'd';
    if (one->d_type == DT_LNK) kind = 'l';
    all.push_back({name, kind});
  }
  ::closedir(stream);
  std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) { return a.name < b.name; });
  return all;
}

bool read_all(const opened_file& file, std::size_t most, std::string& into) {
  std::array<char, 65536> buffer;
  while (into.size() < most) {
    const auto wanted = std::min(buffer.size(), most - into.size());
    const auto got = ::read(file.get(), buffer.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    into.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

bool looks_binary(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return true;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    bool good = length > 0 && c < 0xf5;
    for (std::size_t k = 1; good && k < length && i + k < text.size(); ++k)
      good = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (!good || (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f' && c != 0x1b)) ++odd;
    i += good ? length : 1;
  }
  return odd * 10 > text.size();
}

bool replace_file(const opened_file& folder, const std::string& name, const std::string& content,
                  bool executable) {
  struct stat before = {};
  const bool there = ::fstatat(folder.get(), name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && !S_ISREG(before.st_mode)) {
    errno = S_ISDIR(before.st_mode) ? EISDIR : ELOOP;
    return false;
  }
  const std::string fresh = ".skein-new-" + std::to_string(::getpid());
  mode_t mode = there ? before.st_mode & 0777 : 0666;
  if (executable) mode |= 0111;
  opened_file file(::openat(folder.get(), fresh.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return false;
  bool good = !there || ::fchmod(file.get(), mode) == 0;
  for (std::size_t at = 0; good && at < content.size();) {
    const auto wrote = ::write(file.get(), content.data() + at, content.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    good = wrote > 0;
    if (good) at += static_cast<std::size_t>(wrote);
  }
  good = good && ::renameat(folder.get(), fresh.c_str(), folder.get(), name.c_str()) == 0;
  if (!good) {
    const int why = errno;
    ::unlinkat(folder.get(), fresh.c_str(), 0);
    errno = why;
  }
  return good;
}

}  // namespace skein::agent::in_cell
