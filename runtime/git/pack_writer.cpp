// See pack_writer.hpp.
#include "runtime/git/pack_writer.hpp"

#include "runtime/git/mirror_directory.hpp"

#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace skein::git {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t trailer_size = GIT_OID_RAWSZ;
constexpr std::string_view index_head("\377tOc\0\0\0\2", 8);
constexpr std::size_t ids_at = index_head.size() + 256 * 4;
constexpr std::size_t largest_pack = 0x7fffffff;  // index offsets of 31 bits

void append_number(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift & 0xff);
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i) out = out << 8 | static_cast<unsigned char>(text[at + i]);
  return out;
}

std::string header(std::uint32_t count) {
  std::string out = "PACK";
  append_number(out, 2);
  append_number(out, count);
  return out;
}

/// A checksum against damage, not against collisions: object ids come from libgit2's SHA-1, which
/// detects those.
std::string sha1(std::string_view bytes) {
  std::string out(trailer_size, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
             EVP_sha1(), nullptr);
  return out;
}

std::string_view raw(const git_oid& id) {
  return {reinterpret_cast<const char*>(id.id), GIT_OID_RAWSZ};
}

/// Set up once for each thread, not for each object.
class deflater {
 public:
  bool append(std::string& out, std::string_view bytes) {
    if (!compressor_) return false;
    const std::size_t start = out.size();
    out.resize(start + libdeflate_zlib_compress_bound(compressor_.get(), bytes.size()));
    const std::size_t written =
        libdeflate_zlib_compress(compressor_.get(), bytes.data(), bytes.size(), out.data() + start,
                                 out.size() - start);
    out.resize(start + written);
    return written > 0;
  }

 private:
  static constexpr int fastest = 1;
  std::unique_ptr<libdeflate_compressor, freed_by<libdeflate_free_compressor>> compressor_{
      libdeflate_alloc_compressor(fastest)};
};

result<> write_durably(const std::filesystem::path& path, std::string_view bytes) {
  // By this name git sweeps up what a crash leaves in a repository of its own.
  const std::filesystem::path temporary =
      path.parent_path() / ("tmp_" + temporary_beside(path.filename()).string());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (file < 0) return errno_error("create " + temporary.string(), errno);
  int why = 0;
  while (!bytes.empty() && why == 0) {
    const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno != EINTR) why = errno;
  }
  if (why == 0 && ::fdatasync(file) != 0) why = errno;
  if (::close(file) != 0 && why == 0) why = errno;
  if (why == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) why = errno;
  if (why == 0) return {};
  ::unlink(temporary.c_str());
  return errno_error("write " + path.string(), why);
}

}  // namespace

pack_writer::pack_writer() : bytes_(header(0)) {}

result<pack_writer> pack_writer::continued(std::string whole, std::string_view index) {
  const error not_whole{errc::corrupt, "not a whole pack", ""};
  if (whole.size() < header_size + trailer_size || !whole.starts_with("PACK") ||
      number_at(whole, 4) != 2) {
    return not_whole;
  }
  const std::string trailer = whole.substr(whole.size() - trailer_size);
  whole.resize(whole.size() - trailer_size);
  if (sha1(whole) != trailer) return not_whole;
  pack_writer out;
  out.count_ = number_at(whole, 8);
  out.bytes_ = std::move(whole);
  if (!out.read_index(index, trailer)) return not_whole;
  return out;
}

/// Layout: head, fanout, ids, checksums, offsets, the pack's trailer, and its own.
bool pack_writer::read_index(std::string_view from, std::string_view trailer) {
  constexpr std::size_t of_each = trailer_size + 4 + 4;
  if (!from.starts_with(index_head) ||
      from.size() != ids_at + std::size_t{count_} * of_each + 2 * trailer_size ||
      from.substr(from.size() - 2 * trailer_size, trailer_size) != trailer ||
      from.substr(from.size() - trailer_size) !=
          sha1(from.substr(0, from.size() - trailer_size))) {
    return false;
  }
  const std::size_t checksums_at = ids_at + std::size_t{count_} * trailer_size;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t checksum = checksums_at + 4 * i;
    entries_.emplace_hint(
        entries_.end(), from.substr(ids_at + i * trailer_size, trailer_size),
        entry{number_at(from, checksum), number_at(from, checksum + std::size_t{count_} * 4)});
  }
  return entries_.size() == count_;
}

result<> pack_writer::append(git_object_t type, std::string_view bytes) {
  static thread_local deflater stream;
  std::size_t rest = bytes.size();
  auto first = static_cast<unsigned char>(static_cast<unsigned>(type) << 4 | (rest & 15));
  rest >>= 4;
  for (; rest > 0; rest >>= 7) {
    bytes_ += static_cast<char>(first | 0x80);
    first = static_cast<unsigned char>(rest & 0x7f);
  }
  bytes_ += static_cast<char>(first);
  if (bytes.size() > largest_pack || !stream.append(bytes_, bytes)) {
    return error{errc::internal, "an object cannot be compressed", ""};
  }
  if (bytes_.size() > largest_pack) {
    return error{errc::refused, "the change is larger than 2 GiB compressed", ""};
  }
  ++count_;
  return {};
}

result<git_oid> pack_writer::add(git_object_t type, std::string_view bytes) {
  git_oid id{};
  if (const int rc = git_odb_hash(&id, bytes.data(), bytes.size(), type); rc < 0) {
    return library_error("hash an object", rc);
  }
  const auto [place, fresh] = entries_.try_emplace(std::string(raw(id)));
  if (!fresh) return id;
  const std::size_t start = bytes_.size();
  SKEIN_CHECK(append(type, bytes));
  place->second.crc = libdeflate_crc32(0, bytes_.data() + start, bytes_.size() - start);
  place->second.offset = static_cast<std::uint32_t>(start);
  return id;
}

bool pack_writer::has(const git_oid& id) const {
  return entries_.contains(raw(id));
}

std::string pack_writer::finish() && {
  bytes_.replace(0, header_size, header(count_));
  bytes_ += sha1(bytes_);
  return std::move(bytes_);
}

std::string pack_writer::index(std::string_view trailer) {
  std::string out(index_head);
  std::array<std::uint32_t, 256> fanout{};
  for (const auto& [id, one] : entries_) ++fanout[static_cast<unsigned char>(id[0])];
  std::uint32_t sum = 0;
  for (const std::uint32_t of_byte : fanout) append_number(out, sum += of_byte);
  for (const auto& [id, one] : entries_) out += id;
  for (const auto& [id, one] : entries_) append_number(out, one.crc);
  for (const auto& [id, one] : entries_) append_number(out, one.offset);
  out += trailer;
  out += sha1(out);
  return out;
}

result<> pack_writer::store(const std::filesystem::path& directory, const std::string& name) && {
  const std::filesystem::path stem = directory / ("pack-" + name);
  if (::access((stem.string() + ".idx").c_str(), F_OK) == 0) return {};
  const std::string whole = std::move(*this).finish();
  SKEIN_CHECK(write_durably(stem.string() + ".pack", whole));
  // The index makes the pack visible.
  return write_durably(stem.string() + ".idx",
                       index(std::string_view(whole).substr(whole.size() - trailer_size)));
}

result<std::filesystem::path> pack_writer::store_kept(const std::filesystem::path& directory) && {
  const std::string whole = std::move(*this).finish();
  const std::string_view trailer = std::string_view(whole).substr(whole.size() - trailer_size);
  git_oid name{};
  git_oid_fromraw(&name, reinterpret_cast<const unsigned char*>(trailer.data()));
  const std::string stem = (directory / ("pack-" + id_text(name))).string();
  std::filesystem::path keep = stem + ".keep";
  // An empty one is what a crash has left of the same push; git and people write into theirs.
  const int file = ::open(keep.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return errno_error("create " + keep.string(), errno);
  char byte = 0;
  const bool others = ::read(file, &byte, 1) != 0;
  ::close(file);
  if (others) return error{errc::conflict, "there is a " + keep.string(), ""};
  auto written = write_durably(stem + ".pack", whole);
  if (written) written = write_durably(stem + ".idx", index(trailer));
  if (written) return keep;
  ::unlink(keep.c_str());
  return written.error();
}

std::string pack_name(const std::string& base_tree, const std::string& tree) {
  const std::string both = base_tree + tree;
  git_oid id{};
  git_odb_hash(&id, both.data(), both.size(), GIT_OBJECT_BLOB);
  return id_text(id);
}

}  // namespace skein::git
