#include "runtime/schedule/admission.hpp"

#include "runtime/judge/shaping.hpp"
#include "runtime/schedule/room.hpp"
#include "schema/document.hpp"

namespace skein::schedule {

namespace {

/// What a person has to add; empty: the task can be admitted.
std::vector<std::string> objections(const schema::task& task, const verify::catalogue& verifiers,
                                    const worker_capacity& room) {
  auto missing = schema::missing_for_admission(task);
  if (auto chosen = verifiers.select(task.spec, {}); !chosen) {
    missing.push_back(chosen.error().message);
  }
  if (auto why = never_fits(task.spec.resources, room); !why.empty()) {
    missing.push_back(std::move(why));
  }
  return missing;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace

candidate new_run(const schema::task& task, const origin& from, const verify::catalogue& verifiers,
                  const judge::rules& judging, const worker_capacity& room) {
  candidate made;
  made.frozen = schema::freeze(task);
  made.row.eligible = from.eligible;
  made.row.priority = task.spec.priority;
  made.row.head_start_ms = from.ageing_ms * task.spec.priority;
  auto& run = made.row.value;
  run.id = schema::new_id();
  run.task_name = task.name;
  run.task_sha256 = made.frozen.sha256;
  run.fingerprint = made.frozen.fingerprint;
  run.campaign = from.campaign;
  run.wave = from.wave;
  run.tenant = task.tenant;
  run.repo = task.spec.repo;
  run.risk = task.spec.risk;
  run.dry_run = from.dry_run;
  run.submitter = from.by;
  auto missing = objections(task, verifiers, room);
  run.state = missing.empty() ? schema::run_state::schedule : schema::run_state::rejected;
  if (missing.empty() && task.spec.agent.kind != schema::agent_kind::script) {
    const auto said = judge::shape(task, judging);
    if (said.decided != judge::shape_decision::admit) {
      run.state = said.decided == judge::shape_decision::reject ? schema::run_state::rejected
                                                                : schema::run_state::analysis_only;
      for (const auto& each : said.questions) missing.push_back(each.text);
    }
  }
  if (!missing.empty()) {
    schema::failure why;
    why.state = run.state;
    why.cls = schema::failure_class::f1;
    why.reason = joined(missing);
    why.safe_summary = "the task is not concrete enough to be run";
    why.suggested_next_action = "add what is missing and submit again: " + joined(missing);
    why.component = "intake";
    why.at_ms = from.at_ms;
    run.failed = why;
  }
  return made;
}

}  // namespace skein::schedule
