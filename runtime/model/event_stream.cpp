#include "runtime/model/event_stream.hpp"

namespace skein::model {

event_stream::state event_stream::feed(std::string_view piece, const event_fn& each) {
  while (state_ == state::more && !piece.empty()) {
    if (after_return_ && piece.front() == '\n') piece.remove_prefix(1);
    after_return_ = false;
    const auto end = piece.find_first_of("\r\n");
    const std::string_view part = piece.substr(0, end);
    if (line_.size() + part.size() + data_.size() > most_) {
      state_ = state::too_large;
      break;
    }
    line_ += part;
    if (end == std::string_view::npos) break;
    after_return_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    state_ = take_line(each);
    line_.clear();
  }
  return state_;
}

event_stream::state event_stream::take_line(const event_fn& each) {
  std::string_view line = line_;
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  first_line_ = false;
  if (line.empty()) {
    const bool go_on = !has_data_ || each(name_, data_);
    name_.clear();
    data_.clear();
    has_data_ = false;
    return go_on ? state::more : state::stopped;
  }
  const auto colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    name_ = value;
  } else if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return state::more;
}

}  // namespace skein::model
