// Stage publish: hands the run to the outbox and records what became of it.
#include "actors/stages/stages.hpp"
#include "runtime/diff/decision.hpp"
#include "runtime/forge/pull_request_text.hpp"

#include <algorithm>

namespace skein::actors::stages {

namespace {

/// After a restart the attempt's memory is gone; the mirror is found again from the address.
result<> find_base(run_state& run) {
  if (!run.base.mirror.empty()) return {};
  SKEIN_TRY(where, git::parse_location(run.row.repo.url));
  run.base.mirror = git::mirror_path(run.parts.world->layout.mirrors(), where);
  run.base.commit = run.row.base_commit;
  run.base.branch = run.row.repo.branch;
  return {};
}

/// A forge may make it wait: for its limits, or until few enough pull requests are open. Whatever
/// happens, the outbox knows more after this.
constexpr std::chrono::minutes longest_publication{8 * 24 * 60};

/// Between two questions whether one more pull request may be opened.
constexpr std::int64_t shortest_wait_ms = 1'000;
constexpr std::int64_t longest_wait_ms = 60'000;

/// Somebody has done it, or did not want it: nothing is sent, and nothing is wrong.
void done_before(run_state& run, const std::string& reason) {
  stage_failure why;
  why.state = schema::run_state::duplicate;
  why.cls = schema::failure_class::f12;
  why.reason = reason;
  why.component = "publish";
  why.log_ref = run.row.log_ref;
  why.secret_scan = "clean";
  why.next_action = "look at that pull request; change the task if this one is wanted all the same";
  run.fail(std::move(why));
}

/// Back into the queue: verified again on the base as it is now.
void verify_again(run_state& run) {
  store::advance_run with;
  with.event = {{"reason", "the base branch moved while the change was verified"}};
  run.finish(schema::run_state::schedule, std::move(with));
}

void not_published(run_state& run, const publish_outcome& outcome) {
  if (run.kill_order) return run.obey(*run.kill_order);
  if (outcome.duplicate) return done_before(run, outcome.reason);
  if (outcome.base_moved) return verify_again(run);
  stage_failure failure;
  failure.state = schema::run_state::publish_failed;
  failure.cls = schema::failure_class::f12;
  failure.reason = outcome.reason;
  failure.component = "publisher";
  failure.log_ref = run.row.log_ref;
  failure.secret_scan = "clean";
  failure.retryable = true;
  failure.next_action = "the patch is kept: `skein patch " + run.row.id + "`" +
                        (outcome.unknown ? "; look for the branch on the remote before retrying" : "");
  run.fail(std::move(failure));
}

/// T5.8: title, body, branch and commit message are made from facts, but file names and the task's
/// words are among them.
bool text_is_clean(const publish_run& order, const run_state& run) {
  const auto text = forge::describe(order.run, order.how, order.intent, order.draft);
  const auto& scanner = run.secrets ? *run.secrets : run.parts.world->rules.secrets;
  return scanner
      .scan(text.title + "\n" + text.body + "\n" + text.branch + "\n" + text.commit_message, "")
      .empty();
}

void text_blocked(run_state& run) {
  run.incident("secret_in_pull_request_text",
               "title, body, branch or commit message would have carried a secret; nothing was sent",
               nlohmann::json::object());
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = schema::failure_class::f7;
  failure.reason = "the pull request's text would carry a secret";
  failure.component = "publish";
  failure.log_ref = run.row.log_ref;
  failure.secret_scan = "found";
  failure.next_action = "look at the task's words and at the names of the changed files";
  run.fail(std::move(failure));
}

void send(run_state& run, publish_run order) {
  run.self
      ->request(run.parts.publisher, longest_publication, std::move(order))
      .then(run.answered<publish_outcome>([&run](const publish_outcome& outcome) {
              if (!outcome.published) return not_published(run, outcome);
              store::advance_run with;
              with.published = outcome.published;
              run.finish(outcome.published->draft ? schema::run_state::draft_published
                                                  : schema::run_state::published,
                         std::move(with));
            }),
            run.unanswered("publish run " + run.row.id, [&run](const error& why) {
              not_published(run, {std::nullopt, why.message, true});
            }));
}

/// The tenant counts its pull requests (T10): without room for one more the run waits here, and can
/// be killed, because nothing has left yet.
void take_quota(run_state& run, const std::shared_ptr<publish_run>& order) {
  auto again = [&run, order](std::int64_t wait_ms) {
    run.waits_for_quota = true;
    const auto wait = std::clamp(wait_ms, shortest_wait_ms, longest_wait_ms);
    run.self->delayed_send(run.self, std::chrono::milliseconds{wait},
                           job_done{run.current([&run, order] { take_quota(run, order); })});
  };
  const take_pull_request ask{run.row.id, run.row.tenant, run.row.campaign};
  run.self->request(run.parts.fleet, store_timeout, ask)
      .then(run.answered<pull_request_answer>([&run, order, again](const pull_request_answer& said) {
              if (said.granted) {
                run.waits_for_quota = false;
                if (run.kill_order) return run.obey(*run.kill_order);
                return send(run, std::move(*order));
              }
              if (!run.waits_for_quota) run.note("pull_request_waits", {{"reason", said.reason}});
              again(said.ask_again_ms - run.now());
            }),
            // The scheduler may be starting again.
            run.unanswered("count the pull request", [again](const error&) { again(0); }));
}

}  // namespace

void publish(run_state& run) {
  // Recomputed rather than remembered, so that a restart decides the same from stored facts.
  // What asked for a person has been answered by one, or the run would not be here.
  auto found = run.row.findings;
  std::erase_if(found, [](const auto& each) { return each.action == "approval"; });
  const auto decision = diff::decide(run.task.spec, found, run.row.verdicts, {});
  if (auto base = find_base(run); !base) return run.attempt_lost(base.error());
  publish_run order;
  order.run = run.row;
  order.how = run.task.spec.publish;
  order.base = run.base;
  order.intent = run.task.spec.intent;
  order.draft = decision.action != diff::gate_action::publish;
  order.follows = run.task.spec.follow_up;
  order.stop = run.stop.get_token();
  if (!text_is_clean(order, run)) return text_blocked(run);
  // It goes on a pull request that was counted.
  if (order.follows) return send(run, std::move(order));
  take_quota(run, std::make_shared<publish_run>(std::move(order)));
}

}  // namespace skein::actors::stages
