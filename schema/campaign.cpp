// The campaign document as JSON and back, and how its waves cut a fleet.
#include "schema/campaign.hpp"

#include "schema/json_read.hpp"
#include "schema/quantity.hpp"
#include "schema/spec_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace skein::schema {

using nlohmann::json;

namespace {

constexpr std::array all_campaign_states{campaign_state::running, campaign_state::paused,
                                         campaign_state::halted, campaign_state::aborted,
                                         campaign_state::completed};

json selector_json(const repo_selector& value) {
  json out = json::object();
  const auto put = [&out](const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
  };
  put("url", value.url);
  put("branch", value.branch);
  put("file", value.file);
  put("glob", value.glob);
  put("github", value.github);
  if (!value.labels.empty()) out["labels"] = value.labels;
  if (!value.needs.empty()) out["needs"] = value.needs;
  return out;
}

repo_selector selector_from_json(const json& value) {
  repo_selector out;
  detail::read(value, "url", out.url);
  detail::read(value, "branch", out.branch);
  detail::read(value, "file", out.file);
  detail::read(value, "glob", out.glob);
  detail::read(value, "github", out.github);
  detail::read(value, "labels", out.labels);
  detail::read(value, "needs", out.needs);
  return out;
}

json wave_json(const wave_spec& value) {
  json out = {{"requireSuccess", value.require_success}, {"soak", format_duration(value.soak)}};
  if (value.rest) {
    out["rest"] = true;
  } else if (!value.label.empty()) {
    out["label"] = value.label;
  } else if (!value.owner.empty()) {
    out["owner"] = value.owner;
  } else if (value.percent > 0) {
    out["size"] = format_percent(value.percent);
  } else {
    out["size"] = value.size;
  }
  return out;
}

void read_share(const json& object, const char* key, double& target) {
  if (!detail::has(object, key)) return;
  const auto share = share_of(object.at(key));
  if (!share) throw std::logic_error(std::string("not a valid share: ") + key);
  target = *share;
}

wave_spec wave_from_json(const json& value) {
  wave_spec out;
  detail::read(value, "rest", out.rest);
  if (detail::has(value, "size")) {
    const json& size = value.at("size");
    if (size.is_string()) {
      const auto percent = parse_percent(size.get_ref<const std::string&>());
      if (!percent) throw std::logic_error("not a valid wave size: " + size.dump());
      out.percent = *percent;
    } else {
      out.size = size.get<std::uint32_t>();
    }
  }
  detail::read(value, "label", out.label);
  detail::read(value, "owner", out.owner);
  if (detail::has(value, "requireSuccess")) {
    const auto share = share_of(value.at("requireSuccess"));
    if (!share) throw std::logic_error("not a valid requireSuccess");
    out.require_success = *share;
  }
  detail::read_duration(value, "soak", out.soak);
  return out;
}

schedule_spec schedule_from_json(const json& value) {
  schedule_spec out;
  detail::read(value, "cron", out.cron);
  detail::read(value, "timezone", out.timezone);
  detail::read(value, "window", out.window);
  detail::read(value, "whenMissed", out.when_missed);
  return out;
}

json schedule_json(const schedule_spec& value) {
  json out = {{"whenMissed", value.when_missed}};
  // None: the campaign was started by a timetable.
  if (!value.cron.empty()) out["cron"] = value.cron;
  if (!value.timezone.empty()) out["timezone"] = value.timezone;
  if (!value.window.empty()) out["window"] = value.window;
  return out;
}

std::uint32_t repos_in(const wave_spec& wave, std::uint32_t total, std::uint32_t left) {
  if (wave.rest) return left;
  if (wave.percent <= 0) return std::min(wave.size, left);
  // The small slack keeps 10% of 70 at 7 although 0.1 has no exact binary form.
  const double wanted = std::ceil(std::min(wave.percent, 100.0) * total / 100 - 1e-9);
  return std::min(static_cast<std::uint32_t>(wanted), left);
}

}  // namespace

std::string_view to_string(campaign_state value) noexcept {
  switch (value) {
    case campaign_state::running:
      return "running";
    case campaign_state::paused:
      return "paused";
    case campaign_state::halted:
      return "halted";
    case campaign_state::aborted:
      return "aborted";
    case campaign_state::completed:
      return "completed";
  }
  return "halted";
}

std::optional<campaign_state> parse_campaign_state(std::string_view text) noexcept {
  for (const campaign_state candidate : all_campaign_states) {
    if (to_string(candidate) == text) return candidate;
  }
  return std::nullopt;
}

json to_json(const campaign& value) {
  json spec = json::object();
  spec["task"] = detail::spec_json(value.task);
  spec["task"].erase("repo");
  json& repos = spec["repos"] = json::array();
  for (const repo_selector& each : value.repos) repos.push_back(selector_json(each));
  json& waves = spec["waves"] = json::array();
  for (const wave_spec& each : value.waves) waves.push_back(wave_json(each));
  spec["limits"] = {{"concurrency", value.limits.concurrency},
                    {"maxOpenPullRequests", value.limits.max_open_pull_requests},
                    {"usd", value.limits.usd}};
  // Only when they say something: campaigns that were stored without them stay what they are.
  json& limits = spec["limits"];
  if (value.limits.max_failing_checks != 0) {
    limits["maxFailingChecks"] = value.limits.max_failing_checks;
  }
  if (value.limits.max_failure_rate < 1) limits["maxFailureRate"] = value.limits.max_failure_rate;
  if (value.limits.max_veto_rate < 1) limits["maxVetoRate"] = value.limits.max_veto_rate;
  if (value.priority != 0) spec["priority"] = value.priority;
  if (value.schedule) spec["schedule"] = schedule_json(*value.schedule);
  return detail::document_json(
      "Campaign", detail::metadata_json(value.name, value.tenant, value.labels), std::move(spec));
}

campaign campaign_from_json(const json& document) {
  return detail::reading("campaign", [&] {
    detail::expect_kind(document, "Campaign");
    campaign out;
    const json& metadata = detail::member(document, "metadata");
    detail::read(metadata, "name", out.name);
    detail::read(metadata, "tenant", out.tenant);
    detail::read(metadata, "labels", out.labels);
    const json& spec = detail::member(document, "spec");
    out.task = detail::spec_from_json(detail::member(spec, "task"));
    for (const json& each : detail::member(spec, "repos")) {
      out.repos.push_back(selector_from_json(each));
    }
    for (const json& each : detail::member(spec, "waves")) {
      out.waves.push_back(wave_from_json(each));
    }
    const json& limits = detail::member(spec, "limits");
    detail::read(limits, "concurrency", out.limits.concurrency);
    detail::read(limits, "maxOpenPullRequests", out.limits.max_open_pull_requests);
    detail::read(limits, "usd", out.limits.usd);
    detail::read(limits, "maxFailingChecks", out.limits.max_failing_checks);
    read_share(limits, "maxFailureRate", out.limits.max_failure_rate);
    read_share(limits, "maxVetoRate", out.limits.max_veto_rate);
    detail::read(spec, "priority", out.priority);
    if (detail::has(spec, "schedule")) out.schedule = schedule_from_json(spec.at("schedule"));
    return out;
  });
}

task task_for_repo(const campaign& owner, const repo_spec& repo) {
  task out;
  out.name = owner.name;
  out.tenant = owner.tenant;
  out.labels = owner.labels;
  out.spec = owner.task;
  out.spec.repo = repo;
  if (owner.priority != 0) out.spec.priority = owner.priority;
  return out;
}

std::vector<std::uint32_t> wave_sizes(const campaign& owner, std::uint32_t total) {
  std::vector<std::uint32_t> sizes;
  std::uint32_t left = total;
  for (const wave_spec& wave : owner.waves) {
    const std::uint32_t taken = repos_in(wave, total, left);
    sizes.push_back(taken);
    left -= taken;
  }
  if (left > 0) sizes.push_back(left);
  return sizes;
}

}  // namespace skein::schema
