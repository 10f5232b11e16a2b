// Everything about one run: as text in sections, and as JSON.
#include "cli/render/printable.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace skein::cli {

namespace {

class page {
 public:
  explicit page(const style& look) : look_(look) {}

  void section(const std::string& title) {
    text_ += (text_.empty() ? "" : "\n") + look_.paint(tone::strong, title) + "\n";
  }
  void line(const std::string& name, const std::string& value, tone how = tone::plain) {
    if (value.empty()) return;
    text_ +=
        "  " + look_.paint(tone::dim, padded(name, 14)) + look_.paint(how, printable(value)) + "\n";
  }
  /// Several lines of somebody's text, indented.
  void block(const std::string& text) {
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const auto line = printable(rest.substr(0, end));
      text_ += (line.empty() ? "" : "    ") + line + "\n";
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  void rows(const table& what, std::size_t width) {
    const std::string text = what.text(width > 2 ? width - 2 : width, look_);
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      text_ += "  " + std::string(rest.substr(0, end)) + "\n";
      rest = rest.substr(end + 1);
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const style& look_;
  std::string text_;
};

std::string at_text(std::int64_t ms, std::int64_t now_ms) {
  return ms <= 0 ? std::string() : local_time(ms) + " (" + duration_text(now_ms - ms) + " ago)";
}

void write_head(page& out, const schema::run& run, const run_surroundings& around,
                std::int64_t now_ms) {
  out.section("run " + run.id);
  out.line("state", std::string(schema::to_string(around.shown)), tone_of(around.shown));
  out.line("task", run.task_name + "  sha256 " + run.task_sha256.substr(0, 12));
  out.line("repository", run.repo.url);
  out.line("branch", run.repo.branch);
  out.line("base commit", run.base_commit.empty() ? run.repo.commit : run.base_commit);
  out.line("tenant", run.tenant);
  if (!run.campaign.empty()) {
    out.line("campaign", run.campaign + ", wave " + std::to_string(run.wave + 1));
  }
  out.line("risk", std::string(schema::to_string(run.risk)));
  out.line("submitter", run.submitter);
  out.line("dry run", run.dry_run ? "yes: nothing is pushed" : "");
  out.line("superseded", run.superseded ? "yes: a retry took its place" : "");
  out.line("attempt", std::to_string(run.attempt) + " (" + std::to_string(run.failed_attempts) +
                          " failed, " + std::to_string(run.crashes) + " lost)");
  out.line("created", at_text(run.created_ms, now_ms));
  out.line("started", at_text(run.started_ms, now_ms));
  out.line(schema::is_final(run.state) ? "ended" : "updated", at_text(run.updated_ms, now_ms));
}

void write_failure(page& out, const schema::failure& failed) {
  out.section("failure");
  out.line("class", std::string(schema::to_string(failed.cls)));
  out.line("reason", failed.reason, tone::bad);
  out.line("component", failed.component);
  out.line("attempt", std::to_string(failed.attempt));
  out.line("at", local_time(failed.at_ms));
  out.line("retryable", failed.retryable ? "yes" : "no");
  out.line("secret scan", failed.secret_scan_status);
  out.line("policy", failed.policy_needs_fix ? "needs a fix" : "");
  out.line("log", failed.raw_log_ref);
  out.line("next", failed.suggested_next_action);
}

void write_verdicts(page& out, const schema::run& run, std::size_t width) {
  out.section("verifiers");
  table rows({{"NAME", squeeze::end},
              {"REQUIRED"},
              {"STATUS"},
              {"BASELINE"},
              {"FLAKY"},
              {"TIME", squeeze::never, true}});
  for (const auto& each : run.verdicts) {
    const bool passed = each.status == schema::verdict_status::passed;
    const bool fine = passed || each.status == schema::verdict_status::skipped;
    rows.add({{each.name},
              {each.required ? "yes" : "no"},
              {std::string(schema::to_string(each.status)), passed ? tone::good
                                                            : fine ? tone::dim
                                                                   : tone::bad},
              {std::string(schema::to_string(each.baseline)) + (each.baseline_cached ? " *" : "")},
              {each.flaky ? "yes" : ""},
              {duration_text(each.duration_ms)}});
  }
  out.rows(rows, width);
  for (const auto& each : run.verdicts) {
    if (each.excerpt.empty()) continue;
    out.line(each.name, "says");
    out.block(each.excerpt);
  }
}

void write_change(page& out, const schema::run& run, std::size_t width) {
  if (run.diff) {
    out.section("change");
    out.line("size", change_size(*run.diff));
    out.line("sha256", run.diff->sha256);
    out.line("patch", run.patch_ref);
    out.line("tree", run.tree);
  }
  if (!run.findings.empty()) {
    out.section("findings");
    table rows({{"RULE", squeeze::end},
                {"SEVERITY"},
                {"PATH", squeeze::front},
                {"LINE"},
                {"ACTION"},
                {"MESSAGE", squeeze::end}});
    for (const auto& each : run.findings) {
      rows.add({{each.rule},
                {each.severity},
                {each.path},
                {each.line > 0 ? std::to_string(each.line) : std::string()},
                {each.action},
                {each.message}});
    }
    out.rows(rows, width);
  }
}

void write_publication(page& out, const schema::run& run, const run_surroundings& around) {
  if (run.published) {
    const auto& made = *run.published;
    out.section("publication");
    out.line("mode", std::string(schema::to_string(made.mode)));
    out.line("branch", made.branch);
    out.line("commit", made.commit);
    out.line("url", made.url);
    out.line("draft", made.draft ? "yes" : "");
    out.line("title", made.title);
    out.block(made.body);
  }
  if (!around.outbox.empty()) {
    if (!run.published) out.section("publication");
    out.line("outbox", around.outbox);
  }
}

void write_cost(page& out, const schema::run& run, const run_surroundings& around) {
  out.section("usage");
  const auto& used = run.used;
  out.line("time", duration_text(used.wall_ms) + " wall, " + duration_text(used.cpu_ms) + " cpu");
  out.line("tool calls", std::to_string(used.tool_calls));
  out.line("shell output", std::to_string(used.shell_output_bytes) + " bytes");
  if (used.tokens_in + used.tokens_out > 0) {
    char usd[32];
    std::snprintf(usd, sizeof usd, "%.4f", used.usd);
    out.line("tokens", std::to_string(used.tokens_in) + " in, " + std::to_string(used.tokens_out) +
                           " out, " + usd + " USD");
  }
  std::string stages;
  for (const auto stage : schema::all_stages) {
    const auto ms = run.timings[static_cast<std::size_t>(stage)];
    if (ms <= 0) continue;
    stages += (stages.empty() ? "" : ", ") + std::string(schema::to_string(stage)) + " " +
              std::to_string(ms) + " ms";
  }
  out.line("stages", stages);
  out.line("events", std::to_string(around.events) + " (skein trace " + short_id(run.id) + ")");
}

}  // namespace

std::string description_text(const schema::run& run, const run_surroundings& around,
                             std::size_t width, const style& look, std::int64_t now_ms) {
  page out(look);
  write_head(out, run, around, now_ms);
  if (run.failed) write_failure(out, *run.failed);
  if (!run.verdicts.empty()) write_verdicts(out, run, width);
  write_change(out, run, width);
  write_publication(out, run, around);
  write_cost(out, run, around);
  if (around.task != nullptr && around.task->contains("spec")) {
    const auto& spec = (*around.task)["spec"];
    out.section("task");
    out.line("intent", spec.value("intent", std::string()));
  }
  return out.take();
}

nlohmann::json description_json(const schema::run& run, const run_surroundings& around) {
  auto out = schema::to_json(run);
  out["shownState"] = schema::to_string(around.shown);
  out["repo"]["commit"] = run.repo.commit;
  out["failedAttempts"] = run.failed_attempts;
  out["crashes"] = run.crashes;
  out["submitter"] = run.submitter;
  out["superseded"] = run.superseded;
  out["tree"] = run.tree;
  out["logRef"] = run.log_ref;
  out["events"] = around.events;
  out["outbox"] = around.outbox;
  out["startedAt"] =
      run.started_ms > 0 ? nlohmann::json(utc_time(run.started_ms)) : nlohmann::json();
  out["usage"]["shellOutputBytes"] = run.used.shell_output_bytes;
  if (run.published) {
    out["publication"]["title"] = run.published->title;
    out["publication"]["body"] = run.published->body;
  }
  if (around.task != nullptr) out["taskDocument"] = *around.task;
  return out;
}

}  // namespace skein::cli
