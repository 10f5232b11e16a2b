#include "cli/remote/row_json.hpp"

#include "runtime/store/stored_json.hpp"

#include <array>
#include <stdexcept>

namespace skein::cli::remote {

namespace {

using nlohmann::json;

template <class Value>
void get(const json& from, const char* name, Value& into) {
  from.at(name).get_to(into);
}

/// The member of `all` whose word stands there.
template <class Enum, std::size_t Count>
Enum word(const json& from, const char* name, const std::array<Enum, Count>& all) {
  const auto text = from.at(name).get<std::string>();
  for (const Enum each : all) {
    if (to_string(each) == text) return each;
  }
  throw std::runtime_error(std::string{name} + " is no word that is known here");
}

constexpr std::array risks{schema::risk_level::low, schema::risk_level::medium,
                           schema::risk_level::high};
constexpr std::array campaign_states{
    schema::campaign_state::running, schema::campaign_state::paused, schema::campaign_state::halted,
    schema::campaign_state::aborted, schema::campaign_state::completed};
constexpr std::array approval_states{
    schema::approval_state::pending, schema::approval_state::approved,
    schema::approval_state::denied, schema::approval_state::expired,
    schema::approval_state::withdrawn};
constexpr std::array outbox_states{store::outbox_state::pending, store::outbox_state::unknown,
                                   store::outbox_state::done, store::outbox_state::failed};
constexpr std::array kinds{store::switch_kind::hold, store::switch_kind::drain,
                           store::switch_kind::kill};
constexpr std::array scopes{store::switch_scope::all, store::switch_scope::tenant,
                            store::switch_scope::campaign, store::switch_scope::repo,
                            store::switch_scope::run};

}  // namespace

json to_row(const std::string& value) {
  return value;
}
void of_row(const json& from, std::string& out) {
  from.get_to(out);
}

json to_row(std::uint64_t value) {
  return value;
}
void of_row(const json& from, std::uint64_t& out) {
  from.get_to(out);
}

json to_row(const schema::run& value) {
  json out = {{"id", value.id},
              {"seq", value.seq},
              {"taskName", value.task_name},
              {"taskSha256", value.task_sha256},
              {"fingerprint", value.fingerprint},
              {"campaign", value.campaign},
              {"wave", value.wave},
              {"superseded", value.superseded},
              {"tenant", value.tenant},
              {"url", value.repo.url},
              {"branch", value.repo.branch},
              {"commit", value.repo.commit},
              {"baseCommit", value.base_commit},
              {"state", schema::to_string(value.state)},
              {"risk", schema::to_string(value.risk)},
              {"attempt", value.attempt},
              {"failedAttempts", value.failed_attempts},
              {"crashes", value.crashes},
              {"dryRun", value.dry_run},
              {"submitter", value.submitter},
              {"createdMs", value.created_ms},
              {"updatedMs", value.updated_ms},
              {"startedMs", value.started_ms},
              {"tree", value.tree},
              {"patchRef", value.patch_ref},
              {"logRef", value.log_ref},
              {"verdicts", store::encode(value.verdicts)},
              {"findings", store::encode(value.findings)},
              {"used", store::encode(value.used)},
              {"timings", store::encode(value.timings)}};
  if (value.diff) out["diff"] = store::encode(*value.diff);
  if (value.failed) out["failed"] = store::encode(*value.failed, value.id);
  if (value.published) out["published"] = store::encode(*value.published);
  return out;
}

void of_row(const json& from, schema::run& out) {
  get(from, "id", out.id);
  get(from, "seq", out.seq);
  get(from, "taskName", out.task_name);
  get(from, "taskSha256", out.task_sha256);
  get(from, "fingerprint", out.fingerprint);
  get(from, "campaign", out.campaign);
  get(from, "wave", out.wave);
  get(from, "superseded", out.superseded);
  get(from, "tenant", out.tenant);
  get(from, "url", out.repo.url);
  get(from, "branch", out.repo.branch);
  get(from, "commit", out.repo.commit);
  get(from, "baseCommit", out.base_commit);
  out.state = word(from, "state", schema::all_run_states);
  out.risk = word(from, "risk", risks);
  get(from, "attempt", out.attempt);
  get(from, "failedAttempts", out.failed_attempts);
  get(from, "crashes", out.crashes);
  get(from, "dryRun", out.dry_run);
  get(from, "submitter", out.submitter);
  get(from, "createdMs", out.created_ms);
  get(from, "updatedMs", out.updated_ms);
  get(from, "startedMs", out.started_ms);
  get(from, "tree", out.tree);
  get(from, "patchRef", out.patch_ref);
  get(from, "logRef", out.log_ref);
  out.verdicts = store::decode_verdicts(from.at("verdicts").get<std::string>());
  out.findings = store::decode_findings(from.at("findings").get<std::string>());
  out.used = store::decode_usage(from.at("used").get<std::string>());
  out.timings = store::decode_timings(from.at("timings").get<std::string>());
  if (from.contains("diff")) out.diff = store::decode_diff(from.at("diff").get<std::string>());
  if (from.contains("failed")) {
    out.failed = store::decode_failure(from.at("failed").get<std::string>());
  }
  if (from.contains("published")) {
    out.published = store::decode_publication(from.at("published").get<std::string>());
  }
}

json to_row(const store::campaign_row& value) {
  return {{"spec", schema::to_json(value.value)},
          {"specSha256", value.spec_sha256},
          {"state", schema::to_string(value.state)},
          {"openWave", value.open_wave},
          {"reason", value.reason},
          {"createdMs", value.created_ms},
          {"updatedMs", value.updated_ms}};
}
void of_row(const json& from, store::campaign_row& out) {
  out.value = schema::campaign_from_json(from.at("spec"));
  get(from, "specSha256", out.spec_sha256);
  out.state = word(from, "state", campaign_states);
  get(from, "openWave", out.open_wave);
  get(from, "reason", out.reason);
  get(from, "createdMs", out.created_ms);
  get(from, "updatedMs", out.updated_ms);
}

json to_row(const store::event_row& value) {
  return {{"seq", value.seq},    {"atMs", value.at_ms},        {"kind", value.kind},
          {"run", value.run_id}, {"campaign", value.campaign}, {"tenant", value.tenant},
          {"by", value.by},      {"payload", value.payload},   {"audited", value.audited},
          {"hash", value.hash}};
}
void of_row(const json& from, store::event_row& out) {
  get(from, "seq", out.seq);
  get(from, "atMs", out.at_ms);
  get(from, "kind", out.kind);
  get(from, "run", out.run_id);
  get(from, "campaign", out.campaign);
  get(from, "tenant", out.tenant);
  get(from, "by", out.by);
  get(from, "payload", out.payload);
  get(from, "audited", out.audited);
  get(from, "hash", out.hash);
}

json to_row(const store::outbox_row& value) {
  return {{"run", value.run_id},
          {"attempt", value.attempt},
          {"url", value.repo_url},
          {"branch", value.branch},
          {"commit", value.commit},
          {"payload", value.payload},
          {"state", store::to_string(value.state)},
          {"detail", value.detail}};
}
void of_row(const json& from, store::outbox_row& out) {
  get(from, "run", out.run_id);
  get(from, "attempt", out.attempt);
  get(from, "url", out.repo_url);
  get(from, "branch", out.branch);
  get(from, "commit", out.commit);
  out.payload = from.at("payload");
  out.state = word(from, "state", outbox_states);
  get(from, "detail", out.detail);
}

json to_row(const store::opened_pull_request& value) {
  return {{"run", value.run_id}, {"campaign", value.campaign}, {"atMs", value.at_ms}};
}
void of_row(const json& from, store::opened_pull_request& out) {
  get(from, "run", out.run_id);
  get(from, "campaign", out.campaign);
  get(from, "atMs", out.at_ms);
}
json to_row(const store::wave_totals& value) {
  json states = json::array();
  for (const auto& [state, count] : value.states) {
    states.push_back({{"state", schema::to_string(state)}, {"runs", count}});
  }
  return {{"wave", value.wave}, {"states", std::move(states)}};
}
void of_row(const json& from, store::wave_totals& out) {
  get(from, "wave", out.wave);
  for (const auto& each : from.at("states")) {
    out.states.emplace_back(word(each, "state", schema::all_run_states),
                            each.at("runs").get<std::uint32_t>());
  }
}

json to_row(const store::queued_run& value) {
  return {{"id", value.id},         {"seq", value.seq},
          {"tenant", value.tenant}, {"campaign", value.campaign},
          {"url", value.repo_url},  {"attempt", value.attempt}};
}
void of_row(const json& from, store::queued_run& out) {
  get(from, "id", out.id);
  get(from, "seq", out.seq);
  get(from, "tenant", out.tenant);
  get(from, "campaign", out.campaign);
  get(from, "url", out.repo_url);
  get(from, "attempt", out.attempt);
}

json to_row(const store::incident_row& value) {
  return {{"seq", value.seq},         {"atMs", value.at_ms},        {"kind", value.kind},
          {"run", value.run_id},      {"campaign", value.campaign}, {"tenant", value.tenant},
          {"summary", value.summary}, {"facts", value.facts}};
}
void of_row(const json& from, store::incident_row& out) {
  get(from, "seq", out.seq);
  get(from, "atMs", out.at_ms);
  get(from, "kind", out.kind);
  get(from, "run", out.run_id);
  get(from, "campaign", out.campaign);
  get(from, "tenant", out.tenant);
  get(from, "summary", out.summary);
  out.facts = from.at("facts");
}

json to_row(const store::tenant_usage& value) {
  return {{"tenant", value.tenant},
          {"active", value.active},
          {"queued", value.queued},
          {"usd", value.usd},
          {"tokens", value.tokens}};
}
void of_row(const json& from, store::tenant_usage& out) {
  get(from, "tenant", out.tenant);
  get(from, "active", out.active);
  get(from, "queued", out.queued);
  get(from, "usd", out.usd);
  get(from, "tokens", out.tokens);
}

json to_row(const store::switch_row& value) {
  return {{"kind", store::to_string(value.kind)},
          {"scope", store::to_string(value.scope)},
          {"target", value.target},
          {"by", value.by},
          {"reason", value.reason},
          {"sinceMs", value.since_ms}};
}
void of_row(const json& from, store::switch_row& out) {
  out.kind = word(from, "kind", kinds);
  out.scope = word(from, "scope", scopes);
  get(from, "target", out.target);
  get(from, "by", out.by);
  get(from, "reason", out.reason);
  get(from, "sinceMs", out.since_ms);
}

json to_row(const schema::approval& value) {
  json votes = json::array();
  for (const auto& each : value.votes) {
    votes.push_back({{"by", each.by},
                     {"approve", each.approve},
                     {"reason", each.reason},
                     {"atMs", each.at_ms}});
  }
  return {{"run", value.run_id},
          {"campaign", value.campaign},
          {"tenant", value.tenant},
          {"url", value.repo_url},
          {"submitter", value.submitter},
          {"risk", schema::to_string(value.risk)},
          {"diffSha256", value.diff_sha256},
          {"state", schema::to_string(value.state)},
          {"required", value.required},
          {"why", value.why},
          {"createdMs", value.created_ms},
          {"expiresMs", value.expires_ms},
          {"escalatedMs", value.escalated_ms},
          {"votes", std::move(votes)}};
}
void of_row(const json& from, schema::approval& out) {
  get(from, "run", out.run_id);
  get(from, "campaign", out.campaign);
  get(from, "tenant", out.tenant);
  get(from, "url", out.repo_url);
  get(from, "submitter", out.submitter);
  out.risk = word(from, "risk", risks);
  get(from, "diffSha256", out.diff_sha256);
  out.state = word(from, "state", approval_states);
  get(from, "required", out.required);
  get(from, "why", out.why);
  get(from, "createdMs", out.created_ms);
  get(from, "expiresMs", out.expires_ms);
  get(from, "escalatedMs", out.escalated_ms);
  for (const auto& each : from.at("votes")) {
    auto& vote = out.votes.emplace_back();
    get(each, "by", vote.by);
    get(each, "approve", vote.approve);
    get(each, "reason", vote.reason);
    get(each, "atMs", vote.at_ms);
  }
}

json to_row(const schema::verdict& value) {
  return store::encode(value);
}
void of_row(const json& from, schema::verdict& out) {
  out = store::decode_verdict(from.get<std::string>());
}

json to_row(const store::run_filter& value) {
  json out = {{"tenant", value.tenant},
              {"campaign", value.campaign},
              {"withSuperseded", value.with_superseded},
              {"nonFinalOnly", value.non_final_only},
              {"limit", value.limit},
              {"afterSeq", value.after_seq}};
  if (value.state) out["state"] = schema::to_string(*value.state);
  return out;
}
void of_row(const json& from, store::run_filter& out) {
  get(from, "tenant", out.tenant);
  get(from, "campaign", out.campaign);
  get(from, "withSuperseded", out.with_superseded);
  get(from, "nonFinalOnly", out.non_final_only);
  get(from, "limit", out.limit);
  get(from, "afterSeq", out.after_seq);
  if (from.contains("state")) out.state = word(from, "state", schema::all_run_states);
}

json to_row(const store::pull_request_totals& value) {
  return {{"open", value.open},
          {"failingChecks", value.failing_checks},
          {"merged", value.merged},
          {"closed", value.closed}};
}
void of_row(const json& from, store::pull_request_totals& out) {
  get(from, "open", out.open);
  get(from, "failingChecks", out.failing_checks);
  get(from, "merged", out.merged);
  get(from, "closed", out.closed);
}

json to_row(const store::timetable_row& value) {
  return {{"name", value.name},           {"tenant", value.tenant},
          {"spec", schema::to_json(value.value)}, {"directory", value.directory},
          {"submitter", value.submitter}, {"consideredMs", value.considered_ms},
          {"lastCampaign", value.last_campaign}, {"givenUp", value.given_up}};
}
void of_row(const json& from, store::timetable_row& out) {
  get(from, "name", out.name);
  get(from, "tenant", out.tenant);
  out.value = schema::campaign_from_json(from.at("spec"));
  get(from, "directory", out.directory);
  get(from, "submitter", out.submitter);
  get(from, "consideredMs", out.considered_ms);
  get(from, "lastCampaign", out.last_campaign);
  get(from, "givenUp", out.given_up);
}

json to_row(std::int64_t value) {
  return value;
}
void of_row(const json& from, std::int64_t& out) {
  out = from.get<std::int64_t>();
}

json to_row(const store::approval_filter& value) {
  json out = {{"run", value.run_id},
              {"tenant", value.tenant},
              {"campaign", value.campaign},
              {"limit", value.limit}};
  if (value.state) out["state"] = schema::to_string(*value.state);
  return out;
}
void of_row(const json& from, store::approval_filter& out) {
  get(from, "run", out.run_id);
  get(from, "tenant", out.tenant);
  get(from, "campaign", out.campaign);
  get(from, "limit", out.limit);
  if (from.contains("state")) out.state = word(from, "state", approval_states);
}

json to_row(const store::queue_filter& value) {
  return {{"afterSeq", value.after_seq},           {"limit", value.limit},
          {"skipTenants", value.skip_tenants},     {"skipCampaigns", value.skip_campaigns},
          {"onlyCampaigns", value.only_campaigns}, {"onlyRuns", value.only_runs}};
}
void of_row(const json& from, store::queue_filter& out) {
  get(from, "afterSeq", out.after_seq);
  get(from, "limit", out.limit);
  get(from, "skipTenants", out.skip_tenants);
  get(from, "skipCampaigns", out.skip_campaigns);
  get(from, "onlyCampaigns", out.only_campaigns);
  get(from, "onlyRuns", out.only_runs);
}

}  // namespace skein::cli::remote
