#include "runtime/model/wire_attempt.hpp"

#include "runtime/model/failure_reading.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"

#include <algorithm>
#include <array>

namespace skein::model {
namespace {

constexpr std::size_t most_error_bytes = 64U << 10;
constexpr std::size_t most_after_end = 64U << 10;

struct code_row {
  errc code;
  failure_kind kind;
};
constexpr std::array codes{
    code_row{errc::timeout, failure_kind::timeout},
    code_row{errc::cancelled, failure_kind::cancelled},
    code_row{errc::refused, failure_kind::too_large},
    code_row{errc::unauthorised, failure_kind::certificate},
    code_row{errc::invalid, failure_kind::invalid_request},
    code_row{errc::unavailable, failure_kind::interrupted},
};

bool has_type(const http::reply& head, std::string_view wanted) {
  const std::string* said = head.find("content-type");
  if (said == nullptr) return false;
  std::string type = said->substr(0, said->find(';'));
  while (type.ends_with(' ')) type.pop_back();
  return std::equal(type.begin(), type.end(), wanted.begin(), wanted.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
  });
}

}  // namespace

wire_attempt::wire_attempt(attempt_terms terms, std::string request, provider::done_fn done)
    : terms_(std::move(terms)),
      reader_(make_reader(terms_.format, terms_.asked)),
      events_(static_cast<std::size_t>(terms_.asked.max_reply_bytes)),
      done_(std::move(done)) {
  record_.request = std::move(request);
}

void wire_attempt::begin(const http::reply& head) {
  head_ = head;
  if (head.status < 200 || head.status >= 300)
    form_ = form::failed;
  else if (has_type(head, "text/event-stream"))
    form_ = form::stream;
  else if (has_type(head, "application/json"))
    form_ = form::whole;
  else
    fault_ = wire_fault{failure_kind::malformed, "the reply is neither an event stream nor JSON"};
}

bool wire_attempt::take(std::string_view piece) {
  if (ended_) {
    after_end_ += piece.size();
    return after_end_ <= most_after_end;
  }
  const std::size_t room =
      static_cast<std::size_t>(terms_.asked.max_recorded_bytes) -
      std::min<std::size_t>(record_.reply.size(), terms_.asked.max_recorded_bytes);
  record_.reply += piece.substr(0, room);
  record_.truncated = record_.truncated || piece.size() > room;
  switch (form_) {
    case form::unknown:
      return false;
    case form::stream:
      return feed(piece);
    case form::whole:
      body_ += piece;
      return true;
    case form::failed:
      // What it costs to read is more than what it is worth.
      body_ += piece.substr(0, most_error_bytes - std::min(body_.size(), most_error_bytes));
      return body_.size() < most_error_bytes;
  }
  return false;
}

bool wire_attempt::feed(std::string_view piece) {
  const auto state = events_.feed(piece, [this](std::string_view name, std::string_view data) {
    fault_ = reader_->event(name, data);
    return !fault_ && !reader_->closed();
  });
  if (fault_) return false;
  if (state == event_stream::state::too_large) {
    fault_ = wire_fault{failure_kind::too_large, "an event is longer than allowed"};
    return false;
  }
  if (reader_->closed() && reader_->finished()) succeed();
  return true;
}

void wire_attempt::read_whole() {
  const auto parsed = read_json(body_);
  if (!parsed || !parsed->is_object())
    fault_ = wire_fault{failure_kind::malformed, "the reply is not a JSON object"};
  else
    fault_ = reader_->whole(*parsed);
}

void wire_attempt::end(const result<http::reply>& ended) {
  if (ended_) return;
  if (form_ == form::whole && ended) read_whole();
  if (!fault_ && reader_->finished() && (ended || ended.error().code != errc::cancelled))
    return succeed();
  fail(why_not(ended));
}

wire_fault wire_attempt::why_not(const result<http::reply>& ended) const {
  if (fault_) return *fault_;
  if (form_ == form::failed && (ended || body_.size() >= most_error_bytes))
    return read_error_reply(head_.status, body_);
  if (!ended) {
    wire_fault out{failure_kind::other, ended.error().message};
    for (const code_row& row : codes)
      if (row.code == ended.error().code) out.kind = row.kind;
    return out;
  }
  return {failure_kind::interrupted, "the stream ended before the answer did"};
}

usage wire_attempt::used(std::string* why) const {
  return judge_usage(
      reader_->counted(),
      {record_.request.size(), reader_->content_bytes(), terms_.asked.max_output_tokens}, why);
}

void wire_attempt::succeed() {
  ended_ = true;
  answer out = reader_->take();
  std::string why;
  out.used = used(&why);
  out.usd = terms_.value.usd(out.used);
  if (!why.empty()) out.oddities.push_back(why);
  if (!terms_.price_known)
    out.oddities.push_back("price unknown: counted as the costliest that is known");
  out.model = terms_.asked.model;
  out.provider = terms_.provider;
  if (!out.opaque.is_null()) out.opaque["provider"] = terms_.provider;
  blot(record_.reply, terms_.key);
  out.record = std::move(record_);
  done_(std::move(out));
}

void wire_attempt::fail(wire_fault why) {
  ended_ = true;
  failure out;
  out.kind = why.kind;
  out.status = head_.status;
  if (form_ == form::failed) out.retry_after = retry_after(head_);
  out.provider = terms_.provider;
  out.model = terms_.asked.model;
  out.text = safe_text(why.text, terms_.key);
  // A refusal costs nothing; what was begun, or may have been, is paid.
  if (form_ == form::stream || form_ == form::whole ||
      (form_ == form::unknown && why.kind == failure_kind::timeout))
    out.spent = used(nullptr);
  out.usd = terms_.value.usd(out.spent);
  blot(record_.reply, terms_.key);
  out.record = std::move(record_);
  done_(std::move(out));
}

}  // namespace skein::model
