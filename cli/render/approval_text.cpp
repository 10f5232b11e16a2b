#include "cli/render/approval_text.hpp"

#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::cli {

namespace {

nlohmann::json time_or_null(std::int64_t unix_ms) {
  return unix_ms > 0 ? nlohmann::json(utc_time(unix_ms)) : nlohmann::json();
}

nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

tone tone_of(schema::approval_state state) {
  switch (state) {
    case schema::approval_state::approved:
      return tone::good;
    case schema::approval_state::denied:
    case schema::approval_state::expired:
      return tone::bad;
    default:
      return tone::plain;
  }
}

}  // namespace

nlohmann::json to_json(const schema::approval& value) {
  auto votes = nlohmann::json::array();
  for (const auto& vote : value.votes) {
    votes.push_back({{"by", vote.by},
                     {"approve", vote.approve},
                     {"reason", vote.reason},
                     {"at", utc_time(vote.at_ms)}});
  }
  return {{"run", value.run_id},
          {"campaign", text_or_null(value.campaign)},
          {"tenant", value.tenant},
          {"repo", value.repo_url},
          {"submitter", value.submitter},
          {"risk", schema::to_string(value.risk)},
          {"diffSha256", value.diff_sha256},
          {"state", schema::to_string(value.state)},
          {"required", value.required},
          {"why", value.why},
          {"createdAt", time_or_null(value.created_ms)},
          {"expiresAt", time_or_null(value.expires_ms)},
          {"escalatedAt", time_or_null(value.escalated_ms)},
          {"votes", std::move(votes)}};
}

table approval_table(const std::vector<schema::approval>& rows, std::int64_t now_ms) {
  table out({{"RUN"},
             {"STATE"},
             {"RISK"},
             {"YES", squeeze::never, true},
             {"WAITS", squeeze::never, true},
             {"SUBMITTER", squeeze::end},
             {"REPOSITORY", squeeze::front},
             {"WHY", squeeze::end}});
  for (const auto& row : rows) {
    const auto yes = std::count_if(row.votes.begin(), row.votes.end(),
                                   [](const auto& vote) { return vote.approve; });
    const bool open = row.state == schema::approval_state::pending;
    out.add({{short_id(row.run_id)},
             {std::string(schema::to_string(row.state)), tone_of(row.state)},
             {std::string(schema::to_string(row.risk))},
             {std::to_string(yes) + "/" + std::to_string(row.required)},
             {open ? duration_text(now_ms - row.created_ms) : "-"},
             {row.submitter},
             {row.repo_url},
             {row.why.empty() ? "" : row.why.front()}});
  }
  return out;
}

nlohmann::json to_json(const store::incident_row& value) {
  return {{"at", utc_time(value.at_ms)},
          {"kind", value.kind},
          {"run", text_or_null(value.run_id)},
          {"campaign", text_or_null(value.campaign)},
          {"tenant", text_or_null(value.tenant)},
          {"summary", value.summary},
          {"facts", value.facts}};
}

table incident_table(const std::vector<store::incident_row>& rows, std::int64_t now_ms) {
  table out({{"AGE", squeeze::never, true},
             {"KIND"},
             {"RUN"},
             {"TENANT", squeeze::end},
             {"SUMMARY", squeeze::end}});
  for (const auto& row : rows) {
    out.add({{duration_text(now_ms - row.at_ms)},
             {row.kind, tone::bad},
             {row.run_id.empty() ? "-" : short_id(row.run_id)},
             {row.tenant},
             {row.summary}});
  }
  return out;
}

}  // namespace skein::cli
