// See stream_redactor.hpp.
#include "runtime/scan/stream_redactor.hpp"

#include <algorithm>

namespace skein::scan {
namespace {

bool may_continue_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"+/=_-.\\\r\n\t "}.find(c) != std::string_view::npos;
}

}  // namespace

stream_redactor::stream_redactor(secret_scanner scanner, std::size_t hold_back)
    : scanner_(std::move(scanner)), hold_back_(std::max<std::size_t>(hold_back, 256)) {}

std::string stream_redactor::push(std::string_view piece) {
  std::string out;
  while (!piece.empty()) {
    if (swallowing_) swallow(piece);
    // Looking costs the held part again each time, so there is some room for more.
    const std::size_t room = hold_back_ * 2;
    const std::size_t taken = std::min(piece.size(), room);
    seen_ += piece.substr(0, taken);
    piece.remove_prefix(taken);
    if (seen_.size() - held_ >= room) out += let_out(false);
  }
  return out;
}

std::string stream_redactor::finish() {
  std::string out = let_out(true);
  seen_.clear();
  held_ = 0;
  swallowing_ = false;
  return out;
}

void stream_redactor::swallow(std::string_view& piece) {
  const auto end = std::find_if_not(piece.begin(), piece.end(), may_continue_key);
  swallowing_ = end == piece.end();
  piece.remove_prefix(static_cast<std::size_t>(end - piece.begin()));
}

std::string stream_redactor::let_out(bool all) {
  const auto hidden = scanner_.redactions(seen_, all);
  std::size_t cut = all ? seen_.size() : seen_.size() - std::min(hold_back_, seen_.size() - held_);
  bool endless = false;
  for (const auto& each : hidden) {
    if (all || each.begin >= cut || each.end <= cut) continue;
    // Held whole when it is new; cut when it has filled everything that may be held.
    endless = each.end == seen_.size() && cut - std::min(cut, each.begin) >= hold_back_ / 2;
    cut = endless ? seen_.size() : each.end == seen_.size() ? each.begin : each.end;
  }
  cut = std::max(cut, held_);
  std::string out;
  std::size_t copied = held_;
  for (const auto& each : hidden) {
    if (each.end <= held_ || each.begin >= cut) continue;
    found_ = true;
    if (each.begin > copied) out += seen_.substr(copied, each.begin - copied);
    // What began in the part that is out was named there.
    if (each.begin >= held_) out.append("[redacted:").append(each.rule).append("]");
    copied = std::min(each.end, cut);
  }
  if (copied < cut) out += seen_.substr(copied, cut - copied);
  swallowing_ = endless;
  if (endless) {
    // What comes after it has nothing to do with it.
    seen_.clear();
    held_ = 0;
    return out;
  }
  const std::size_t keep_from = cut - std::min(cut, hold_back_);
  seen_.erase(0, keep_from);
  held_ = cut - keep_from;
  return out;
}

}  // namespace skein::scan
