#include "runtime/model/provider.hpp"

#include <array>
#include <stdexcept>

namespace skein::model {
namespace {

struct kind_row {
  failure_kind kind;
  const char* text;
  bool repeat;
  errc code;
};

constexpr std::array kinds{
    kind_row{failure_kind::rate_limited, "rate_limited", true, errc::unavailable},
    kind_row{failure_kind::overloaded, "overloaded", true, errc::unavailable},
    kind_row{failure_kind::context_length, "context_length", false, errc::refused},
    kind_row{failure_kind::quota, "quota", false, errc::refused},
    kind_row{failure_kind::authentication, "authentication", false, errc::unauthorised},
    kind_row{failure_kind::invalid_request, "invalid_request", false, errc::invalid},
    kind_row{failure_kind::malformed, "malformed", true, errc::unavailable},
    kind_row{failure_kind::interrupted, "interrupted", true, errc::unavailable},
    kind_row{failure_kind::too_large, "too_large", false, errc::refused},
    kind_row{failure_kind::certificate, "certificate", false, errc::unauthorised},
    kind_row{failure_kind::redirected, "redirected", false, errc::unavailable},
    kind_row{failure_kind::timeout, "timeout", true, errc::timeout},
    kind_row{failure_kind::cancelled, "cancelled", false, errc::cancelled},
    kind_row{failure_kind::unavailable, "unavailable", false, errc::unavailable},
    kind_row{failure_kind::other, "other", false, errc::unavailable},
};

const kind_row& row_of(failure_kind value) noexcept {
  for (const kind_row& row : kinds)
    if (row.kind == value) return row;
  return kinds.back();
}

}  // namespace

const char* to_string(stop_reason value) noexcept {
  switch (value) {
    case stop_reason::end:
      return "end";
    case stop_reason::tool_calls:
      return "tool_calls";
    case stop_reason::length:
      return "length";
    case stop_reason::refusal:
      return "refusal";
    case stop_reason::other:
      return "other";
  }
  return "unknown";
}

const char* to_string(failure_kind value) noexcept {
  return row_of(value).text;
}

bool may_repeat(failure_kind value) noexcept {
  return row_of(value).repeat;
}

error to_error(const failure& failed) {
  const std::string where = failed.provider.empty() ? "" : " of provider " + failed.provider;
  return {row_of(failed.kind).code,
          "ask model " + failed.model + where + ": " + to_string(failed.kind) +
              (failed.text.empty() ? "" : ": " + failed.text),
          failed.kind == failure_kind::authentication ? "look at the provider's key" : ""};
}

turn to_turn(const answer& given) {
  turn out;
  out.kind = turn_kind::assistant;
  out.text = given.text;
  out.calls = given.calls;
  out.opaque = given.opaque;
  return out;
}

void throw_exception_from_error(const failure& failed, const boost::source_location&) {
  throw std::runtime_error(failed.text);
}

spending spent(const outcome& ended) {
  if (!ended) return {ended.error().spent.total(), ended.error().usd};
  spending out{ended->used.total(), ended->usd};
  for (const failure& before : ended->failed) {
    out.tokens += before.spent.total();
    out.usd += before.usd;
  }
  return out;
}

}  // namespace skein::model
