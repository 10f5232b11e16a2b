// The object that `run -o json` and `get runs -o json` print.
#include "schema/run.hpp"

#include <nlohmann/json.hpp>

#include <ctime>

namespace skein::schema {

namespace {

/// RFC 3339 in UTC with milliseconds; null for 0, which means that it never happened.
nlohmann::json timestamp(std::int64_t unix_ms) {
  if (unix_ms <= 0) return nullptr;
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return nullptr;
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text, length);
  const std::string fraction = std::to_string(1000 + unix_ms % 1000);
  return out + "." + fraction.substr(1) + "Z";
}

nlohmann::json publication_json(const std::optional<publication>& value) {
  if (!value) return nullptr;
  return {{"mode", to_string(value->mode)},
          {"branch", value->branch},
          {"commit", value->commit},
          {"url", value->url},
          {"draft", value->draft}};
}

nlohmann::json diff_json(const std::optional<diff_summary>& value) {
  if (!value) return nullptr;
  return {{"files", value->files},
          {"insertions", value->insertions},
          {"deletions", value->deletions},
          {"sha256", value->sha256}};
}

nlohmann::json findings_json(const std::vector<finding>& values) {
  nlohmann::json out = nlohmann::json::array();
  for (const finding& value : values) {
    out.push_back({{"rule", value.rule},
                   {"severity", value.severity},
                   {"path", value.path},
                   {"line", value.line},
                   {"action", value.action},
                   {"message", value.message}});
  }
  return out;
}

nlohmann::json timings_json(const stage_timings& values) {
  nlohmann::json out = nlohmann::json::object();
  for (const stage each : all_stages) {
    out[std::string(to_string(each))] = values[static_cast<std::size_t>(each)];
  }
  return out;
}

}  // namespace

nlohmann::json to_json(const run& value, bool brief) {
  nlohmann::json verifiers = nlohmann::json::array();
  for (const verdict& each : value.verdicts) {
    verifiers.push_back(to_json(each));
    if (brief) verifiers.back().erase("excerpt");
  }
  nlohmann::json out = {
      {"runId", value.id},
      {"task",
       {{"name", value.task_name},
        {"sha256", value.task_sha256},
        {"fingerprint", value.fingerprint}}},
      {"repo",
       {{"url", value.repo.url}, {"branch", value.repo.branch}, {"baseCommit", value.base_commit}}},
      {"tenant", value.tenant},
      {"state", to_string(value.state)},
      {"risk", to_string(value.risk)},
      {"attempt", value.attempt},
      {"failure", value.failed ? to_json(*value.failed, value.id) : nlohmann::json()},
      {"publication", publication_json(value.published)},
      {"patchRef", value.patch_ref},
      {"diff", diff_json(value.diff)},
      {"verifiers", std::move(verifiers)},
      {"approvals", nlohmann::json::array()},
      {"usage",
       {{"tokensIn", value.used.tokens_in},
        {"tokensOut", value.used.tokens_out},
        {"usd", value.used.usd},
        {"toolCalls", value.used.tool_calls},
        {"wallMs", value.used.wall_ms},
        {"cpuMs", value.used.cpu_ms}}},
      {"campaign", value.campaign},
      {"wave", value.wave},
      {"dryRun", value.dry_run},
      {"createdAt", timestamp(value.created_ms)},
      {"updatedAt", timestamp(value.updated_ms)}};
  if (value.patch_ref.empty()) out["patchRef"] = nullptr;
  if (value.campaign.empty()) {
    out["campaign"] = nullptr;
    out["wave"] = nullptr;
  }
  if (!brief) {
    out["findings"] = findings_json(value.findings);
    out["timings"] = timings_json(value.timings);
  }
  return out;
}

int exit_code(run_state value) noexcept {
  switch (value) {
    case run_state::published:
    case run_state::draft_published:
    case run_state::no_change:
    case run_state::analysis_only:
    case run_state::duplicate:
      return 0;
    case run_state::preparation_failed:
    case run_state::infrastructure_failed:
    case run_state::publish_failed:
      return 1;
    case run_state::rejected:
    case run_state::blocked:
    case run_state::approval_denied:
      return 3;
    case run_state::budget_exhausted:
      return 5;
    case run_state::verification_failed:
      return 6;
    case run_state::killed:
      return 7;
    default:
      return 8;
  }
}

}  // namespace skein::schema
