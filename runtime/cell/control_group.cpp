#include "runtime/cell/control_group.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

namespace skein::cell {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t period_us = 100'000;

/// Where threads of our own group are listed: a group of ours is `<own>/skein/<name>`.
fs::path home_of(const fs::path& folder) {
  return folder.parent_path().parent_path() / "tasks";
}

}  // namespace

control_group& control_group::operator=(control_group&& other) noexcept {
  if (this == &other) return *this;
  remove();
  folders_ = std::move(other.folders_);
  other.folders_.clear();
  memory_ = other.memory_;
  processes_ = other.processes_;
  cpu_ = other.cpu_;
  unified_ = other.unified_;
  files_ = other.files_;
  return *this;
}

result<control_group> control_group::make(const cell_limits& limits) {
  static const control_files files{.root = ::geteuid() == 0};
  static const control_places usable = find_control_places(files);
  return make(limits, usable, files);
}

result<control_group> control_group::make(const cell_limits& limits, const control_places& usable,
                                          const control_files& files) {
  static std::atomic<std::uint64_t> number{0};
  if (usable.all.empty())
    return error{errc::unsupported, "make a control group: " + usable.refused,
                 "run skein as root, or in a delegated scope: systemd-run --user --scope "
                 "-p Delegate=yes skein …"};
  const std::string name = std::to_string(::getpid()) + "-" + std::to_string(++number);
  control_group group;
  group.files_ = files;
  for (const control_place& one : usable.all) {
    if (!one.memory && !one.processes && limits.cpu_percent == 0) continue;
    const fs::path folder = one.folder / name;
    if (::mkdir(folder.c_str(), 0755) != 0) return errno_error("make " + folder.string(), errno);
    group.folders_.push_back(folder);
    group.unified_ = group.unified_ || one.unified;
    SKEIN_CHECK(group.limit(one, folder, limits));
  }
  return group;
}

result<> control_group::limit(const control_place& place, const fs::path& folder,
                              const cell_limits& limits) {
  if (place.memory && limits.memory_bytes != 0) {
    const std::string bytes = std::to_string(limits.memory_bytes);
    SKEIN_CHECK(
        files_.write(folder / (place.unified ? "memory.max" : "memory.limit_in_bytes"), bytes));
    // Without it the limit would only push the cell into swap; not every kernel counts it.
    static_cast<void>(place.unified ? files_.write(folder / "memory.swap.max", "0")
                                    : files_.write(folder / "memory.memsw.limit_in_bytes", bytes));
    memory_ = true;
  }
  if (place.processes && limits.processes != 0) {
    SKEIN_CHECK(files_.write(folder / "pids.max", std::to_string(limits.processes)));
    processes_ = true;
  }
  if (place.cpu && limits.cpu_percent != 0) {
    const std::string quota = std::to_string(limits.cpu_percent * (period_us / 100));
    const std::string period = std::to_string(period_us);
    if (place.unified) {
      SKEIN_CHECK(files_.write(folder / "cpu.max", quota + " " + period));
    } else {
      SKEIN_CHECK(files_.write(folder / "cpu.cfs_period_us", period));
      SKEIN_CHECK(files_.write(folder / "cpu.cfs_quota_us", quota));
    }
    cpu_ = true;
  }
  return {};
}

bool control_group::enter() {
  if (unified_ || folders_.empty()) return false;
  for (const fs::path& folder : folders_)
    if (::access(home_of(folder).c_str(), W_OK) != 0) return false;
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    if (files_.write(folders_[i] / "tasks", "0")) continue;
    while (i-- > 0) static_cast<void>(files_.write(home_of(folders_[i]), "0"));
    return false;
  }
  return true;
}

result<> control_group::leave() {
  for (const fs::path& folder : folders_) SKEIN_CHECK(files_.write(home_of(folder), "0"));
  return {};
}

result<> control_group::add(pid_t pid) {
  for (const fs::path& folder : folders_)
    SKEIN_CHECK(files_.write(folder / "cgroup.procs", std::to_string(pid)));
  return {};
}

void control_group::remove() noexcept {
  for (const fs::path& folder : folders_) ::rmdir(folder.c_str());
  folders_.clear();
}

}  // namespace skein::cell
