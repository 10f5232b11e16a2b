// How many null runs a second does the whole fleet carry: every stage, every durable transition,
// real store, real scheduler threads, but no git and no cell? Also: how long until the first dispatch
// when the database holds many runs that are not final. JSON on standard output.
//
//   null_runs [--runs N] [--live N] [--queued N] [--dir DIR]
#include "actors/errors.hpp"
#include "actors/parts.hpp"
#include "actors/system/fleet.hpp"
#include "actors/system/store.hpp"
#include "runtime/schedule/admission.hpp"
#include "schema/identity.hpp"
#include "tests/support/fake_world.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <span>
#include <string>

namespace {

using namespace skein;
using clock_type = std::chrono::steady_clock;

struct options {
  int runs = 20'000;
  int live = 500;
  int queued = 100'000;
  std::filesystem::path dir = std::filesystem::temp_directory_path();
};

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

double seconds_since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

std::int64_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

schema::task null_task(int number) {
  schema::task task;
  task.name = "null";
  task.spec.intent = "Measure what a run costs when nothing is done in it";
  task.spec.repo.url = "/repo/" + std::to_string(number);
  task.spec.scope.include = {"src/**"};
  task.spec.agent_given = true;
  task.spec.agent.steps = {{"true", std::nullopt}};
  schema::verifier_spec unit;
  unit.name = "unit";
  unit.run = "true";
  task.spec.verifiers = {unit};
  return task;
}

[[noreturn]] void die(const std::string& why) {
  std::cerr << "null_runs: " << why << "\n";
  std::exit(1);
}

/// Queues runs in groups, as intake would.
void fill(const store::state_layout& layout, int runs) {
  auto writer = store::writer::open(layout, &now_ms);
  if (!writer) die(writer.error().message);
  std::vector<store::operation> batch;
  auto flush = [&] {
    for (const auto& answer : (*writer)->commit(batch)) {
      if (!answer) die(answer.error().message);
    }
    batch.clear();
  };
  for (int i = 0; i < runs; ++i) {
    schedule::origin from;
    from.by = "bench";
    auto made = schedule::new_run(null_task(i), from, verify::catalogue{}, {}, {});
    batch.emplace_back(store::put_task{made.frozen.sha256, std::move(made.frozen.json)});
    batch.emplace_back(std::move(made.row));
    if (batch.size() >= 1000) flush();
  }
  flush();
}

/// Waits until the stored rows say so.
class finish_line {
 public:
  explicit finish_line(const store::state_layout& layout) {
    auto opened = store::reader::open(layout);
    if (!opened) die(opened.error().message);
    reader_ = std::move(*opened);
  }
  void wait(std::function<bool(const store::reader&)> reached) {
    std::unique_lock lock(mutex_);
    // Seldom: the question costs time too.
    while (!reached(*reader_)) changed_.wait_for(lock, std::chrono::milliseconds{20});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<store::reader> reader_;
};

struct measured {
  double first_dispatch_s = 0;
  double all_s = 0;
  std::int64_t resident_kib = 0;
};

measured fly(const store::state_layout& layout, int runs, int live, bool to_the_end) {
  using namespace skein::actors;
  measured result;
  process::io_loop loop;
  process::blocking_pool pool(1);
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 2);
  auto fake = std::make_shared<actors::test::fake_world>();
  fake->keep_lines = false;
  auto world = std::make_shared<surroundings>(
      surroundings{layout, {layout.bases(), {}, 0}, schema::config{}, actors::test::test_rules(), artifact::artifact_store{layout.artifacts()}, loop, pool,
                   &now_ms});
  const auto began = clock_type::now();
  auto writer = store::writer::open(layout, &now_ms);
  if (!writer) die(writer.error().message);
  auto shared = std::make_shared<std::unique_ptr<store::writer>>(std::move(*writer));
  finish_line line(layout);
  {
    caf::actor_system system{config};
    fleet_factory factory;
    factory.store = [&] {
      return system.spawn<caf::detached>(store_behavior, shared,
                                         std::function<void()>{});
    };
    factory.worker = [&] { return system.spawn(actors::test::fake_worker, fake); };
    factory.repository = [&] { return system.spawn(actors::test::fake_repository, fake); };
    factory.publisher = [&](const store_actor&) {
      return system.spawn(actors::test::fake_publisher, fake);
    };
    scheduler_options options;
    options.cells = static_cast<std::uint32_t>(live);
    options.publishing = static_cast<std::uint32_t>(live);
    auto root = system.spawn(fleet, world, factory, options);
    caf::scoped_actor self{system};
    self->request(root, std::chrono::minutes{1}, boot{})
        .receive([](const booted&) {},
                 [](const caf::error& failed) { die(from_caf(failed, "boot").message); });
    line.wait([](const store::reader& stored) {
      store::run_filter queued;
      queued.state = schema::run_state::schedule;
      auto page = stored.queued({.after_seq = 0, .limit = 1, .skip_tenants = {},
                                 .skip_campaigns = {}, .only_campaigns = {}, .only_runs = {}});
      return page && (page->empty() || page->front().seq > 1);
    });
    result.first_dispatch_s = seconds_since(began);
    result.resident_kib = resident_kib();
    if (to_the_end) {
      line.wait([runs](const store::reader& stored) {
        store::run_filter done;
        done.state = schema::run_state::published;
        auto count = stored.count_runs(done);
        return count && *count >= static_cast<std::uint64_t>(runs);
      });
      result.all_s = seconds_since(began);
    }
    self->request(root, std::chrono::minutes{1}, stop_fleet{})
        .receive([](const fleet_stopped&) {}, [](const caf::error&) {});
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
    const std::string name = arguments[i];
    if (name == "--runs") wanted.runs = std::atoi(arguments[i + 1]);
    if (name == "--live") wanted.live = std::atoi(arguments[i + 1]);
    if (name == "--queued") wanted.queued = std::atoi(arguments[i + 1]);
    if (name == "--dir") wanted.dir = arguments[i + 1];
  }
  std::string name = (wanted.dir / "skein-null-runs-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) die("no scratch folder");
  const std::filesystem::path scratch = name;

  const store::state_layout null_layout{scratch / "null"};
  std::filesystem::create_directories(null_layout.root);
  fill(null_layout, wanted.runs);
  const auto flown = fly(null_layout, wanted.runs, wanted.live, true);
  auto opened = store::reader::open(null_layout);
  if (!opened) die(opened.error().message);
  const auto events = (*opened)->verify_chain();
  if (!events) die(events.error().message);
  const double transitions = static_cast<double>(*events - static_cast<std::uint64_t>(wanted.runs));

  const store::state_layout full_layout{scratch / "full"};
  std::filesystem::create_directories(full_layout.root);
  fill(full_layout, 1);
  std::filesystem::remove_all(full_layout.root);
  std::filesystem::create_directories(full_layout.root);
  fill(full_layout, wanted.queued);
  const auto empty_kib = resident_kib();
  const auto recovered = fly(full_layout, wanted.queued, 2, false);
  std::filesystem::remove_all(scratch);

  std::cout << nlohmann::json{{"benchmark", "null_runs"},
                              {"runs", wanted.runs},
                              {"live", wanted.live},
                              {"runsPerSecond", wanted.runs / flown.all_s},
                              {"durableEventsPerSecond", transitions / flown.all_s},
                              {"eventsPerRun", transitions / wanted.runs},
                              {"recovery",
                               {{"queued", wanted.queued},
                                {"firstDispatchSeconds", recovered.first_dispatch_s},
                                {"bytesPerQueuedRun",
                                 static_cast<double>(recovered.resident_kib - empty_kib) * 1024 /
                                     wanted.queued}}}}
                   .dump(2)
            << "\n";
  return 0;
}
