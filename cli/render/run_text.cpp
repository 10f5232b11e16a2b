#include "cli/render/run_text.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

std::string wave_text(const schema::run& run) {
  return run.campaign.empty() ? std::string() : std::to_string(run.wave + 1);
}

std::string diff_text(const schema::run& run) {
  return run.diff ? change_size(*run.diff) : std::string();
}

}  // namespace

std::string change_size(const schema::diff_summary& change) {
  return std::to_string(change.files) + (change.files == 1 ? " file +" : " files +") +
         std::to_string(change.insertions) + " -" + std::to_string(change.deletions);
}

std::string short_id(const std::string& id) {
  return id.substr(0, 8);
}

std::string branch_or_reason(const schema::run& run) {
  if (run.failed && !run.failed->reason.empty()) return run.failed->reason;
  if (run.published) {
    if (!run.published->branch.empty()) return run.published->branch;
    if (run.published->mode == schema::publish_mode::patch) return "patch: " + diff_text(run);
  }
  switch (run.state) {
    case schema::run_state::no_change:
      return "nothing to change";
    case schema::run_state::analysis_only:
      return run.dry_run ? "dry run: " + diff_text(run) : diff_text(run);
    default:
      return {};
  }
}

std::int64_t time_of(const schema::run& run, std::int64_t now_ms) {
  if (run.started_ms == 0) return 0;
  return std::max<std::int64_t>(
      0, (schema::is_final(run.state) ? run.updated_ms : now_ms) - run.started_ms);
}

std::string outcome_text(const std::vector<schema::run>& runs, const style& look,
                         std::int64_t now_ms) {
  std::size_t state_width = 0;
  std::size_t repo_width = 0;
  for (const auto& run : runs) {
    state_width = std::max(state_width, schema::to_string(run.state).size());
    repo_width = std::max(repo_width, columns(printable(run.repo.url)));
  }
  std::string out;
  for (const auto& run : runs) {
    const auto state = padded(schema::to_string(run.state), state_width);
    const auto told = printable(branch_or_reason(run));
    out += look.paint(tone_of(run.state), state) + "  " +
           padded(printable(run.repo.url), repo_width) + "  " + told + (told.empty() ? "" : "  ");
    const auto time = time_of(run, now_ms);
    out += look.paint(tone::dim, "(" + short_id(run.id) + ", " + duration_text(time) + ")") + "\n";
    if (run.failed && !run.failed->suggested_next_action.empty()) {
      out += std::string(state_width + 2, ' ') + look.paint(tone::dim, "next: ") +
             printable(run.failed->suggested_next_action) + "\n";
    }
  }
  return out;
}

table run_table(const std::vector<shown_run>& runs, bool wide, std::int64_t now_ms) {
  std::vector<column> columns{{"ID"},
                              {"STATE"},
                              {"REPO", squeeze::front},
                              {"TENANT", squeeze::end},
                              {"CAMPAIGN", squeeze::end},
                              {"AGE", squeeze::never, true}};
  if (wide) {
    for (const char* title : {"WAVE", "ATTEMPT", "RISK", "TIME", "CHANGE", "TASK", "SUBMITTER"}) {
      columns.push_back({title});
    }
  }
  columns.push_back({"REASON/BRANCH", squeeze::end});
  table out(std::move(columns));
  for (const auto& [run, state] : runs) {
    std::vector<cell> row{{wide ? run.id : short_id(run.id)},
                          {std::string(schema::to_string(state)), tone_of(state)},
                          {run.repo.url},
                          {run.tenant},
                          {run.campaign},
                          {duration_text(now_ms - run.created_ms)}};
    if (wide) {
      const auto time = time_of(run, now_ms);
      row.emplace_back(wave_text(run));
      row.emplace_back(std::to_string(run.attempt));
      row.emplace_back(schema::to_string(run.risk));
      row.emplace_back(time > 0 ? duration_text(time) : std::string());
      row.emplace_back(diff_text(run));
      row.emplace_back(run.task_name);
      row.emplace_back(run.submitter);
    }
    row.emplace_back(branch_or_reason(run));
    out.add(std::move(row));
  }
  return out;
}

table result_table(const std::vector<schema::run>& runs, std::int64_t now_ms) {
  table out({{"REPOSITORY", squeeze::front},
             {"STATE"},
             {"BRANCH OR REASON", squeeze::end},
             {"TIME", squeeze::never, true}});
  for (const auto& run : runs) {
    const auto time = time_of(run, now_ms);
    out.add({{run.repo.url},
             {std::string(schema::to_string(run.state)), tone_of(run.state)},
             {branch_or_reason(run)},
             {time > 0 ? duration_text(time) : std::string("-")}});
  }
  return out;
}

}  // namespace skein::cli
