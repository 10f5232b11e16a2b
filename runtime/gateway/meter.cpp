#include "runtime/gateway/meter.hpp"

#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"

namespace skein::gateway {
namespace {

constexpr std::size_t most_event_bytes = 4U << 20;
constexpr std::size_t most_whole_bytes = 16U << 20;

model::ask_settings permissive() {
  model::ask_settings out;
  out.max_calls = 100'000;
  out.max_argument_bytes = 1U << 16;
  return out;
}

}  // namespace

meter::meter(model::wire format, std::uint64_t request_bytes, std::uint64_t output_tokens)
    : request_bytes_(request_bytes),
      output_tokens_(output_tokens),
      reader_(model::make_reader(format, permissive())),
      events_(most_event_bytes) {}

void meter::take(std::string_view piece) {
  if (lost_ || (!stream_ && whole_.size() + piece.size() > most_whole_bytes)) {
    lost_ = true;
    unread_ += piece.size();
  } else if (!stream_) {
    whole_ += piece;
  } else if (const auto state = events_.feed(piece,
                                             [this](std::string_view name, std::string_view data) {
                                               // An error event is the provider's last word, and no
                                               // reason to count less.
                                               return !reader_->event(name, data);
                                             });
             state != model::event_stream::state::more) {
    lost_ = true;
    unread_ += piece.size();
  }
}

void meter::end() {
  if (stream_ || lost_) return;
  const auto parsed = model::read_json(whole_);
  if (parsed && !reader_->whole(*parsed)) return;
  lost_ = true;
  unread_ += whole_.size();
}

model::usage meter::used() const {
  const std::uint64_t waiting = stream_ ? 0 : reader_->finished() ? 0 : whole_.size();
  return model::judge_usage(
      reader_->counted(),
      {request_bytes_, reader_->content_bytes() + unread_ + waiting, output_tokens_});
}

}  // namespace skein::gateway
