// See mirror_directory.hpp.
#include "runtime/git/mirror_directory.hpp"

#include "runtime/git/mirror.hpp"

#include "runtime/git/printable.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

constexpr const char* temporary_mark = ".tmp-";

enum class durable { no, yes };

result<> write_plain(const fs::path& path, const std::string& text, durable how = durable::no) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return errno_error("create " + path.string(), errno);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int why = errno;
      ::close(file);
      return errno_error("write " + path.string(), why);
    }
    done += static_cast<std::size_t>(wrote);
  }
  const int why = how == durable::yes && ::fdatasync(file) != 0 ? errno : 0;
  if (::close(file) != 0 || why != 0) {
    return errno_error("write " + path.string(), why != 0 ? why : errno);
  }
  return {};
}

result<> make_directory(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return errno_error("create " + path.string(), failed.value());
  return {};
}

result<> fill_mirror(const fs::path& mirror, const std::string& alternates) {
  for (const char* name : {"objects/info", "objects/pack", "refs/heads"}) {
    SKEIN_CHECK(make_directory(mirror / name));
  }
  SKEIN_CHECK(
      write_plain(mirror / "config",
                  "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
                  "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"));
  SKEIN_CHECK(write_plain(mirror / "receive.gitconfig",
                          "[receive]\n\tautogc = false\n\tunpackLimit = 1\n"
                          "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"));
  // Without it, changes that wait for an approval could not be read after a power failure.
  if (!alternates.empty()) {
    SKEIN_CHECK(write_plain(mirror / "objects/info/alternates", alternates, durable::yes));
  }
  return write_plain(mirror / "HEAD", "ref: refs/heads/none\n");
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.string() + temporary_mark + std::to_string(::getpid()) + "-" +
         std::to_string(counter.fetch_add(1));
}

bool is_temporary(const fs::path& path) {
  return path.filename().string().find(temporary_mark) != std::string::npos;
}

result<> write_file(const fs::path& path, const std::string& text) {
  const fs::path temporary = temporary_beside(path);
  SKEIN_CHECK(write_plain(temporary, text, durable::yes));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary.c_str());
    return errno_error("rename to " + path.string(), why);
  }
  return {};
}

fs::path mirror_path(const fs::path& mirrors, const location& where) {
  return mirrors / where.key;
}

result<fs::path> make_mirror(const fs::path& mirrors, const location& where,
                             const fs::path& borrowed) {
  fs::path mirror = mirror_path(mirrors, where);
  const std::string alternates = borrowed.empty() ? "" : borrowed.string() + "\n";
  if (::access((mirror / "HEAD").c_str(), F_OK) == 0) {
    const fs::path list = mirror / "objects/info/alternates";
    if (!borrowed.empty() && content_of(list) != alternates) {
      SKEIN_CHECK(write_file(list, alternates));
    }
    return mirror;
  }
  const fs::path temporary = temporary_beside(mirror);
  SKEIN_CHECK(fill_mirror(temporary, alternates));
  if (::rename(temporary.c_str(), mirror.c_str()) != 0) {
    const int why = errno;
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    // Another caller was faster: a mirror is never removed, so theirs stays.
    if (why != EEXIST && why != ENOTEMPTY) {
      return errno_error("make the mirror " + mirror.string(), why);
    }
  }
  return mirror;
}

result<file_lock> file_lock::take(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return errno_error("open the lock " + path.string(), errno);
  file_lock lock(file);
  while (::flock(file, LOCK_EX) != 0) {
    if (errno != EINTR) return errno_error("lock " + path.string(), errno);
  }
  return lock;
}

file_lock::file_lock(file_lock&& other) noexcept : descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

file_lock::~file_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace skein::git
