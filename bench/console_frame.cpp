// What does one frame of `skein console` cost with 10,000 runs in the store? Scrolls the list of
// runs from its beginning to its end, a line and a page at a time: every key with what it has to
// read, and the frame that is drawn for it. Without the terminal. Prints one JSON object.
#include "cli/console/console.hpp"
#include "runtime/store/writer.hpp"
#include "schema/identity.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace skein;
using namespace skein::cli;

constexpr int runs = 10'000;

class no_orders final : public screen::order_desk {
 public:
  void start(screen::order) override {}
  bool busy() const override { return false; }
  std::optional<result<std::string>> outcome() override { return std::nullopt; }
};

std::unique_ptr<store::writer> filled(const store::state_layout& layout) {
  auto writer = store::writer::open(layout, [] { return std::int64_t{1'700'000'000'000}; });
  if (!writer) std::exit(1);
  std::vector<store::operation> all;
  for (int i = 0; i < runs; ++i) {
    store::add_run each;
    each.value.id = schema::sha256_hex(std::to_string(i)).substr(0, 16);
    each.value.task_name = "replace-old-api";
    each.value.fingerprint = each.value.id;
    each.value.repo.url = "file:///srv/git/" + std::to_string(i) + ".git";
    each.value.state = schema::run_state::schedule;
    each.value.submitter = "ada";
    all.emplace_back(std::move(each));
  }
  for (const auto& done : (*writer)->commit(std::move(all))) {
    if (!done) std::exit(1);
  }
  return std::move(*writer);
}

void print(const char* name, std::vector<double> ms, const char* after) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&ms](double share) {
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
  };
  std::printf("\"%s\": {\"frames\": %zu, \"p50Ms\": %.3f, \"p99Ms\": %.3f, \"mostMs\": %.3f}%s",
              name, ms.size(), at(0.5), at(0.99), ms.back(), after);
}

}  // namespace

int main() {
  std::string name = (std::filesystem::temp_directory_path() / "skein-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return 1;
  const store::state_layout layout{name};
  const auto writer = filled(layout);
  auto reader = store::reader::open(layout);
  if (!reader) return 1;
  no_orders orders;
  screen::console shown(orders, "/state");
  shown.resize(80, 24);
  const screen::feed from{**reader, {}, {}, 1'700'000'001'000, {}};
  const auto frames = [&](int key, int times) {
    std::vector<double> ms;
    for (int i = 0; i < times; ++i) {
      const auto began = std::chrono::steady_clock::now();
      (void)shown.key(key, from);
      (void)shown.draw();
      ms.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
              .count());
    }
    return ms;
  };
  (void)shown.key('2', from);
  std::printf("{\"runs\": %d, ", runs);
  print("line", frames('j', runs), ", ");
  (void)shown.key('g', from);
  print("page", frames(' ', runs / 20), ", ");
  std::vector<double> reads;
  for (int i = 0; i < 100; ++i) {
    const auto began = std::chrono::steady_clock::now();
    shown.tick(from);
    (void)shown.draw();
    reads.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
            .count());
  }
  print("readAgainAtTheEnd", std::move(reads), "}\n");
  reader->reset();
  std::filesystem::remove_all(name);
  return 0;
}
