// Artifacts on disk:
//
//   ROOT/ab/cdef…   one zstd frame, named by the SHA-256 of what is in it
//   ROOT/tmp/…      being written; a crash may leave some
#include "runtime/artifact/artifact_store.hpp"

#include "schema/identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

namespace skein::artifact {
namespace {

namespace fs = std::filesystem;

/// Higher levels cost several times the time for a tenth of the size.
constexpr int compression_level = 1;

class open_file {
 public:
  explicit open_file(int fd) noexcept : fd_(fd) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Closes and reports what writing to a full or remote disk only reports now.
  [[nodiscard]] bool close() noexcept { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool is_ref(const ref& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

fs::path place_of(const fs::path& root, const ref& reference) {
  return root / reference.substr(0, 2) / reference.substr(2);
}

fs::path temporaries(const fs::path& root) {
  return root / "tmp";
}

/// Unique among the threads of this process and the processes of one moment.
fs::path new_temporary(const fs::path& root) {
  static std::atomic<std::uint64_t> count{0};
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return temporaries(root) / (std::to_string(::getpid()) + "." + std::to_string(now.tv_sec) + "." +
                              std::to_string(now.tv_nsec) + "." + std::to_string(++count));
}

int create(const fs::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

result<> make_directories(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return errno_error("make directory " + path.string(), failed.value());
  return {};
}

result<> write_file(const fs::path& root, const fs::path& path, std::string_view bytes) {
  int fd = create(path);
  if (fd < 0 && errno == ENOENT) {
    SKEIN_CHECK(make_directories(temporaries(root)));
    fd = create(path);
  }
  open_file file{fd};
  if (!file) return errno_error("create " + path.string(), errno);
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno_error("write " + path.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  if (!file.close()) return errno_error("write " + path.string(), errno);
  return {};
}

result<> move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  if (errno == ENOENT) {
    SKEIN_CHECK(make_directories(to.parent_path()));
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
  }
  return errno_error("rename to " + to.string(), errno);
}

result<std::string> compress(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), compression_level);
  if (ZSTD_isError(size) != 0) {
    return error{errc::internal, std::string{"compress artifact: "} + ZSTD_getErrorName(size), ""};
  }
  packed.resize(size);
  return packed;
}

error corrupt(const ref& reference, const std::string& why) {
  return {errc::corrupt, "read artifact " + reference + ": " + why,
          "the run's own record is intact; retry the run to make the artifact again"};
}

/// Reads and unpacks in steps, so that a small file cannot unpack to more than `max_bytes`.
result<std::string> unpack(int fd, const ref& reference, std::uint64_t max_bytes) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream{ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream};
  std::string packed(ZSTD_DStreamInSize(), '\0');
  std::string step(ZSTD_DStreamOutSize(), '\0');
  std::string bytes;
  std::size_t wanted = 1;
  for (;;) {
    const ssize_t got = ::read(fd, packed.data(), packed.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read artifact " + reference, errno);
    if (got == 0) break;
    ZSTD_inBuffer in{packed.data(), static_cast<std::size_t>(got), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{step.data(), step.size(), 0};
      wanted = ZSTD_decompressStream(stream.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) return corrupt(reference, ZSTD_getErrorName(wanted));
      if (bytes.size() + out.pos > max_bytes) {
        return error{errc::refused,
                     "read artifact " + reference + ": it has more than " +
                         std::to_string(max_bytes) + " bytes",
                     ""};
      }
      bytes.append(step, 0, out.pos);
      more = in.pos < in.size || out.pos == out.size;
    }
  }
  if (wanted != 0) return corrupt(reference, "it ends too early");
  return bytes;
}

}  // namespace

artifact_store::artifact_store(fs::path root) : root_(std::move(root)) {}

result<ref> artifact_store::put(std::string_view bytes) const {
  ref reference = schema::sha256_hex(bytes);
  const fs::path place = place_of(root_, reference);
  struct stat status {};
  // A power failure can leave an empty file under the final name; that one is written again.
  if (::stat(place.c_str(), &status) == 0 && status.st_size > 0) return reference;
  SKEIN_TRY(packed, compress(bytes));
  const fs::path temporary = new_temporary(root_);
  result<> stored = write_file(root_, temporary, packed);
  if (stored) stored = move_file(temporary, place);
  if (!stored) {
    ::unlink(temporary.c_str());
    error failed = stored.error();
    failed.message = "store artifact " + reference + ": " + failed.message;
    return failed;
  }
  return reference;
}

result<std::string> artifact_store::get(const ref& reference, std::uint64_t max_bytes) const {
  if (!is_ref(reference)) {
    return error{errc::invalid, "read artifact: not a reference of 64 hexadecimal characters", ""};
  }
  const fs::path place = place_of(root_, reference);
  const open_file file{::open(place.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (!file) {
    if (errno != ENOENT) return errno_error("read artifact " + reference, errno);
    return error{errc::not_found, "read artifact " + reference + ": no such artifact",
                 "it was pruned, or its machine lost power before it reached the disk"};
  }
  SKEIN_TRY(bytes, unpack(file.get(), reference, max_bytes));
  if (schema::sha256_hex(bytes) != reference) {
    return corrupt(reference, "its bytes have another hash");
  }
  return std::move(bytes);
}

std::size_t artifact_store::sweep() const {
  std::size_t removed = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{temporaries(root_), failed}) {
    std::error_code ignored;
    if (fs::remove(entry.path(), ignored)) ++removed;
  }
  return removed;
}

}  // namespace skein::artifact
