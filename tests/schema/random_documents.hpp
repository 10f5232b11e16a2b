// Random but valid tasks and campaigns from a fixed seed, for round-trip properties.
#pragma once

#include "schema/campaign.hpp"
#include "schema/config.hpp"
#include "schema/task.hpp"
#include "schema/verifier_file.hpp"

#include <random>
#include <string>

namespace skein::test {

class random_documents {
 public:
  explicit random_documents(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t number(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(engine_);
  }
  bool coin() { return number(0, 1) == 1; }

  std::string name() {
    static constexpr char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static constexpr char other[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    std::string out(1, first[number(0, sizeof first - 2)]);
    for (auto left = number(0, 20); left > 0; --left) out += other[number(0, sizeof other - 2)];
    return out;
  }

  /// Text that needs quoting, escaping and more than ASCII.
  std::string text() {
    static const std::vector<std::string> parts{
        "a",  " ",    "true", "0123", "5m", "\"", "\\", ": ",  "# ", "'",    "ü",
        "日", "🙂", "-",    "[",    "{}", "&x", "*x", "!!y", "%",  "null", "~"};
    std::string out = "x";
    for (auto left = number(0, 12); left > 0; --left) out += parts[number(0, parts.size() - 1)];
    return out + "x";
  }
  std::string lines() { return text() + "\n\t" + text() + "\n"; }

  std::chrono::milliseconds duration() {
    static constexpr std::uint64_t units[] = {1, 1000, 60'000, 3'600'000};
    return std::chrono::milliseconds{number(1, 20) * units[number(0, 3)]};
  }

  schema::task_spec spec() {
    schema::task_spec out;
    out.intent = coin() ? lines() : "";
    out.risk = static_cast<schema::risk_level>(number(0, 2));
    for (auto left = number(0, 3); left > 0; --left) out.scope.include.push_back("src/" + text());
    for (auto left = number(0, 2); left > 0; --left) out.scope.exclude.push_back("x" + text());
    out.scope.max_files = static_cast<std::uint32_t>(number(1, 1'000'000));
    out.capabilities.network = static_cast<schema::network_grant>(number(0, 2));
    if (out.capabilities.network == schema::network_grant::allow) {
      out.capabilities.network_allow = {"pypi.org:443"};
    }
    out.capabilities.modify_ci = coin();
    out.capabilities.modify_tests = coin();
    agent(out);
    for (std::uint64_t index = number(0, 3); index > 0; --index) {
      schema::verifier_spec each;
      (coin() ? each.name : each.use) = name() + std::to_string(index);
      each.required = coin();
      each.timeout = each.use.empty() || coin() ? duration() : std::chrono::milliseconds{0};
      if (each.use.empty()) each.run = lines();
      out.verifiers.push_back(each);
    }
    out.budget.attempts = static_cast<std::uint32_t>(number(1, 20));
    out.budget.wall_clock = std::chrono::seconds{number(1, 100'000)};
    out.budget.usd = static_cast<double>(number(0, 1'000'000)) / 7;
    out.budget.tokens = number(0, 1'000'000'000);
    out.budget.file_read_bytes = number(0, 1ULL << 40);
    out.publish.mode = static_cast<schema::publish_mode>(number(0, 3));
    out.publish.branch_prefix = "fleet/" + std::to_string(number(0, 99)) + (coin() ? "/" : "-");
    out.publish.title = coin() ? text() : "";
    if (coin()) out.publish.labels = {text(), "two"};
    if (coin()) out.publish.reviewers = {"codeowners"};
    if (coin()) out.publish.reviewers = {"alice", "org/team"};
    return out;
  }

  schema::task task() {
    schema::task out;
    out.name = name();
    out.tenant = name();
    if (coin()) out.labels = {{"Team.x/y", text()}, {"b", ""}};
    out.spec = spec();
    if (coin()) out.spec.repo.url = "git@host:org/" + name() + ".git";
    if (coin()) out.spec.repo.branch = "main";
    if (coin()) out.spec.repo.commit = std::string(40, 'a');
    return out;
  }

  schema::campaign campaign() {
    schema::campaign out;
    out.name = name();
    out.task = spec();
    const auto needed = "https://host/" + name();
    auto& first = out.repos.emplace_back();
    first.url = needed;
    if (coin()) first.branch = "main";
    if (coin()) first.labels = {"core", text()};
    auto& second = out.repos.emplace_back();
    if (coin()) {
      second.file = text();
    } else {
      second.url = "https://host/b/" + name();
      second.needs = {needed};
    }
    for (auto left = number(0, 3); left > 0; --left) {
      schema::wave_spec wave;
      if (coin()) {
        wave.size = static_cast<std::uint32_t>(number(1, 1000));
      } else {
        wave.percent = static_cast<double>(number(1, 700)) / 7;
      }
      wave.require_success = static_cast<double>(number(0, 100)) / 100;
      wave.soak = duration();
      out.waves.push_back(wave);
    }
    if (coin()) {
      auto& last = out.waves.emplace_back();
      switch (number(0, 2)) {
        case 0:
          last.rest = true;
          break;
        case 1:
          last.label = "core";
          break;
        default:
          last.owner = "acme/platform";
      }
      last.require_success = 0.5;
      last.soak = std::chrono::hours{1};
    }
    out.limits.concurrency = static_cast<std::uint32_t>(number(0, 100));
    out.limits.max_open_pull_requests = 7;
    out.limits.usd = 12.25;
    out.limits.max_failing_checks = static_cast<std::uint32_t>(number(0, 9));
    out.limits.max_failure_rate = static_cast<double>(number(0, 100)) / 100;
    out.limits.max_veto_rate = static_cast<double>(number(0, 100)) / 100;
    out.priority = static_cast<int>(number(0, 200)) - 100;
    if (coin()) out.schedule = schema::schedule_spec{"0 1 * * 1-5", "Europe/Berlin", "", "once"};
    return out;
  }

 private:
  void agent(schema::task_spec& out) {
    if (coin()) out.resources = {number(16ULL << 20, 1ULL << 40), 0.5};
    out.agent_given = coin();
    if (!out.agent_given) return;
    out.agent.kind = static_cast<schema::agent_kind>(number(0, 3));
    switch (out.agent.kind) {
      case schema::agent_kind::script:
        for (auto left = number(0, 3); left > 0; --left) {
          schema::step_spec step{lines(), std::nullopt};
          if (coin()) step.timeout = duration();
          out.agent.steps.push_back(step);
        }
        break;
      case schema::agent_kind::model:
        out.agent.provider = name();
        out.agent.model = text();
        break;
      case schema::agent_kind::external:
        out.agent.use = name();
        break;
      case schema::agent_kind::replay:
        out.agent.transcript = text();
        break;
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace skein::test
