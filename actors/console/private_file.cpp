#include "actors/console/private_file.hpp"

#include "runtime/process/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace skein::console {

namespace {

constexpr std::size_t longest = 1U << 20;

}  // namespace

result<> write_private(const std::filesystem::path& file, std::string_view text) {
  const std::string fresh = file.string() + ".new." + std::to_string(::getpid());
  const std::string attempted = "write " + file.string();
  process::descriptor out{
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!out) return errno_error(attempted, errno);
  const auto failed = [&fresh, &attempted](int why) {
    ::unlink(fresh.c_str());
    return errno_error(attempted, why);
  };
  while (!text.empty()) {
    const auto written = ::write(out.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0) return failed(errno);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed(errno);
  return {};
}

result<std::string> read_private(const std::filesystem::path& file, bool secret) {
  process::descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!in) {
    error out = errno_error("read " + file.string(), errno);
    if (errno == ENOENT) out.code = errc::not_found;
    return out;
  }
  struct stat found {};
  if (::fstat(in.get(), &found) != 0) return errno_error("read " + file.string(), errno);
  if (!S_ISREG(found.st_mode)) return error{errc::invalid, file.string() + " is no file", {}};
  if (secret && (found.st_mode & 077) != 0) {
    return error{errc::refused, "read " + file.string() + ": others than its owner may read it",
                 "chmod 600 " + file.string() + ", and rotate what it holds if others did"};
  }
  std::string out;
  std::array<char, 16384> space{};
  for (;;) {
    const auto got = ::read(in.get(), space.data(), space.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read " + file.string(), errno);
    if (got == 0) return out;
    out.append(space.data(), static_cast<std::size_t>(got));
    if (out.size() > longest) return error{errc::invalid, file.string() + " is too long", {}};
  }
}

result<> private_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder.parent_path(), failed);
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return errno_error("make " + folder.string(), errno);
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0) return errno_error("read " + folder.string(), errno);
  if (!S_ISDIR(found.st_mode) || (found.st_mode & 077) != 0) {
    return error{errc::refused, folder.string() + " is not a folder of its owner alone",
                 "chmod 700 " + folder.string()};
  }
  return {};
}

}  // namespace skein::console
