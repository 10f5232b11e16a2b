// See rate_journal.hpp.
#include "runtime/forge/rate_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <utility>

namespace skein::forge {
namespace {

namespace fs = std::filesystem;

/// The longest window, with its margin.
constexpr std::int64_t kept_ms = 2 * 3'600'000;
/// Some weeks without a restart at the forge's limit.
constexpr std::uintmax_t largest_file = 16U << 20;

std::string line_of(const rate_buckets::past_request& one) {
  return std::to_string(one.at_ms) + (one.kind == request_kind::content ? " content\n" : " write\n");
}

/// False: it is no line of ours.
bool read_line(const std::string& line, rate_buckets::past_request& into) {
  const auto* end = line.data() + line.size();
  const auto [rest, failed] = std::from_chars(line.data(), end, into.at_ms);
  if (failed != std::errc{}) return false;
  const std::string_view kind(rest, static_cast<std::size_t>(end - rest));
  if (kind != " content" && kind != " write") return false;
  into.kind = kind == " content" ? request_kind::content : request_kind::write;
  return true;
}

std::vector<rate_buckets::past_request> read(const fs::path& file, std::int64_t now_ms) {
  std::vector<rate_buckets::past_request> out;
  std::error_code failed;
  if (fs::file_size(file, failed) > largest_file || failed) return out;
  std::ifstream from(file);
  for (std::string line; std::getline(from, line);) {
    rate_buckets::past_request one;
    if (!read_line(line, one) || one.at_ms + kept_ms <= now_ms) continue;
    // A clock that went back: counted as if it were now.
    one.at_ms = std::min(one.at_ms, now_ms);
    out.push_back(one);
  }
  return out;
}

}  // namespace

result<rate_journal> rate_journal::open(const fs::path& file, std::int64_t now_ms) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  auto known = read(file, now_ms);
  const auto fresh = file.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    for (const auto& one : known) out << line_of(one);
    out.flush();
    if (!out) return error{errc::io, "write " + fresh, "look at the disk and its permissions"};
  }
  fs::rename(fresh, file, failed);
  if (failed) return error{errc::io, "replace " + file.string() + ": " + failed.message(), {}};
  const int opened = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (opened < 0) return errno_error("open " + file.string(), errno);
  return rate_journal(opened, std::move(known));
}

rate_journal::rate_journal(rate_journal&& other) noexcept
    : opened_(std::exchange(other.opened_, -1)), known_(std::move(other.known_)) {}

rate_journal::~rate_journal() {
  if (opened_ >= 0) ::close(opened_);
}

void rate_journal::add(const rate_buckets::past_request& one) {
  if (one.kind == request_kind::read) return;
  const auto line = line_of(one);
  const auto ignored = ::write(opened_, line.data(), line.size());
  (void)ignored;
}

}  // namespace skein::forge
