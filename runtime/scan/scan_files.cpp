// Walks folders. See scan_files.hpp.
#include "runtime/scan/scan_files.hpp"

#include "runtime/scan/fingerprint.hpp"
#include "runtime/scan/ignore_list.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_findings = 10'000;
constexpr std::uint64_t largest_ignore_file = 4U << 20U;

class open_file {
 public:
  open_file(const fs::path& path, bool follow)
      : descriptor_(
            ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW))) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

enum class outcome { read, skipped, unreadable };

/// Whole files only: `why` says what was in the way.
outcome read_file(const fs::path& path, bool follow, std::uint64_t most, std::string& text,
                  std::string& why) {
  const open_file file{path, follow};
  struct stat what {};
  if (file.get() < 0 || ::fstat(file.get(), &what) != 0) {
    if (errno == ELOOP || errno == ENXIO) return outcome::skipped;
    why = std::strerror(errno);
    return outcome::unreadable;
  }
  if (!S_ISREG(what.st_mode)) return outcome::skipped;
  text.clear();
  const auto announced = static_cast<std::uint64_t>(what.st_size);
  if (announced <= most) text.resize(announced);
  std::uint64_t filled = 0;
  while (announced <= most && filled <= most) {
    if (filled == text.size()) text.resize(std::max<std::size_t>(4096, text.size() + 1));
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      why = std::strerror(errno);
      return outcome::unreadable;
    }
    if (got == 0) break;
    filled += static_cast<std::uint64_t>(got);
  }
  if (announced > most || filled > most) {
    why = "it has more than " + std::to_string(most) + " bytes";
    return outcome::unreadable;
  }
  text.resize(filled);
  return outcome::read;
}

class walk {
 public:
  walk(const secret_scanner& scanner, const fs::path& root, const file_options& options)
      : scanner_(scanner), root_(root), options_(options) {}

  result<file_scan> run() {
    std::error_code failed;
    const fs::file_status what = fs::status(root_, failed);
    if (!fs::exists(what)) {
      return error{
          errc::not_found,
          "scan " + root_.string() + ": " + (failed ? failed.message() : "there is no such file"),
          "name a file or a folder"};
    }
    const bool folder = fs::is_directory(what);
    if (options_.trust_inline_allow) {
      std::string text;
      std::string why;
      const fs::path base = folder ? root_ : root_.parent_path();
      if (read_file(base / ".gitleaksignore", true, largest_ignore_file, text, why) ==
          outcome::read) {
        accepted_ = ignore_list{text};
      }
    }
    if (folder) {
      scan_folders();
    } else {
      scan_one(root_, root_.filename(), true);
    }
    return std::move(done_);
  }

 private:
  /// In the order of names, one folder after the other.
  void scan_folders() {
    std::vector<fs::path> folders{{}};
    while (!folders.empty() && goes_on()) {
      const fs::path relative = std::move(folders.back());
      folders.pop_back();
      std::vector<fs::directory_entry> entries;
      std::error_code failed;
      for (fs::directory_iterator at{root_ / relative, failed}; !failed && at != fs::end(at);
           at.increment(failed)) {
        entries.push_back(*at);
      }
      if (failed) hide(root_ / relative, failed.message());
      std::sort(entries.begin(), entries.end());
      std::vector<fs::path> inside;
      for (const auto& entry : entries) {
        const fs::path name = relative / entry.path().filename();
        const fs::file_status what = entry.symlink_status(failed);
        if (fs::is_directory(what)) {
          if (!is_object_store(name)) inside.push_back(name);
        } else if (fs::is_regular_file(what) && goes_on()) {
          scan_one(root_ / name, name, false);
        }
      }
      folders.insert(folders.end(), inside.rbegin(), inside.rend());
    }
  }

  static bool is_object_store(const fs::path& folder) {
    const std::string name = folder.filename().string();
    return (name == "objects" || name == "lfs") && folder.parent_path().filename() == ".git";
  }

  void scan_one(const fs::path& path, const fs::path& relative, bool follow) {
    const std::string shown = path.lexically_normal().string();
    std::string why;
    switch (read_file(path, follow, options_.largest_file, text_, why)) {
      case outcome::skipped:
        return;
      case outcome::unreadable:
        hide(path, why);
        return;
      case outcome::read:
        break;
    }
    ++done_.files;
    done_.bytes += text_.size();
    const scan_options how{options_.trust_inline_allow, nullptr};
    for (auto& found : scanner_.scan(text_, shown, how)) {
      const bool accepted =
          accepted_.has(relative.string(), found.rule, found.line, found.fingerprint) ||
          accepted_.has(shown, found.rule, found.line, found.fingerprint);
      if (!accepted) add(std::move(found));
    }
  }

  void hide(const fs::path& path, const std::string& why) {
    const std::string shown = scanner_.redact(path.lexically_normal().string());
    add({std::string{unscanned_rule}, "content that could not be looked at: " + why, shown, 1,
         fingerprint_of({{}, unscanned_rule, shown, {}, why})});
  }

  void add(secret_finding found) {
    if (done_.findings.size() >= most_findings) {
      done_.complete = false;
    } else {
      done_.findings.push_back(std::move(found));
    }
  }

  bool goes_on() {
    if (options_.stop && options_.stop()) done_.complete = false;
    return done_.complete;
  }

  const secret_scanner& scanner_;
  const fs::path& root_;
  const file_options& options_;
  ignore_list accepted_;
  std::string text_;
  file_scan done_;
};

}  // namespace

result<file_scan> scan_files(const secret_scanner& scanner, const fs::path& path,
                             const file_options& options) {
  return walk{scanner, path, options}.run();
}

}  // namespace skein::scan
