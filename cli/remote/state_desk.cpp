#include "cli/remote/state_desk.hpp"

#include "cli/control/dispatch.hpp"
#include "cli/control/strict_json.hpp"
#include "cli/remote/questions.hpp"
#include "schema/identity.hpp"
#include "schema/wire/protocol.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace skein::cli::remote {

using console::page;

/// Tenants with limits of their own, in one answer.
constexpr std::size_t most_limits = 1'000;

class state_desk::borrowed {
 public:
  static result<borrowed> take(state_desk& from) {
    store::reader* kept = nullptr;
    if (from.idle_.pop(kept)) return borrowed{from, std::unique_ptr<store::reader>{kept}};
    SKEIN_TRY(opened, store::reader::open(from.layout_));
    return borrowed{from, std::move(opened)};
  }
  borrowed(borrowed&&) noexcept = default;
  borrowed& operator=(borrowed&&) = delete;
  ~borrowed() {
    if (reader_ && from_->idle_.bounded_push(reader_.get())) (void)reader_.release();
  }
  const store::reader& operator*() const { return *reader_; }

 private:
  borrowed(state_desk& from, std::unique_ptr<store::reader> reader)
      : from_(&from), reader_(std::move(reader)) {}
  state_desk* from_;
  std::unique_ptr<store::reader> reader_;
};

state_desk::state_desk(actors::fleet_client& fleet, store::state_layout layout,
                       tenant_limits limits)
    : fleet_(fleet),
      layout_(std::move(layout)),
      limits_(std::move(limits)),
      artifacts_(layout_.artifacts()) {}

state_desk::~state_desk() {
  idle_.consume_all([](store::reader* kept) { delete kept; });
}

result<page> state_desk::carry_out(const console::identity& who, const std::string& verb,
                                   const std::string& args) {
  result<control::request> order = error{};
  try {
    // Parsed by itself first: it must not bring another verb along.
    nlohmann::json line = {{"v", control::protocol_version}, {"verb", verb}};
    line["args"] = control::parse_line(args);
    order = control::decode_request(schema::dump(line));
  } catch (const std::exception& wrong) {
    return error{errc::invalid, "remote order " + verb + ": " + wrong.what(), {}};
  }
  if (!order) return order.error();
  SKEIN_TRY(state, borrowed::take(*this));
  SKEIN_CHECK(claim(tenant_view(*state, who.tenant), who, *order));
  if (auto* row = std::get_if<store::switch_row>(&*order)) {
    row->since_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
  }
  const control::dispatch_rules rules{
      {static_cast<int>(::getpid()), "serve"}, layout_.root.string(), true};
  return page{control::answer(fleet_, rules, *order), {}, 0};
}

result<page> state_desk::ask(const console::identity& who, const std::string& method,
                             const std::string& args, const std::string& cursor) {
  SKEIN_TRY(state, borrowed::take(*this));
  const tenant_view view(*state, who.tenant);
  return method == "tenant_limits" ? limits(view) : answer_question(view, method, args, cursor);
}

page state_desk::limits(const tenant_view& view) const {
  auto out = nlohmann::json::array();
  for (const auto& [tenant, each] : limits_) {
    if (!view.sees(tenant)) continue;
    out.push_back({{"tenant", tenant},
                   {"concurrency", each.max_concurrency},
                   {"usd", each.usd},
                   {"tokens", each.tokens},
                   {"pullRequestsPerHour", each.pull_requests_per_hour},
                   {"pullRequestsPerDay", each.pull_requests_per_day}});
    // More would not be looked at, and an answer is one page.
    if (out.size() == most_limits) break;
  }
  return {schema::dump(out), {}, 0};
}

result<page> state_desk::fetch(const console::identity& who, const std::string& run,
                               const std::string& ref, std::uint64_t offset, std::uint32_t length) {
  const bool hash = ref.size() == 64 && std::all_of(ref.begin(), ref.end(), [](char each) {
                      return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f');
                    });
  if (!hash) return error{errc::invalid, "fetch: that is no reference of an artifact", {}};
  SKEIN_TRY(state, borrowed::take(*this));
  SKEIN_CHECK(tenant_view(*state, who.tenant).speaks_of(run, ref));
  auto held = last_.load();
  if (!held || held->ref != ref) {
    SKEIN_TRY(bytes, artifacts_.get(ref));
    held = std::make_shared<const whole>(whole{ref, std::move(bytes)});
    if (held->bytes.size() > wire::longest_chunk) last_.store(held);
  }
  page out;
  out.total = held->bytes.size();
  if (offset < out.total)
    out.body = held->bytes.substr(offset, std::min(length, wire::longest_chunk));
  // Nobody comes back for what was read to its end.
  if (offset + out.body.size() >= out.total) last_.store(nullptr);
  return out;
}

void state_desk::note(const console::act& happened) {
  store::note_event event;
  event.kind = happened.kind;
  event.tenant = happened.tenant;
  event.by = happened.by;
  event.payload = {{"what", happened.what}};
  if (auto noted = fleet_.note(event); !noted) {
    spdlog::error("remote port: {} by {} is not in the audit trail: {}", happened.kind, happened.by,
                  noted.error().message);
  }
}

bool state_desk::is_slow(std::string_view verb) const {
  return verb == "submit_run" || verb == "submit_campaign" || verb == "attach_run" ||
         verb == "retry_campaign";
}

}  // namespace skein::cli::remote
