// See pack_order.hpp. Format: gitformat-pack(5), "Version 2 pack-*.idx files".
#include "runtime/git/pack_order.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <limits>

namespace skein::git {
namespace {

constexpr std::size_t header_size = 8;
constexpr std::size_t fanout_size = 256 * 4;
constexpr std::size_t most_indexes = 256;

std::uint32_t number_at(const unsigned char* bytes) noexcept {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

}  // namespace

struct pack_order::index {
  index(void* at, std::size_t bytes) : start(static_cast<const unsigned char*>(at)), size(bytes) {}
  index(const index&) = delete;
  index& operator=(const index&) = delete;
  ~index() { ::munmap(const_cast<unsigned char*>(start), size); }

  const unsigned char* start;
  std::size_t size;
  std::uint32_t count = 0;

  [[nodiscard]] std::uint32_t fanout(std::size_t byte) const noexcept {
    return number_at(start + header_size + byte * 4);
  }
  [[nodiscard]] const unsigned char* id(std::size_t at) const noexcept {
    return start + header_size + fanout_size + at * GIT_OID_RAWSZ;
  }
  [[nodiscard]] std::uint32_t offset(std::size_t at) const noexcept {
    const std::size_t ids_and_crcs = std::size_t{count} * (GIT_OID_RAWSZ + 4);
    return number_at(start + header_size + fanout_size + ids_and_crcs + at * 4);
  }

  /// The counts come from a file that may be damaged: every access stays inside it.
  [[nodiscard]] bool check() noexcept {
    if (size < header_size + fanout_size || std::memcmp(start, "\377tOc\0\0\0\2", 8) != 0) {
      return false;
    }
    count = fanout(255);
    return std::size_t{count} * (GIT_OID_RAWSZ + 8) <= size - header_size - fanout_size;
  }
};

pack_order::pack_order(const std::filesystem::path& mirror) {
  add_directory(mirror / "objects");
  std::ifstream alternates(mirror / "objects/info/alternates");
  for (std::string line; std::getline(alternates, line);) add_directory(line);
}

pack_order::~pack_order() = default;

void pack_order::add_directory(const std::filesystem::path& objects) {
  std::error_code failed;
  for (std::filesystem::directory_iterator each(objects / "pack", failed), end;
       !failed && each != end && indexes_.size() < most_indexes; each.increment(failed)) {
    if (each->path().extension() == ".idx") add_index(each->path());
  }
}

void pack_order::add_index(const std::filesystem::path& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) return;
  struct stat found {};
  void* at = MAP_FAILED;
  if (::fstat(opened, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0) {
    at =
        ::mmap(nullptr, static_cast<std::size_t>(found.st_size), PROT_READ, MAP_PRIVATE, opened, 0);
  }
  ::close(opened);
  if (at == MAP_FAILED) return;
  auto mapped = std::make_unique<index>(at, static_cast<std::size_t>(found.st_size));
  if (mapped->check()) indexes_.push_back(std::move(mapped));
}

std::uint64_t pack_order::position(const git_oid& id) const noexcept {
  for (std::size_t pack = 0; pack < indexes_.size(); ++pack) {
    const index& in = *indexes_[pack];
    std::size_t low = id.id[0] == 0 ? 0 : in.fanout(id.id[0] - 1U);
    std::size_t high = in.fanout(id.id[0]);
    if (high > in.count) continue;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const int order = std::memcmp(id.id, in.id(middle), GIT_OID_RAWSZ);
      if (order == 0) return std::uint64_t{pack} << 32 | in.offset(middle);
      if (order < 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
  }
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace skein::git
