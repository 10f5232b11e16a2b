#include "actors/run.hpp"

#include "actors/stages/stages.hpp"

#include "schema/identity.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

using schema::failure_class;
using state_of_run = schema::run_state;

namespace {

/// How long a cell may take to die before the attempt is reported lost.
constexpr std::chrono::seconds close_timeout{30};

schema::stage stage_of(state_of_run state) {
  for (const auto stage : schema::all_stages) {
    if (schema::state_of(stage) == state) return stage;
  }
  return schema::stage::schedule;
}

/// Takes what must not be shown out of every text: names of files and output are the agent's words.
void clean(nlohmann::json& value, const scan::secret_scanner& secrets) {
  if (value.is_string()) {
    value = secrets.redact(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    for (auto& each : value) clean(each, secrets);
  }
}

template <class T>
void take(const std::optional<T>& from, T& into) {
  if (from) into = *from;
}

/// What the store will hold after `with` is committed.
void apply(const store::advance_run& with, schema::run& row) {
  row.state = with.to;
  take(with.new_attempt, row.attempt);
  take(with.failed_attempts, row.failed_attempts);
  take(with.crashes, row.crashes);
  take(with.base_branch, row.repo.branch);
  take(with.base_commit, row.base_commit);
  take(with.tree, row.tree);
  take(with.patch_ref, row.patch_ref);
  take(with.log_ref, row.log_ref);
  take(with.verdicts, row.verdicts);
  take(with.findings, row.findings);
  take(with.used, row.used);
  take(with.timings, row.timings);
  if (with.diff) row.diff = with.diff;
  if (with.failed) row.failed = with.failed;
  if (with.published) row.published = with.published;
}

}  // namespace

run_state::~run_state() {
  if (judging) judging->cancel();
}

void run_state::start() {
  stage_began_ms = now();
  stages::enter(*this);
}

void run_state::book_time() {
  const auto at = now();
  const auto stage = waits_for_cell ? schema::stage::schedule : stage_of(row.state);
  row.timings[static_cast<std::size_t>(stage)] += at - stage_began_ms;
  stage_began_ms = at;
}

std::int64_t run_state::wall_clock_used_ms() const {
  auto used = waits_for_cell ? 0 : now() - stage_began_ms;
  for (const auto stage : schema::all_stages) {
    if (stage > schema::stage::schedule) used += row.timings[static_cast<std::size_t>(stage)];
  }
  return used;
}

std::chrono::milliseconds run_state::wall_clock_left() const {
  const auto left = task.spec.budget.wall_clock.count() - wall_clock_used_ms();
  return std::chrono::milliseconds{std::max<std::int64_t>(left, 1)};
}

schema::failure run_state::record(const stage_failure& why) const {
  schema::failure failure;
  failure.state = why.state;
  failure.cls = why.cls;
  failure.reason = secrets ? secrets->redact(why.reason) : why.reason;
  failure.attempt = row.attempt;
  failure.safe_summary = std::string{schema::to_string(why.state)} + " in " + why.component +
                         " on attempt " + std::to_string(row.attempt);
  failure.raw_log_ref = why.log_ref;
  failure.secret_scan_status = why.secret_scan;
  failure.retryable = why.retryable;
  failure.suggested_next_action = why.next_action;
  failure.at_ms = now();
  failure.component = why.component;
  failure.policy_needs_fix = why.policy_needs_fix;
  return failure;
}

void run_state::advance(state_of_run to, store::advance_run with, std::function<void()> then) {
  with.run_id = row.id;
  with.attempt = row.attempt;
  with.from = row.state;
  with.to = to;
  if (secrets) clean(with.event, *secrets);
  book_time();
  with.timings = row.timings;
  if (with.used) with.used->wall_ms = wall_clock_used_ms();
  auto kept = std::make_shared<store::advance_run>(std::move(with));
  committing_ = true;
  auto go_on = current(std::move(then));
  self->request(parts.store, store_timeout, commit{*kept})
      .then(
          [this, kept, go_on](const store::applied&) mutable {
            apply(*kept, row);
            committing_ = false;
            // A kill or retry that came meanwhile goes first; it made `go_on` a no-op.
            if (auto settled = std::exchange(settled_, nullptr)) return settled();
            go_on();
          },
          [this](const caf::error& failed) {
            // Refused as stale: somebody else moved the run. Otherwise the store cannot commit, and
            // the run continues from its stored state when the fleet starts again.
            spdlog::error("run {}: {}", row.id, from_caf(failed, "advance run").message);
            ++generation;
            ending = true;
            close_workspace([this] {
              for (auto& promise : waiting_) promise.deliver(run_stopped{});
              self->quit(caf::exit_reason::unhandled_exception);
            });
          });
}

void run_state::when_settled(std::function<void()> then) {
  if (committing_) {
    settled_ = std::move(then);
  } else {
    then();
  }
}

void run_state::note(const std::string& kind, nlohmann::json payload) {
  if (secrets) clean(payload, *secrets);
  payload["attempt"] = row.attempt;
  self->request(parts.store, store_timeout,
                commit{store::note_event{kind, row.id, row.campaign, row.tenant, "system",
                                         std::move(payload)}})
      .then([](const store::applied&) {},
            [id = row.id, kind](const caf::error& failed) {
              spdlog::warn("run {}: event {} was not kept: {}", id, kind,
                           from_caf(failed, "note").message);
            });
}

policy::circumstances run_state::circumstances() const {
  policy::circumstances out;
  out.tenant = row.tenant;
  out.lane = schema::to_string(task.spec.agent.kind);
  out.risk = schema::to_string(task.spec.risk);
  out.capabilities = schema::granted_names(task.spec.capabilities);
  return out;
}

result<> run_state::plant_canary() {
  // No id holds the underscore: the canary is told from any row of ids.
  canary = "skc_" + schema::new_id() + schema::new_id();
  auto held = parts.world->rules.held;
  held.push_back({"canary", canary, scan::held_kind::canary});
  SKEIN_TRY(knowing, parts.world->rules.secrets.with_held(std::move(held)));
  secrets = std::make_shared<const scan::secret_scanner>(std::move(knowing));
  return {};
}

void run_state::incident(const std::string& kind, const std::string& summary,
                         nlohmann::json facts) {
  if (secrets) clean(facts, *secrets);
  spdlog::critical("incident {} in run {}: {}", kind, row.id, summary);
  self->request(parts.store, store_timeout,
                commit{store::put_incident{kind, row.id, row.campaign, row.tenant, summary,
                                           std::move(facts)}})
      .then([](const store::applied&) {},
            [id = row.id, kind](const caf::error& failed) {
              spdlog::error("run {}: incident {} was not kept: {}", id, kind,
                            from_caf(failed, "record").message);
            });
}

void run_state::way_out_tried(const egress::event& what) {
  // A flood is not worth more than its beginning; the proxy bounds it too.
  constexpr std::uint32_t most_noted = 1000;
  if (++ways_out_tried > most_noted) return;
  const bool leak = what.reason == egress::outcome::leak;
  note("egress_attempt", {{"host", what.host},
                          {"port", what.port},
                          {"method", what.method},
                          {"allowed", what.allowed},
                          {"reason", egress::to_string(what.reason)},
                          {"detail", what.detail},
                          {"bytesUp", what.bytes_up},
                          {"bytesDown", what.bytes_down},
                          {"durationMs", what.duration.count()}});
  if (!leak || ending) return;
  incident("secret_on_its_way_out",
           "a request of the cell held a secret or the canary; it was refused",
           {{"method", what.method}, {"port", what.port}});
  stage_failure why;
  why.state = state_of_run::blocked;
  why.cls = failure_class::f7;
  why.reason = "the cell tried to send a secret or the canary out";
  why.component = "egress";
  why.log_ref = row.log_ref;
  why.secret_scan = "found";
  why.next_action = "see `skein trace " + row.id + "` and `skein get incidents`";
  fail(std::move(why));
}

caf::typed_response_promise<usage_booked> run_state::book(const book_usage& ask) {
  auto promise = self->make_response_promise<usage_booked>();
  if (ending) {
    promise.deliver(to_caf({errc::cancelled, "run " + row.id + " is ending", {}}));
    return promise;
  }
  row.used = ask.used;
  row.used.wall_ms = wall_clock_used_ms();
  self->request(parts.store, store_timeout,
                commit{store::book_usage{row.id, row.attempt, row.used, ask.kind, ask.payload}})
      .then([promise](const store::applied&) mutable { promise.deliver(usage_booked{}); },
            [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

void run_state::gateway_used(const schema::usage& used) {
  if (ending) return;
  row.used.tokens_in = used.tokens_in;
  row.used.tokens_out = used.tokens_out;
  row.used.usd = used.usd;
  self->request(parts.store, store_timeout,
                commit{store::book_usage{row.id, row.attempt, row.used, "gateway_metered",
                                         {{"tokens", used.tokens_in + used.tokens_out},
                                          {"usd", used.usd}}}})
      .then([](const store::applied&) {}, [this](const caf::error& failed) {
        spdlog::warn("run {}: {}", row.id, from_caf(failed, "book what was used").message);
      });
}

void run_state::gateway_request(const struct gateway_request& told) {
  const auto& what = told.what;
  if (!told.leak.empty()) {
    incident("secret_on_its_way_to_a_model",
             "a request of the cell held a secret or the canary; it was refused",
             {{"rule", told.leak}, {"path", what.path}});
  }
  auto facts = std::make_shared<nlohmann::json>(
      nlohmann::json{{"path", what.path},
                     {"model", what.model},
                     {"outcome", gateway::to_string(what.reason)},
                     {"detail", what.detail},
                     {"status", what.status},
                     {"tokensIn", what.used.total() - what.used.output},
                     {"tokensOut", what.used.output},
                     {"reported", what.used.reported},
                     {"usd", what.usd},
                     {"durationMs", what.duration.count()}});
  const nlohmann::json kept = {{"request", what.request}, {"reply", what.reply}, {"truncated", what.truncated}};
  self->request(parts.repository, std::chrono::minutes{1},
                put_text{kept.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), secrets})
      .then(
          [this, facts](const stored_text& stored) {
            (*facts)["exchange"] = stored.ref;
            note("gateway_request", std::move(*facts));
          },
          [this, facts](const caf::error&) { note("gateway_request", std::move(*facts)); });
}

void run_state::close_workspace(std::function<void()> then) {
  if (judging) std::exchange(judging, nullptr)->cancel();
  if (gateway) std::exchange(gateway, nullptr)->revoke();
  charge_gateway = nullptr;
  // It may be waiting for a model: nothing more is asked in this attempt's name.
  if (agent) {
    self->demonitor(agent.address());
    self->send_exit(std::exchange(agent, nullptr), caf::exit_reason::user_shutdown);
  }
  if (!workspace) return then();
  closed_.push_back(std::move(then));
  if (closed_.size() > 1) return;
  auto done = [this] {
    workspace = nullptr;
    for (auto& waiting : std::exchange(closed_, {})) waiting();
  };
  self->request(workspace, close_timeout, close_attempt{})
      .then([done](const attempt_closed&) { done(); }, [done](const caf::error&) { done(); });
}

void run_state::peer_down(const caf::actor_addr& source) {
  if (waits_for_cell && source == parts.worker.address() && !ending) {
    // Restarted by the fleet, with the worker that is there then.
    self->quit(caf::exit_reason::unhandled_exception);
    return;
  }
  if (agent && source == agent.address() && !ending) {
    agent = nullptr;
    return attempt_lost({errc::unavailable,
                         "the agent of attempt " + std::to_string(row.attempt) + " was lost", {}});
  }
  if (!workspace || source != workspace.address() || !closed_.empty() || ending) return;
  workspace = nullptr;
  attempt_lost({errc::unavailable, "the workspace of attempt " + std::to_string(row.attempt) +
                                       " was lost", {}});
}

void run_state::release_cell() {
  if (!std::exchange(cell_held, false)) return;
  self->send(parts.fleet, cell_released{row.id});
}

void run_state::attempt_lost(const error& why) {
  stage_failure failure;
  failure.reason = why.message;
  failure.component = std::string{schema::to_string(row.state)};
  failure.next_action = why.remedy.empty() ? "see `skein trace " + row.id + "`" : why.remedy;
  failure.retryable = why.code != errc::unsupported;
  if (why.code == errc::unsupported || why.code == errc::internal) return fail(std::move(failure));
  fail_attempt(std::move(failure));
}

void run_state::fail_attempt(stage_failure why) {
  const auto failed_attempts = row.failed_attempts + 1;
  const auto allowed = task.spec.budget.attempts;
  note("attempt_failed", {{"reason", why.reason},
                          {"component", why.component},
                          {"failureClass", schema::to_string(why.cls)},
                          {"log", why.log_ref}});
  if (failed_attempts >= allowed) {
    why.reason += " (attempt " + std::to_string(failed_attempts) + " of " +
                  std::to_string(allowed) + ")";
    row.failed_attempts = failed_attempts;
    return fail(std::move(why));
  }
  // A new generation: whatever the lost attempt still answers is not heard any more.
  ++generation;
  feedback.reset();
  stop.request_stop();
  auto again = current([this, failed_attempts] {
    stop = std::stop_source{};
    store::advance_run with;
    with.new_attempt = row.attempt + 1;
    with.failed_attempts = failed_attempts;
    with.used = row.used;
    advance(state_of_run::prepare, std::move(with), [this] { stages::enter(*this); });
  });
  close_workspace([this, again] { when_settled(again); });
}

void run_state::fail(stage_failure why) {
  store::advance_run with;
  const auto failure = record(why);
  with.failed = failure;
  with.event = {{"failureClass", schema::to_string(failure.cls)},
                {"reason", failure.reason},
                {"component", failure.component}};
  finish(why.state, std::move(with));
}

void run_state::finish(state_of_run final_state, store::advance_run with) {
  if (std::exchange(ending, true)) return;
  ++generation;
  stop.request_stop();
  with.to = final_state;
  if (!with.used) with.used = row.used;
  if (with.failed) with.failed_attempts = row.failed_attempts;
  auto kept = std::make_shared<store::advance_run>(std::move(with));
  close_workspace([this, kept] {
    release_cell();
    when_settled([this, kept] { commit_final(*kept); });
  });
}

void run_state::commit_final(store::advance_run with) {
  const auto to = with.to;
  advance(to, std::move(with), [this] {
    for (auto& promise : waiting_) promise.deliver(run_stopped{});
    // A parked run comes back: what it used is told once, at its end.
    const auto used = schema::is_final(row.state) ? row.used : schema::usage{};
    self->send(parts.fleet, run_finished{row.id, row.tenant, row.campaign, row.state, used});
    self->quit();
  });
}

caf::typed_response_promise<run_stopped> run_state::kill(const kill_run& order) {
  auto promise = self->make_response_promise<run_stopped>();
  waiting_.push_back(promise);
  if (ending || kill_order) return promise;
  if (row.state == state_of_run::publish && !waits_for_quota) {
    // The push is cancelled, but whether it landed decides what is true: the stage answers soon.
    kill_order = order;
    stop.request_stop();
  } else {
    obey(order);
  }
  return promise;
}

void run_state::obey(const kill_run& order) {
  stage_failure why;
  why.state = order.state;
  why.cls = failure_class::f6;
  why.reason = order.reason;
  why.component = std::string{schema::to_string(row.state)};
  why.log_ref = row.log_ref;
  why.retryable = true;
  why.next_action = "lift the switch (`skein lift`) and submit the task again";
  fail(std::move(why));
}

caf::typed_response_promise<run_stopped> run_state::park() {
  auto promise = self->make_response_promise<run_stopped>();
  waiting_.push_back(promise);
  if (std::exchange(ending, true)) return promise;
  ++generation;
  stop.request_stop();
  close_workspace([this] {
    when_settled([this] {
      for (auto& waiting : waiting_) waiting.deliver(run_stopped{});
      self->quit();
    });
  });
  return promise;
}

void run_state::wall_clock_over() {
  // Once the outbox has the intent, only its outcome ends the run: a push is never left unknown
  // because of a clock.
  if (ending || row.state == state_of_run::publish) return;
  if (const auto left = wall_clock_left(); left > std::chrono::milliseconds{1}) {
    self->delayed_send(self, left, wall_clock_tick{});  // it waited for a cell meanwhile
    return;
  }
  stage_failure why;
  why.state = state_of_run::budget_exhausted;
  why.cls = failure_class::f6;
  why.reason = "wall clock of " + std::to_string(task.spec.budget.wall_clock.count() / 1000) +
               " s is used up in stage " + std::string{schema::to_string(row.state)} + " on attempt " +
               std::to_string(row.attempt);
  why.component = std::string{schema::to_string(row.state)};
  why.log_ref = row.log_ref;
  why.retryable = true;
  why.next_action = "raise budget.wallClock or make the task smaller";
  fail(std::move(why));
}

run_actor::behavior_type run_behavior(run_actor::stateful_pointer<run_state> self, run_parts parts,
                                      schema::run row, schema::task task) {
  auto& state = self->state;
  state.parts = std::move(parts);
  state.row = std::move(row);
  state.task = std::move(task);
  constexpr auto waited = static_cast<std::size_t>(schema::stage::schedule);
  if (state.row.attempt <= 1) {
    state.row.timings[waited] = std::max<std::int64_t>(state.row.started_ms - state.row.created_ms, 0);
  }
  self->set_down_handler([self](const caf::down_msg& down) {
    self->state.peer_down(down.source);
  });
  self->delayed_send(self, state.wall_clock_left(), wall_clock_tick{});
  state.start();
  return {
      [self](const kill_run& order) { return self->state.kill(order); },
      [self](const park_run&) { return self->state.park(); },
      [self](const book_usage& ask) { return self->state.book(ask); },
      [](job_done& job) { job.deliver(); },
      [self](const struct gateway_used& told) { self->state.gateway_used(told.used); },
      [self](const struct gateway_request& told) { self->state.gateway_request(told); },
      [self](wall_clock_tick) { self->state.wall_clock_over(); },
      [self](const struct way_out_tried& tried) { self->state.way_out_tried(tried.what); },
  };
}

}  // namespace skein::actors
