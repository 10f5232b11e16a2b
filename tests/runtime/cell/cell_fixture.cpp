#include "tests/runtime/cell/cell_fixture.hpp"

#include "runtime/process/run_child.hpp"
#include "runtime/workspace/workspace.hpp"

#include <cstdlib>

namespace skein::cell::testing {

namespace fs = std::filesystem;

std::string why_no_cells() {
  static const std::string why = [] {
    process::child_spec spec;
    spec.argv = {"bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "/bin/true"};
    const auto tried = process::run_child(spec);
    if (!tried) return tried.error().message;
    return tried->exit_code == 0 ? std::string() : "no user namespace: " + tried->err;
  }();
  return why;
}

std::future<result<std::shared_ptr<cell>>> ask_start(process::io_loop& loop,
                                                     const cell_spec& spec) {
  auto answer = std::make_shared<std::promise<result<std::shared_ptr<cell>>>>();
  cell::start(loop, spec, [answer](auto given) { answer->set_value(std::move(given)); });
  return answer->get_future();
}

std::future<result<>> ask_enter(cell& in, const std::string& phase) {
  auto answer = std::make_shared<std::promise<result<>>>();
  in.enter_phase(phase, [answer](auto given) { answer->set_value(std::move(given)); });
  return answer->get_future();
}

std::future<result<command_result>> ask_execute(cell& in, command what) {
  auto answer = std::make_shared<std::promise<result<command_result>>>();
  in.execute(std::move(what), [answer](auto given) { answer->set_value(std::move(given)); });
  return answer->get_future();
}

std::future<bool> ask_kill(cell& in) {
  auto answer = std::make_shared<std::promise<bool>>();
  in.kill([answer] { answer->set_value(true); });
  return answer->get_future();
}

command line(const std::string& text) {
  command what;
  what.line = text;
  what.timeout = std::chrono::minutes(1);
  return what;
}

void cell_test::SetUp() {
  if (const std::string why = why_no_cells(); !why.empty()) GTEST_SKIP() << why;
  std::string pattern = (fs::temp_directory_path() / "skein-cell-test-XXXXXX").string();
  ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
  folder_ = pattern;
  spec_.name = "test.1";
  spec_.base = folder_ / "base";
  spec_.root = folder_ / "root";
  fs::create_directories(spec_.base);
  for (const char* phase : {"agent", "verify"})
    for (const char* part : {"upper", "work", "copy"})
      fs::create_directories(spec_.root / phase / part);
  write_base("kept.txt", "of the base\n");
}

void cell_test::TearDown() {
  if (cell_) {
    EXPECT_TRUE(take(ask_kill(*cell_)));
    cell_.reset();
  }
  if (!folder_.empty()) {
    EXPECT_TRUE(workspace::remove_tree(folder_));
  }
}

void cell_test::start(const std::string& phase) {
  auto started = take(ask_start(loop_, spec_));
  ASSERT_TRUE(started) << started.error().message << "\n" << started.error().remedy;
  cell_ = *started;
  const auto entered = take(ask_enter(*cell_, phase));
  ASSERT_TRUE(entered) << entered.error().message;
}

command_result cell_test::run(command what) {
  auto ended = take(ask_execute(*cell_, std::move(what)));
  EXPECT_TRUE(ended) << ended.error().message;
  return ended ? *ended : command_result{};
}

command_result cell_test::run(const std::string& text) {
  return run(line(text));
}

void cell_test::write_base(const std::string& name, const std::string& text) const {
  std::ofstream(spec_.base / name) << text;
}

void cell_test::let_intruder_in() const {
  fs::copy_file(fs::path(SKEIN_TEST_BIN_DIR) / "cell_intruder", spec_.base / "intruder",
                fs::copy_options::overwrite_existing);
}

}  // namespace skein::cell::testing
