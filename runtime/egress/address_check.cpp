#include "runtime/egress/address_check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace skein::egress {
namespace {

namespace ip = boost::asio::ip;

struct range_4 {
  std::uint32_t first;
  unsigned bits;
  const char* name;
  bool is_private;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return a << 24 | b << 16 | c << 8;
}

constexpr std::array ranges_4{
    range_4{v4(0, 0, 0), 8, "unspecified", false},
    range_4{v4(10, 0, 0), 8, "private", true},
    range_4{v4(100, 64, 0), 10, "shared (CGNAT)", true},
    range_4{v4(127, 0, 0), 8, "loopback", true},
    range_4{v4(169, 254, 0), 16, "link-local", false},
    range_4{v4(172, 16, 0), 12, "private", true},
    range_4{v4(192, 0, 0), 24, "reserved", false},
    range_4{v4(192, 88, 99), 24, "6to4 relay", false},
    range_4{v4(192, 168, 0), 16, "private", true},
    range_4{v4(198, 18, 0), 15, "benchmark", false},
    range_4{v4(224, 0, 0), 4, "multicast", false},
    range_4{v4(240, 0, 0), 4, "reserved", false},
};

struct range_6 {
  std::array<std::uint8_t, 12> first;
  unsigned bits;
  const char* name;
  bool is_private;
};

// In order: the first that fits gives the name.
constexpr std::array ranges_6{
    range_6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4-mapped", false},
    range_6{{}, 96, "IPv4-compatible", false},
    range_6{{0x00, 0x64, 0xff, 0x9b}, 32, "NAT64", false},
    range_6{{0xfc}, 7, "unique-local", true},
    range_6{{0xfe, 0x80}, 10, "link-local", false},
    range_6{{0xfe, 0xc0}, 10, "site-local", false},
    range_6{{0xff}, 8, "multicast", false},
    range_6{{0x20, 0x02}, 16, "6to4", false},
    range_6{{0x20, 0x01, 0, 0}, 32, "Teredo", false},
    range_6{{0x20, 0x01, 0, 0}, 23, "reserved", false},
};

template <class Bytes>
bool within(const Bytes& address, const range_6& range) {
  for (unsigned bit = 0; bit < range.bits; bit += 8) {
    const unsigned left = std::min(8U, range.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xffU << (8 - left));
    if (((address[bit / 8] ^ range.first[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

const char* check(const ip::address_v4& address, bool allow_private) {
  for (const range_4& range : ranges_4)
    if ((address.to_uint() ^ range.first) >> (32 - range.bits) == 0)
      return range.is_private && allow_private ? nullptr : range.name;
  return nullptr;
}

const char* check(const ip::address_v6& address, bool allow_private) {
  if (address.is_loopback()) return allow_private ? nullptr : "loopback";
  if (address.is_unspecified()) return "unspecified";
  if (address.scope_id() != 0) return "link-local";
  const auto bytes = address.to_bytes();
  for (const range_6& range : ranges_6)
    if (within(bytes, range)) return range.is_private && allow_private ? nullptr : range.name;
  if ((bytes[0] & 0xe0) != 0x20) return "reserved";
  // ISATAP: an interface id of 0000:5efe or 0200:5efe and an IPv4 address.
  if ((bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe)
    return "ISATAP";
  return nullptr;
}

}  // namespace

const char* refused_address(const ip::address& address, bool allow_private) {
  return address.is_v4() ? check(address.to_v4(), allow_private)
                         : check(address.to_v6(), allow_private);
}

}  // namespace skein::egress
