// What does a step of the model loop cost beside the bare HTTP round trip, what does the gateway add to
// a direct connection, and how much memory does one more model run take? The provider is a peer in
// this process that answers at once. JSON on standard output.
//   bench_model_loop SKEIN DIRECTORY loop|gateway|many
#include "runtime/gateway/gateway.hpp"
#include "runtime/http/client.hpp"
#include "runtime/process/run_child.hpp"
#include "tests/support/http_peer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

namespace {

using namespace skein;
using nlohmann::json;
using clock_type = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int steps = 200;

double milliseconds_since(clock_type::time_point began) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - began).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

/// An answer that calls one tool; every one with other arguments, or it would look like a circle.
test::peer_reply answer(const std::string& tool, const json& arguments) {
  static std::atomic<int> number{0};
  test::peer_reply reply;
  reply.headers = {{"content-type", "application/json"}};
  reply.body = json{{"id", "msg"},
                    {"type", "message"},
                    {"role", "assistant"},
                    {"model", "m"},
                    {"content",
                     {{{"type", "tool_use"},
                       {"id", "toolu_" + std::to_string(++number)},
                       {"name", tool},
                       {"input", arguments}}}},
                    {"stop_reason", "tool_use"},
                    {"usage", {{"input_tokens", 500}, {"output_tokens", 20}}}}
                   .dump();
  return reply;
}


process::child_result run(const std::vector<std::string>& words, const fs::path& folder) {
  process::child_spec spec;
  spec.argv = words;
  spec.directory = folder;
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + folder.string(),
                      "BENCH_KEY=bench-key-0123456789", "GIT_AUTHOR_NAME=b", "GIT_AUTHOR_EMAIL=b@x",
                      "GIT_COMMITTER_NAME=b", "GIT_COMMITTER_EMAIL=b@x"};
  spec.timeout = std::chrono::minutes{20};
  auto done = process::run_child(spec);
  if (!done) give_up(done.error().message);
  return *done;
}

void prepare(const fs::path& folder, const std::string& url, const std::string& repositories) {
  std::ofstream(folder / "skein.yaml")
      << "apiVersion: skein/v1\nkind: Config\nproviders:\n  peer: {wire: anthropic, baseUrl: \"" << url
      << "\", key: {env: BENCH_KEY}, models: [m], prices: {m: {input: 0.001, output: 0.001}}}\n";
  const std::string make =
      "set -e; git init -q --bare -b main base.git; git clone -q base.git w 2>/dev/null; cd w; echo old "
      ">file; git add -A; git commit -qm one; git push -q origin HEAD:main; cd ..; for i in $(seq " +
      repositories + "); do cp -r base.git r$i.git; done";
  if (const auto made = run({"/bin/sh", "-c", make}, folder); made.exit_code != 0) give_up(made.err);
}

const char* const budget =
    "budget: {tokens: 500000000, usd: 100000, toolCalls: 100000, wallClock: 1h}";

/// Time of the agent stage for each of so many steps that call `tool`.
double step_ms(const std::string& skein, const fs::path& folder, const std::string& tool) {
  fs::create_directories(folder);
  test::http_peer peer;
  std::atomic<int> asked{0};
  peer.on([&](const test::peer_request&) {
    const int number = ++asked;
    if (number > steps) return answer("finish", {{"summary", "done"}, {"outcome", "no_change"}});
    return answer(tool, {{"path", "folder" + std::to_string(number)}});
  });
  prepare(folder, peer.url(), "1");
  std::ofstream(folder / "task.yaml")
      << "apiVersion: skein/v1\nkind: Task\nmetadata: {name: bench}\nspec:\n  intent: \"Replace old by "
         "new in the file; nothing else changes.\"\n  repo: {url: \""
      << (folder / "r1.git").string()
      << "\"}\n  scope: {include: [\"file\"]}\n  agent: {kind: model, provider: peer, model: m}\n  "
         "verifiers: [{name: unit, run: \"true\"}]\n  "
      << budget << "\n";
  const auto done = run({skein, "run", "-f", "task.yaml", "--config", "skein.yaml", "--state-dir",
                         "state", "-o", "json"},
                        folder);
  const auto object = json::parse(done.out, nullptr, false);
  if (!object.is_object() || asked <= steps) give_up("the run ended early: " + done.out + done.err);
  return object["timings"]["agent"].get<double>() / steps;
}

/// Median of sequential questions of about the size of the loop's.
double direct_ms(const std::string& url, const std::string& unix_socket, const std::string& token) {
  http::client client;
  std::vector<double> times;
  const std::string body =
      json{{"model", "m"},
           {"max_tokens", 100},
           {"messages", {{{"role", "user"}, {"content", std::string(12'000, 'x')}}}}}
          .dump();
  for (int i = 0; i < steps; ++i) {
    http::request ask;
    ask.method = "POST";
    ask.url = url + "/v1/messages";
    ask.unix_socket = unix_socket;
    ask.headers = {{"content-type", "application/json"}, {"x-api-key", token}};
    ask.body = body;
    const auto began = clock_type::now();
    const auto reply = client.send(std::move(ask));
    if (!reply || reply->status != 200) give_up("a question failed");
    times.push_back(milliseconds_since(began));
  }
  return median(times);
}

json loop(const std::string& skein, const fs::path& folder) {
  test::http_peer peer;
  peer.on([](const test::peer_request&) { return answer("list_files", {{"path", "x"}}); });
  const double raw = direct_ms(peer.url(), "", "key");
  const double without_cell = step_ms(skein, folder / "a", "no_such_tool");
  const double with_cell = step_ms(skein, folder / "b", "list_files");
  return {{"steps", steps},
          {"rawRoundTripMs", raw},
          {"stepMs", without_cell},
          {"stepOverheadMs", without_cell - raw},
          {"stepWithCellMs", with_cell},
          {"cellCallMs", with_cell - without_cell}};
}

json through_gateway(const fs::path& folder) {
  test::http_peer peer;
  peer.on([](const test::peer_request&) { return answer("list_files", {{"path", "x"}}); });
  ::setenv("BENCH_KEY", "bench-key-0123456789", 1);
  process::io_loop loop;
  gateway::options wanted;
  wanted.socket = folder / "gateway.sock";
  model::provider_settings upstream;
  upstream.name = "peer";
  upstream.base_url = peer.url();
  upstream.key = {model::key_from::env, "BENCH_KEY"};
  upstream.models = {"m"};
  wanted.upstreams = {upstream};
  wanted.models = {"m"};
  auto door = gateway::gateway::start(loop, std::make_shared<http::client>(), std::move(wanted));
  if (!door) give_up(door.error().message);
  const double direct = direct_ms(peer.url(), "", "key");
  const double through = direct_ms("http://localhost", (folder / "gateway.sock").string(), (*door)->token());
  constexpr int threads = 8;
  const auto began = clock_type::now();
  std::vector<std::thread> askers;
  for (int i = 0; i < threads; ++i)
    askers.emplace_back([&] {
      (void)direct_ms("http://localhost", (folder / "gateway.sock").string(), (*door)->token());
    });
  for (auto& one : askers) one.join();
  const double seconds = milliseconds_since(began) / 1000;
  return {{"directMs", direct},
          {"throughGatewayMs", through},
          {"addedMs", through - direct},
          {"requestsPerSecond", threads * steps / seconds}};
}

/// Peak resident memory of a campaign of `runs` model runs that are all at work at once.
json many(const std::string& skein, const fs::path& folder) {
  json points = json::array();
  for (const int runs : {50, 100, 200}) {
    const auto place = folder / std::to_string(runs);
    fs::create_directories(place);
    test::http_peer peer;
    std::atomic<int> asked{0};
    peer.on([&](const test::peer_request& request) {
      // Long enough that the first is still at work when the last one starts.
      constexpr int questions = 20;
      int answered = 0;
      for (std::size_t at = 0; (at = request.body.find("tool_result", at)) != std::string::npos; ++at)
        ++answered;
      const int number = ++asked;
      if (answered >= questions) return answer("finish", {{"summary", "done"}, {"outcome", "no_change"}});
      return answer("list_files", {{"path", "folder" + std::to_string(number)}});
    });
    prepare(place, peer.url(), std::to_string(runs));
    std::ofstream(place / "campaign.yaml")
        << "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: bench}\nspec:\n  task:\n    intent: "
           "\"Replace old by new in the file; nothing else changes.\"\n    scope: {include: [\"file\"]}\n"
           "    agent: {kind: model, provider: peer, model: m}\n    verifiers: [{name: unit, run: "
           "\"true\"}]\n    "
        << budget << "\n  repos: [{glob: \"" << place.string() << "/r*.git\"}]\n";
    const auto began = clock_type::now();
    const auto done = run({"/usr/bin/env", "python3", "-c",
                           "import resource,subprocess,sys\n"
                           "code=subprocess.call(sys.argv[1:])\n"
                           "print('PEAK',resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                           skein, "campaign", "run", "-f", "campaign.yaml", "--config", "skein.yaml",
                           "--state-dir", "state", "--cells", std::to_string(runs), "-o", "json"},
                          place);
    const auto at = done.out.rfind("PEAK ");
    if (at == std::string::npos) give_up(done.out.substr(0, 2000) + done.err);
    points.push_back({{"runs", runs},
                      {"peakKiB", std::stol(done.out.substr(at + 5))},
                      {"seconds", milliseconds_since(began) / 1000},
                      {"questions", asked.load()}});
  }
  const double slope = (points[2]["peakKiB"].get<double>() - points[0]["peakKiB"].get<double>()) / 150;
  return {{"points", points}, {"kibPerRun", slope}};
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) give_up("usage: bench_model_loop SKEIN DIRECTORY loop|gateway|many");
  const std::string what = words[3];
  const fs::path folder = fs::absolute(words[2]);
  fs::create_directories(folder);
  const std::string skein = fs::absolute(words[1]).string();
  json out = {{"bench", "model_" + what}};
  out["figures"] = what == "loop" ? loop(skein, folder) : what == "gateway" ? through_gateway(folder) : many(skein, folder);
  std::cout << out.dump() << "\n";
}
