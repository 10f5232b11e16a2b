#include "actors/embedded_fleet.hpp"

#include "actors/errors.hpp"
#include "actors/parts.hpp"
#include "actors/publisher.hpp"
#include "actors/repository.hpp"
#include "actors/rollback.hpp"
#include "actors/system/fleet.hpp"
#include "actors/system/store.hpp"
#include "actors/system/terminator.hpp"
#include "actors/system/webhook_desk.hpp"
#include "actors/worker.hpp"
#include "runtime/cell/orphans.hpp"
#include "runtime/process/machine.hpp"
#include "runtime/schedule/room.hpp"
#include "runtime/workspace/place.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <string_view>
#include <thread>

namespace skein::actors {

namespace {

constexpr std::chrono::minutes call_timeout{10};
/// Whoever delivers waits for about ten seconds.
constexpr std::chrono::seconds webhook_timeout{8};

/// Below this much free memory per cell, workspaces stay on disk.
constexpr std::uint64_t memory_wanted_per_cell = 1ULL << 30;

/// Where workspaces may live in memory; SKEIN_WORKSPACES=disk keeps them on disk.
std::filesystem::path memory_for_workspaces() {
  const char* wish = std::getenv("SKEIN_WORKSPACES");
  return wish != nullptr && std::string_view{wish} == "disk" ? "" : "/dev/shm";
}

/// Memory of a cell's own is bounded to the byte; it is right while workspaces are in memory anyway
/// and what all cells may hold together is there. SKEIN_WORKSPACES=shared keeps them in one place.
cell::storage storage_of_cells(const schema::config& config, bool in_memory,
                               workspace::strategy how, std::uint32_t cells) {
  const char* wish = std::getenv("SKEIN_WORKSPACES");
  const bool shared = wish != nullptr && std::string_view{wish} == "shared";
  if (!in_memory || shared || how != workspace::strategy::overlay) return cell::storage::root;
  const auto free = workspace::free_memory(memory_for_workspaces());
  return config.cell_disk_bytes <= free / cells ? cell::storage::own_memory : cell::storage::root;
}

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Wakes whoever shows progress. The only lock outside the process part: a caller of this header is
/// not an actor and has to be able to wait.
class commit_bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    waiting_.notify_all();
  }
  void wait(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    waiting_.wait_for(lock, longest, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable waiting_;
  bool rung_ = false;
};

/// Attempts of processes that are gone.
void remove_orphan_workspaces(const store::state_layout& layout) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(layout.workspaces(), failed)) {
    if (auto removed = workspace::remove_tree(entry.path()); !removed) {
      spdlog::warn("{}", removed.error().message);
    }
  }
}

class fleet_process : public embedded_fleet {
 public:
  fleet_process(fleet_options options, store::state_lock lock,
                std::unique_ptr<store::writer> writer, rulebook rules, model_sources models,
                forge_sources forges, std::unique_ptr<process::blocking_pool> pool,
                git::base_shelves bases,
                workspace::strategy how, std::uint32_t cells, cell::storage where,
                const schedule::worker_capacity& room)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        pool_(std::move(pool)),
        world_(std::make_shared<surroundings>(surroundings{
            options_.layout, std::move(bases), options_.config, std::move(rules),
            artifact::artifact_store{options_.layout.artifacts()}, loop_, *pool_, &wall_clock_ms,
            std::move(models), std::move(forges), room})),
        system_(configure(config_)) {
    scheduler_options scheduling;
    scheduling.cells = cells;
    scheduling.publishing = cells * 4 + 8;
    scheduling.focused = options_.focused;
    if (!options_.campaign.empty()) scheduling.only_campaigns.push_back(options_.campaign);
    auto shared_writer = std::make_shared<std::unique_ptr<store::writer>>(std::move(writer));
    fleet_factory factory;
    factory.store = [this, shared_writer] {
      store_ = system_.spawn<caf::detached>(store_behavior, shared_writer,
                                            std::function<void()>{[this] { bell_.ring(); }});
      return store_;
    };
    factory.worker = [this, how, cells, where] {
      return system_.spawn(worker, world_, how, cells, where);
    };
    factory.repository = [this] { return system_.spawn(repository, world_); };
    factory.publisher = [this](store_actor store) {
      if (!webhooks_) webhooks_ = system_.spawn(webhook_desk, world_, store);
      auto made = system_.spawn(publisher, world_, std::move(store));
      caf::anon_send(webhooks_, publisher_is{made});
      return made;
    };
    fleet_ = system_.spawn(fleet, world_, std::move(factory), std::move(scheduling));
  }

  ~fleet_process() override {
    if (fleet_) (void)stop(std::chrono::seconds{30});
  }

  [[nodiscard]] result<booted> start() { return call<booted>(boot{}, "start the fleet"); }

  result<submitted> submit(const submit_run& order) override {
    return call<submitted>(order, "submit the run");
  }
  result<campaign_submitted> submit(const submit_campaign& order) override {
    return call<campaign_submitted>(order, "submit the campaign");
  }
  result<submitted> attach(const std::string& run_id) override {
    return call<submitted>(attach_run{run_id}, "take up run " + run_id);
  }
  result<run_decided> decide(const decide_run& order) override {
    return call<run_decided>(order, "answer for run " + order.value.run_id);
  }
  result<retried> retry(const retry_campaign& order) override {
    return call<retried>(order, "retry campaign " + order.name);
  }
  result<campaign_answer> control(const control_campaign& order) override {
    return call<campaign_answer>(order, "control campaign " + order.name);
  }
  result<switch_report> operate(const store::switch_row& order) override {
    return call<switch_report>(operate_switch{order}, "set the switch");
  }
  result<switch_report> lift(const store::lift_switch& order) override {
    return call<switch_report>(operate_lift{order}, "lift the switch");
  }
  result<rolled_back> roll_back(const rollback_order& order) override {
    if (!fleet_) return error{errc::cancelled, "roll back: the fleet is stopping", {}};
    // On the caller's thread: it waits for forges. What it writes goes through the one writer.
    SKEIN_TRY(view, store::reader::open(options_.layout));
    const rollback_records records{[this](store::operation what) { return keep(std::move(what)); },
                                   *view};
    const auto in_line = [](const forge_place& place, const std::function<void()>& work) {
      auto over = std::make_shared<std::promise<void>>();
      auto waited_for = over->get_future();
      // Dropped by a pool that ends: then the promise is broken, and nobody waits any more.
      place.line->post([&work, over = std::move(over)] {
        work();
        over->set_value();
      });
      waited_for.wait();
    };
    SKEIN_TRY(steps, actors::roll_back(order, {records, world_->forges, options_.config,
                                               options_.layout.mirrors(), &wall_clock_ms, in_line},
                                       {}));
    return rolled_back{std::move(steps)};
  }
  result<active_answer> active() override {
    return call<active_answer>(get_active{}, "ask the fleet");
  }
  result<why_answer> why(const std::string& run_id) override {
    return call<why_answer>(get_why{run_id}, "ask the fleet");
  }

  result<webhook_taken> take_webhook(const std::string& from,
                                     const forge::webhook_delivery& what) override {
    if (!fleet_) return error{errc::cancelled, "take a webhook: the fleet is stopping", {}};
    const auto place = world_->forges.named(from);
    if (!place) return error{errc::not_found, "there is no forge " + from, {}};
    // Here, on the caller's thread: reading a body takes time.
    SKEIN_TRY(event, forge::read_webhook(what, place->webhook_secrets()));
    caf::scoped_actor self{system_};
    result<webhook_taken> outcome = error{};
    self->request(webhooks_, webhook_timeout,
                  take_event{from, what.id,
                             std::make_shared<const forge::webhook_event>(std::move(event))})
        .receive([&](const event_taken& done) {
          outcome = webhook_taken{done.first, done.concerned};
        },
                 [&](const caf::error& failed) { outcome = from_caf(failed, "take a webhook"); });
    return outcome;
  }

  result<> note(const store::note_event& what) override {
    if (!fleet_) return error{errc::cancelled, "note " + what.kind + ": the fleet is stopping", {}};
    return keep(what);
  }

  void wait_for_commit(std::chrono::milliseconds longest) override { bell_.wait(longest); }

  result<> stop(std::chrono::milliseconds deadline) override {
    if (!fleet_) return {};
    caf::scoped_actor self{system_};
    auto ending = system_.spawn(terminator, std::exchange(fleet_, nullptr), deadline);
    result<> outcome;
    self->request(ending, deadline + std::chrono::seconds{5}, stop_fleet{})
        .receive([](const fleet_stopped&) {},
                 [&outcome](const caf::error& failed) {
                   outcome = from_caf(failed, "stop the fleet");
                 });
    return outcome;
  }

 private:
  static caf::actor_system_config& configure(caf::actor_system_config& config) {
    // Few threads that sleep when idle: deciding is cheap, work is done elsewhere.
    config.set("scheduler.policy", caf::atom("sharing"));
    config.set("scheduler.max-threads", 2);
    config.set("scheduler.max-throughput", 50);
    return config;
  }

  result<> keep(store::operation what) {
    caf::scoped_actor self{system_};
    result<> outcome;
    self->request(store_, call_timeout, commit{std::move(what)})
        .receive([](const store::applied&) {},
                 [&](const caf::error& failed) { outcome = from_caf(failed, "record"); });
    return outcome;
  }

  template <class Answer, class Message>
  result<Answer> call(Message message, const std::string& attempted) {
    if (!fleet_) return error{errc::cancelled, attempted + ": the fleet is stopping", {}};
    caf::scoped_actor self{system_};
    result<Answer> outcome = error{};
    self->request(fleet_, call_timeout, std::move(message))
        .receive([&outcome](Answer& answer) { outcome = std::move(answer); },
                 [&outcome, &attempted](const caf::error& failed) {
                   outcome = from_caf(failed, attempted);
                 });
    return outcome;
  }

  fleet_options options_;
  store::state_lock lock_;
  commit_bell bell_;
  process::io_loop loop_;
  std::unique_ptr<process::blocking_pool> pool_;
  surroundings_ptr world_;
  caf::actor_system_config config_;
  caf::actor_system system_;  // destroyed first: actors use everything above
  store_actor store_;  ///< set while it boots, once
  webhook_desk_actor webhooks_;  ///< likewise
  fleet_actor fleet_;
};

}  // namespace

result<std::unique_ptr<embedded_fleet>> embedded_fleet::open(fleet_options options) {
  SKEIN_TRY(lock, store::state_lock::acquire(options.layout, options.command));
  SKEIN_TRY(writer, store::writer::open(options.layout, &wall_clock_ms));
  SKEIN_TRY(rules, rulebook::load(options.shipped, options.config));
  SKEIN_TRY(models, open_models(options.config, model::process_environment()));
  SKEIN_TRY(cell_program, cell::find_cell_program());
  (void)cell_program;
  auto cells = options.cells != 0 ? options.cells : options.config.cells;
  if (cells == 0) cells = std::max(1U, std::thread::hardware_concurrency());
  // Blocking calls of at most every cell's run and as many that are being published.
  auto pool = std::make_unique<process::blocking_pool>(cells + std::max(cells, 4U));
  SKEIN_TRY(forges,
            open_forges(options.config, {model::process_environment(), *pool, &wall_clock_ms,
                                         options.layout.forges()}));
  auto held = models.held;
  held.insert(held.end(), forges.held.begin(), forges.held.end());
  SKEIN_CHECK(rules.hold(std::move(held)));
  SKEIN_TRY(in_memory, workspace::settle(options.layout.workspaces(), memory_for_workspaces(),
                                         memory_wanted_per_cell * cells));
  spdlog::info("workspaces are {}", in_memory ? "in memory" : "on the state directory's disk");
  git::base_shelves bases{options.layout.bases(), {}, memory_wanted_per_cell * cells};
  if (in_memory) {
    SKEIN_TRY(room, workspace::settle(options.layout.bases_in_memory(), memory_for_workspaces(),
                                      bases.memory_spared));
    if (room) bases.memory = options.layout.bases_in_memory();
  }
  cell::kill_orphans(options.layout.workspaces());
  remove_orphan_workspaces(options.layout);
  git::sweep(options.layout.mirrors(), bases);
  artifact::artifact_store{options.layout.artifacts()}.sweep();
  const auto how = cell::choose_strategy(options.layout.workspaces());
  if (how == workspace::strategy::copy) {
    spdlog::warn("overlayfs is refused in a user namespace here: workspaces are copied, which costs "
                 "time in proportion to the repository; see `skein doctor`");
  }
  const auto where = storage_of_cells(options.config, in_memory, how, cells);
  spdlog::info("cells have {}", where == cell::storage::own_memory
                                    ? "memory of their own for workspaces"
                                    : "a watch over what their workspaces hold");
  // Some repositories are prepared while no cell is free.
  const auto room =
      schedule::room_of(options.config, {process::machine_memory(), std::thread::hardware_concurrency()}, cells, std::max(2U, cells / 4));
  auto made = std::make_unique<fleet_process>(std::move(options), std::move(lock),
                                              std::move(writer), std::move(rules), std::move(models),
                                              std::move(forges), std::move(pool),
                                              std::move(bases), how, cells, where,
                                              room);
  SKEIN_TRY(started, made->start());
  if (started.recovered > 0) spdlog::info("{} interrupted runs found", started.recovered);
  return std::unique_ptr<embedded_fleet>{std::move(made)};
}

}  // namespace skein::actors
