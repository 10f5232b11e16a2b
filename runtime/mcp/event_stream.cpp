#include "runtime/mcp/event_stream.hpp"

#include <algorithm>
#include <utility>

namespace skein::mcp {
namespace {

constexpr std::size_t most_id_bytes = 1024;
constexpr std::size_t most_retry_digits = 9;

}  // namespace

bool event_stream::feed(std::string_view bytes, const event_fn& event) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() + data_.size() > longest_) return false;
    line_.append(part);
    if (end == std::string_view::npos) return true;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (!line(event)) return true;
  }
  return true;
}

void event_stream::reconnected() {
  line_.clear();
  type_.clear();
  data_.clear();
  has_data_ = false;
  after_cr_ = false;
  first_line_ = true;
  pending_id_ = last_id_;
}

bool event_stream::line(const event_fn& event) {
  std::string whole;
  whole.swap(line_);
  std::string_view text = whole;
  if (std::exchange(first_line_, false) && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon == 0) return true;
    std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    field(text.substr(0, colon), value);
    return true;
  }
  last_id_ = pending_id_;
  const std::string type = std::exchange(type_, {});
  std::string data = std::exchange(data_, {});
  if (!std::exchange(has_data_, false)) return true;
  return event(type, std::move(data));
}

void event_stream::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    // It becomes a header of ours.
    const bool sendable =
        value.size() <= most_id_bytes && std::all_of(value.begin(), value.end(), [](char c) {
          return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
        });
    if (sendable) pending_id_ = value;
  } else if (name == "retry") {
    const bool number =
        !value.empty() && value.size() <= most_retry_digits &&
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number) retry_ = std::chrono::milliseconds(std::stoll(std::string(value)));
  }
}

}  // namespace skein::mcp
