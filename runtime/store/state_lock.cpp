// One owner per state directory: an open file description lock on STATE/lock, which the kernel
// drops when the owner ends, however it ends. The file's text only says who it is.
#include "runtime/store/writer.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace skein::store {

namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// What the owner wrote about itself; zeros while it is still writing.
state_lock::owner read_owner(int fd) {
  std::array<char, 4096> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  if (length <= 0) return {};
  const auto document = nlohmann::json::parse(text.data(), text.data() + length, nullptr, false);
  if (!document.is_object()) return {};
  state_lock::owner out;
  if (const auto pid = document.find("pid"); pid != document.end() && pid->is_number_integer()) {
    out.pid = pid->get<int>();
  }
  if (const auto command = document.find("command");
      command != document.end() && command->is_string()) {
    out.command = command->get<std::string>();
  }
  return out;
}

error in_use_error(const state_layout& layout, const state_lock::owner& owner) {
  std::string message = "state directory " + layout.root.string() + " is in use by ";
  message += owner.pid > 0 ? "pid " + std::to_string(owner.pid) : "another process";
  if (!owner.command.empty()) message += " (" + owner.command + ")";
  return {errc::in_use, std::move(message),
          "wait for it, stop it, or use another directory with --state-dir"};
}

error directory_error(const state_layout& layout, int errno_value) {
  error out = errno_error("create state directory " + layout.root.string(), errno_value);
  out.remedy = "check that its parent exists and is writable, or name another with --state-dir";
  return out;
}

result<> create_root(const state_layout& layout) {
  std::error_code failed;
  if (std::filesystem::is_directory(layout.root, failed)) return {};
  if (const auto parent = layout.root.parent_path(); !parent.empty()) {
    std::filesystem::create_directories(parent, failed);
    if (failed) return directory_error(layout, failed.value());
  }
  if (::mkdir(layout.root.c_str(), 0700) != 0 && errno != EEXIST) {
    return directory_error(layout, errno);
  }
  if (!std::filesystem::is_directory(layout.root, failed)) return directory_error(layout, ENOTDIR);
  return {};
}

}  // namespace

result<state_lock> state_lock::acquire(const state_layout& layout, const std::string& command) {
  SKEIN_CHECK(create_root(layout));
  const int fd = ::open(layout.lock_file().c_str(),
                        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) {
    error out = errno_error("open " + layout.lock_file().string(), errno);
    out.remedy = "make the state directory writable, or name another with --state-dir";
    return out;
  }
  state_lock held(fd);
  struct flock wanted = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &wanted) != 0) {
    const int reason = errno;
    if (reason == EAGAIN || reason == EACCES) return in_use_error(layout, read_owner(fd));
    return errno_error("lock " + layout.lock_file().string(), reason);
  }
  using namespace std::chrono;
  const auto started = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
  const std::string text =
      nlohmann::json{{"pid", ::getpid()}, {"command", command}, {"started", started.count()}}.dump(
          -1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    error out = errno_error("write " + layout.lock_file().string(), errno);
    out.remedy = "free space on that file system, or use another directory with --state-dir";
    return out;
  }
  return held;
}

std::optional<state_lock::owner> state_lock::holder(const state_layout& layout) {
  const int fd = ::open(layout.lock_file().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct flock asked = whole_file(F_WRLCK);
  std::optional<owner> out;
  if (::fcntl(fd, F_OFD_GETLK, &asked) == 0 && asked.l_type != F_UNLCK) out = read_owner(fd);
  ::close(fd);
  return out;
}

state_lock::state_lock(state_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

state_lock& state_lock::operator=(state_lock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

state_lock::~state_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace skein::store
