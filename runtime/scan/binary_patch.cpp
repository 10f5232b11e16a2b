// Decodes binary blocks. See binary_patch.hpp.
#include "runtime/scan/binary_patch.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace skein::scan {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> out{};
  for (auto& each : out) each = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return out;
}
constexpr std::array<std::int8_t, 256> values = make_values();

std::size_t length_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::size_t>(c - 'A' + 1);
  if (c >= 'a' && c <= 'z') return static_cast<std::size_t>(c - 'a' + 27);
  return 0;
}

error broken(const std::string& why) {
  return {errc::invalid, "read a binary patch: " + why, "make the patch again with git"};
}

result<std::string> inflated(std::string_view packed, std::size_t size) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return broken("no memory to inflate it");
  std::string out(size, '\0');
  char beyond = 0;
  // zlib does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int state = inflate(&stream, Z_FINISH);
  if (state == Z_BUF_ERROR && stream.avail_out == 0) {
    // A last byte tells "exactly full" from "more than announced".
    stream.next_out = reinterpret_cast<Bytef*>(&beyond);
    stream.avail_out = 1;
    state = inflate(&stream, Z_FINISH);
    if (stream.avail_out == 0) state = Z_DATA_ERROR;
  }
  const std::size_t made = stream.total_out;
  inflateEnd(&stream);
  if (state != Z_STREAM_END || made != size) return broken("its size is not the announced one");
  return out;
}

/// A size of git's deltas: 7 bits a byte, the least first.
bool read_size(std::string_view& delta, std::uint64_t& size) {
  size = 0;
  for (unsigned shift = 0; shift < 63 && !delta.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(delta.front());
    delta.remove_prefix(1);
    size |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

result<std::string> inserted(std::string_view delta) {
  std::uint64_t size = 0;
  if (!read_size(delta, size) || !read_size(delta, size)) return broken("the delta has no sizes");
  std::string out;
  while (!delta.empty()) {
    const auto operation = static_cast<unsigned char>(delta.front());
    delta.remove_prefix(1);
    std::size_t length = operation;
    if ((operation & 0x80U) != 0) {
      // A copy from the old file: a byte of offset or size for each bit.
      length = 0;
      for (unsigned bit = 0; bit < 7; ++bit) length += operation >> bit & 1U;
    }
    if (operation == 0 || length > delta.size()) return broken("the delta is cut off");
    if ((operation & 0x80U) == 0) out += delta.substr(0, length);
    delta.remove_prefix(length);
  }
  return out;
}

}  // namespace

bool binary_block::begin(std::string_view header) {
  *this = {};
  delta_ = header.starts_with("delta ");
  if (!delta_ && !header.starts_with("literal ")) return false;
  header.remove_prefix(delta_ ? 6 : 8);
  while (header.ends_with('\r')) header.remove_suffix(1);
  const char* const end = header.data() + header.size();
  const auto read = std::from_chars(header.data(), end, size_);
  return read.ec == std::errc{} && read.ptr == end;
}

bool binary_block::add(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return false;
  std::size_t left = length_of(line.front());
  line.remove_prefix(1);
  if (left == 0 || line.size() != (left + 3) / 4 * 5) return false;
  const std::size_t before = packed_.size();
  for (; !line.empty(); line.remove_prefix(5)) {
    std::uint64_t value = 0;
    for (const char c : line.substr(0, 5)) {
      const int digit = values[static_cast<unsigned char>(c)];
      if (digit < 0) {
        packed_.resize(before);
        return false;
      }
      value = value * 85 + static_cast<std::uint64_t>(digit);
    }
    for (int shift = 24; shift >= 0 && left > 0; shift -= 8, --left) {
      packed_ += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xffU);
    }
  }
  return true;
}

result<std::string> binary_block::content(std::size_t most) const {
  if (size_ > most || packed_.size() > most) {
    return broken("it has more than " + std::to_string(most) + " bytes");
  }
  SKEIN_TRY(bytes, inflated(packed_, size_));
  if (!delta_) return std::move(bytes);
  return inserted(bytes);
}

}  // namespace skein::scan
