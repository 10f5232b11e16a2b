#include "runtime/egress/chunk_reader.hpp"

#include <algorithm>

namespace skein::egress {
namespace {

constexpr unsigned most_digits = 12;
constexpr std::size_t most_overhead = 4096;

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

chunk_reader::progress chunk_reader::feed(std::string_view bytes, std::size_t& used,
                                          std::string& data) {
  used = 0;
  while (used < bytes.size()) {
    if (state_ == state::data) {
      const auto now =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
      data.append(bytes.substr(used, now));
      used += now;
      left_ -= now;
      if (left_ == 0) state_ = state::data_cr;
      continue;
    }
    if (!step(bytes[used++])) return progress::broken;
    if (done_) return progress::done;
  }
  return progress::more;
}

bool chunk_reader::step(char c) {
  switch (state_) {
    case state::size:
      if (const int digit = hexadecimal(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return ++digits_ <= most_digits;
      }
      if (digits_ == 0) return false;
      last_ = left_ == 0;
      if (c == '\r') state_ = state::size_end;
      if (c == ';') state_ = state::extension;
      return c == '\r' || c == ';';
    case state::extension:
      if (c == '\r') state_ = state::size_end;
      return c != '\n' && ++overhead_ <= most_overhead;
    case state::size_end:
      state_ = last_ ? state::line : state::data;
      digits_ = 0;
      overhead_ = 0;
      return c == '\n';
    case state::data_cr:
      state_ = state::data_end;
      return c == '\r';
    case state::data_end:
      state_ = state::size;
      return c == '\n';
    case state::line:
      blank_ = c == '\r';
      state_ = blank_ ? state::line_end : state::line_rest;
      return c != '\n' && ++overhead_ <= most_overhead;
    case state::line_rest:
      if (c == '\r') state_ = state::line_end;
      return c != '\n' && ++overhead_ <= most_overhead;
    case state::line_end:
      state_ = state::line;
      done_ = blank_;
      return c == '\n';
    case state::data:
      break;
  }
  return false;
}

}  // namespace skein::egress
