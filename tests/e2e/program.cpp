#include "tests/e2e/program.hpp"

#include <cstdlib>
#include <fstream>

namespace skein::e2e {

namespace {

const std::string binary = std::string{SKEIN_TEST_BIN_DIR} + "/skein";

/// Whether cells can be made on this machine, and if not, why.
const process::child_result& doctor() {
  static const auto result = [] {
    process::child_spec spec;
    spec.argv = {binary, "doctor"};
    spec.environment = {"PATH=/usr/bin:/bin", "HOME=/tmp"};
    auto done = process::run_child(spec);
    return done ? *done : process::child_result{};
  }();
  return result;
}

}  // namespace

program_test::program_test() {
  auto name = (std::filesystem::temp_directory_path() / "skein-e2e-XXXXXX").string();
  directory_ = ::mkdtemp(name.data());
}

program_test::~program_test() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void program_test::SetUp() {
  if (doctor().exit_code != 0) GTEST_SKIP() << "no cell can be made here:\n" << doctor().out;
}

process::child_result program_test::skein(std::vector<std::string> arguments,
                                          const std::string& input) {
  process::child_spec spec;
  spec.argv = std::move(arguments);
  spec.argv.insert(spec.argv.begin(), binary);
  spec.environment = {"PATH=/usr/bin:/bin", "HOME=" + directory_.string(),
                      "SKEIN_STATE_DIR=" + (directory_ / "state").string(), "LANG=C.UTF-8"};
  spec.environment.insert(spec.environment.end(), environment_.begin(), environment_.end());
  spec.directory = directory_;
  spec.input = input;
  spec.timeout = std::chrono::minutes{2};
  spec.output_limit = 16U << 20;
  auto done = process::run_child(spec);
  if (!done) {
    ADD_FAILURE() << done.error().message;
    return {};
  }
  last_exit_ = done->exit_code;
  return *done;
}

nlohmann::json program_test::run(const std::string& task_yaml, std::vector<std::string> more) {
  std::vector<std::string> arguments{"run", "-f", write("task.yaml", task_yaml), "-o", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto done = skein(arguments);
  auto object = nlohmann::json::parse(done.out, nullptr, false);
  EXPECT_FALSE(object.is_discarded()) << done.out << done.err;
  return object;
}

std::string program_test::sh(const std::string& line) {
  process::child_spec spec;
  spec.argv = {"/bin/sh", "-c", "set -e\n" + line};
  spec.environment = {"PATH=/usr/bin:/bin",          "HOME=" + directory_.string(),
                      "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
                      "GIT_AUTHOR_NAME=t",           "GIT_AUTHOR_EMAIL=t@example.invalid",
                      "GIT_COMMITTER_NAME=t",        "GIT_COMMITTER_EMAIL=t@example.invalid"};
  spec.directory = directory_;
  auto done = process::run_child(spec);
  EXPECT_TRUE(done && done->exit_code == 0) << line << "\n" << (done ? done->err : "");
  return done ? done->out : std::string{};
}

std::string program_test::repository(const std::string& name, const std::string& make) {
  sh("mkdir -p work/" + name + " remote; cd work/" + name + "; git init -q -b main .; " + make +
     "\ngit add -A; git commit -q --allow-empty -m start; cd ../..; git clone -q --bare work/" +
     name + " remote/" + name + ".git");
  return (directory_ / "remote" / (name + ".git")).string();
}

std::string program_test::task(const std::string& url, const std::string& step,
                               const std::string& verifier, const std::string& more) {
  return "apiVersion: skein/v1\nkind: Task\nmetadata: {name: change-it}\nspec:\n"
         "  intent: \"Change the sources as the end-to-end test says\"\n"
         "  repo: {url: " +
         nlohmann::json(url).dump() +
         "}\n"
         "  scope: {include: [\"**\"]}\n"
         "  agent: {kind: script, steps: [{run: " +
         nlohmann::json(step).dump() +
         "}]}\n"
         "  verifiers: [{name: check, run: " +
         nlohmann::json(verifier).dump() + "}]\n" + more;
}

std::string program_test::write(const std::string& name, const std::string& text) {
  const auto path = directory_ / name;
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

// A fraction of a second that is this process's own marks it.
std::string program_test::long_sleep() {
  return "sleep 300." + std::to_string(::getpid());
}

int program_test::leftovers() {
  return std::stoi(sh("pgrep -fc 'sleep 300[.]" + std::to_string(::getpid()) + "' || true"));
}

}  // namespace skein::e2e
