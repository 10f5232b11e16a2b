// Answers to requests, both ways.
#include "cli/control/protocol.hpp"
#include "cli/control/strict_json.hpp"
#include "schema/identity.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace skein::cli::control {

namespace {

using nlohmann::json;

constexpr std::array all_codes{
    errc::invalid, errc::not_found,   errc::conflict, errc::refused,   errc::unauthorised, errc::stale,
    errc::in_use,  errc::unsupported, errc::timeout,  errc::cancelled, errc::io,
    errc::corrupt, errc::unavailable, errc::internal};

std::string ok(json value) {
  return schema::dump(json{{"v", protocol_version}, {"ok", std::move(value)}});
}

/// Of a message or a reason; a cut text may grow when its broken characters are replaced.
constexpr std::size_t longest_text = 1U << 16;
/// Of one step among thousands.
constexpr std::size_t longest_detail = 1'000;

constexpr std::uint64_t small = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t large = std::numeric_limits<std::int64_t>::max();

std::uint32_t count(const fields& from, const char* key) {
  return static_cast<std::uint32_t>(from.number(key, small));
}

void read(const json& value, owner_answer& out) {
  const fields from(value, "ok", {"pid", "command"});
  out.pid = static_cast<int>(from.number("pid", std::numeric_limits<int>::max()));
  out.command = from.text("command");
}

void read(const json& value, actors::submitted& out) {
  const fields from(value, "ok", {"run", "state", "ahead"});
  out.run_id = from.text("run");
  out.ahead = from.number("ahead", large);
  out.state = from.word<schema::run_state>(
      "state", [](const std::string& text) { return schema::parse_run_state(text); });
}

void read(const json& value, actors::run_decided& out) {
  out.state = fields(value, "ok", {"state"})
                  .word<schema::run_state>("state", [](const std::string& text) {
                    return schema::parse_run_state(text);
                  });
}

void read(const json& value, actors::campaign_submitted& out) {
  const fields from(value, "ok", {"campaign", "resumed", "runs", "nextMs"});
  out.name = from.text("campaign");
  out.resumed = from.flag("resumed");
  out.runs = count(from, "runs");
  out.scheduled = from.has("nextMs");
  if (out.scheduled) {
    out.next_ms = static_cast<std::int64_t>(from.number("nextMs", std::uint64_t{1} << 53U));
  }
}

void read(const json& value, actors::retried& out) {
  out.runs = count(fields(value, "ok", {"runs"}), "runs");
}

void read(const json& value, actors::campaign_answer& out) {
  out.state = fields(value, "ok", {"state"})
                  .word<schema::campaign_state>("state", [](const std::string& text) {
                    return schema::parse_campaign_state(text);
                  });
}

std::optional<actors::rollback_act> parse_act(const std::string& text) {
  using enum actors::rollback_act;
  for (const auto each : {nothing, closed, branch_deleted, reverted, person}) {
    if (actors::to_string(each) == text) return each;
  }
  return std::nullopt;
}

void read(const json& value, actors::rolled_back& out) {
  for (const json& each : fields(value, "ok", {"steps"}).any("steps")) {
    const fields from(each, "step", {"run", "repo", "act", "detail"});
    out.steps.push_back({from.text("run"), from.text("repo"),
                         from.word<actors::rollback_act>("act", parse_act),
                         from.text("detail", longest_text)});
  }
}

void read(const json& value, actors::switch_report& out) {
  const fields from(value, "ok", {"stoppedRuns", "stoppedQueued", "tookMs"});
  out.stopped_runs = from.number("stoppedRuns", large);
  out.stopped_queued = from.number("stoppedQueued", large);
  out.took_ms = static_cast<std::int64_t>(from.number("tookMs", large));
}

void read(const json& value, actors::active_answer& out) {
  const fields from(value, "ok", {"runs", "storeFailed", "reason"});
  out.runs = count(from, "runs");
  out.store_failed = from.flag("storeFailed");
  out.reason = from.text("reason", longest_text);
}

void read(const json& value, actors::why_answer& out) {
  const fields from(value, "ok", {"waiting", "code", "detail", "position", "etaMs"});
  out.waiting = from.flag("waiting");
  out.code = from.text("code", 64);
  out.detail = from.text("detail", longest_text);
  out.position = from.number("position", large);
  if (from.has("etaMs")) out.eta_ms = static_cast<std::int64_t>(from.number("etaMs", large));
}

error error_of(const json& value) {
  const fields from(value, "error", {"code", "message", "remedy"});
  error out;
  const auto code = from.text("code", 64);
  for (const errc each : all_codes) {
    if (code == to_string(each)) out.code = each;
  }
  out.message = from.text("message", longest_text);
  out.remedy = from.text("remedy", longest_text);
  return out;
}

}  // namespace

std::string encode_error(const error& failed) {
  return schema::dump(json{{"v", protocol_version},
                           {"error",
                            {{"code", to_string(failed.code)},
                             {"message", failed.message.substr(0, longest_text / 4)},
                             {"remedy", failed.remedy.substr(0, longest_text / 4)}}}});
}

std::string encode_answer(const owner_answer& value) {
  return ok({{"pid", value.pid}, {"command", value.command}});
}
std::string encode_answer(const actors::submitted& value) {
  return ok({{"run", value.run_id},
             {"state", schema::to_string(value.state)},
             {"ahead", value.ahead}});
}
std::string encode_answer(const actors::run_decided& value) {
  return ok({{"state", schema::to_string(value.state)}});
}
std::string encode_answer(const actors::campaign_submitted& value) {
  json out = {{"campaign", value.name}, {"resumed", value.resumed}, {"runs", value.runs}};
  if (value.scheduled) out["nextMs"] = value.next_ms;
  return ok(std::move(out));
}
std::string encode_answer(const actors::retried& value) {
  return ok({{"runs", value.runs}});
}
std::string encode_answer(const actors::campaign_answer& value) {
  return ok({{"state", schema::to_string(value.state)}});
}
std::string encode_answer(const actors::rolled_back& value) {
  json steps = json::array();
  for (const auto& each : value.steps) {
    steps.push_back({{"run", each.run_id},
                     {"repo", each.repo_url},
                     {"act", actors::to_string(each.act)},
                     {"detail", each.detail.substr(0, longest_detail)}});
  }
  return ok({{"steps", std::move(steps)}});
}
std::string encode_answer(const actors::switch_report& value) {
  return ok({{"stoppedRuns", value.stopped_runs},
             {"stoppedQueued", value.stopped_queued},
             {"tookMs", std::max<std::int64_t>(value.took_ms, 0)}});
}
std::string encode_answer(const actors::active_answer& value) {
  return ok({{"runs", value.runs},
             {"storeFailed", value.store_failed},
             {"reason", value.reason.substr(0, longest_text / 4)}});
}

std::string encode_answer(const actors::why_answer& value) {
  json out = {{"waiting", value.waiting},
              {"code", value.code},
              {"detail", value.detail.substr(0, longest_text / 4)},
              {"position", value.position}};
  if (value.eta_ms) out["etaMs"] = std::max<std::int64_t>(*value.eta_ms, 0);
  return ok(std::move(out));
}

template <class Answer>
result<Answer> decode_answer(std::string_view line) {
  try {
    const json message = parse_line(line);
    const fields top(message, "answer", {"v", "ok", "error"});
    if (top.number("v", small) != protocol_version) {
      return error{errc::unsupported, "control answer: the other side speaks another version",
                   "use the same version of skein on both sides"};
    }
    if (top.has("error")) return error_of(top.any("error"));
    Answer out;
    read(top.any("ok"), out);
    return out;
  } catch (const std::exception& wrong) {
    return error{errc::unavailable, std::string{"control answer: "} + wrong.what(),
                 "use the same version of skein on both sides"};
  }
}

template result<owner_answer> decode_answer(std::string_view line);
template result<actors::submitted> decode_answer(std::string_view line);
template result<actors::run_decided> decode_answer(std::string_view line);
template result<actors::campaign_submitted> decode_answer(std::string_view line);
template result<actors::retried> decode_answer(std::string_view line);
template result<actors::campaign_answer> decode_answer(std::string_view line);
template result<actors::rolled_back> decode_answer(std::string_view line);
template result<actors::switch_report> decode_answer(std::string_view line);
template result<actors::active_answer> decode_answer(std::string_view line);
template result<actors::why_answer> decode_answer(std::string_view line);

}  // namespace skein::cli::control
