// `skein doctor` on this machine, and the choice of the workspace strategy.
#include "runtime/cell/forbidden.hpp"
#include "tests/runtime/cell/cell_fixture.hpp"

#include <algorithm>

namespace skein::cell::testing {
namespace {

namespace fs = std::filesystem;

using probe_test = cell_test;

TEST_F(probe_test, required_layers_work_and_say_how_they_know) {
  const auto layers = probe_layers(folder_ / "scratch");
  EXPECT_GE(layers.size(), 8U);
  for (const layer_report& layer : layers) {
    EXPECT_FALSE(layer.evidence.empty()) << layer.layer;
    EXPECT_TRUE(layer.works || !layer.required)
        << layer.layer << ": " << layer.evidence << " (" << layer.remedy << ")";
    EXPECT_EQ(layer.works, layer.remedy.empty()) << layer.layer;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch"));
}

TEST_F(probe_test, a_layer_that_lets_an_attempt_through_is_reported) {
  fs::copy_file(*find_cell_program(), spec_.base / intruder_name);
  spec_.limits = tight_limits;
  spec_.families = sockets::internet;
  blocking_cell inside;
  ASSERT_TRUE(inside.start(spec_));
  ASSERT_TRUE(inside.enter_phase("agent"));
  for (const layer_report& layer : attempt_forbidden(inside, {})) {
    if (layer.layer == "sockets") {
      EXPECT_FALSE(layer.works);
      EXPECT_TRUE(layer.required);
      EXPECT_NE(std::string::npos, layer.evidence.find("socket_inet: ok")) << layer.evidence;
      EXPECT_FALSE(layer.remedy.empty());
    } else if (layer.required) {
      EXPECT_TRUE(layer.works) << layer.layer << layer.evidence;
    }
  }
}

TEST_F(probe_test, an_intruder_that_does_not_run_proves_nothing) {
  std::ofstream(spec_.base / intruder_name) << "not a program";
  spec_.limits = tight_limits;
  blocking_cell inside;
  ASSERT_TRUE(inside.start(spec_));
  ASSERT_TRUE(inside.enter_phase("agent"));
  std::size_t broken = 0;
  for (const layer_report& layer : attempt_forbidden(inside, {})) broken += layer.works ? 0 : 1;
  EXPECT_GE(broken, 10U);
}

TEST_F(probe_test, a_missing_bubblewrap_is_reported_and_ends_the_probe) {
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", spec_.base.c_str(), 1);
  const auto layers = probe_layers(folder_ / "scratch");
  ::setenv("PATH", before.c_str(), 1);
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [](const auto& one) { return one.layer == "bubblewrap"; });
  ASSERT_NE(layers.end(), found);
  EXPECT_FALSE(found->works);
  EXPECT_TRUE(found->required);
  EXPECT_NE(std::string::npos, found->remedy.find("install"));
}

TEST_F(probe_test, the_chosen_strategy_works) {
  spec_.how = choose_strategy(folder_ / "scratch");
  start();
  EXPECT_EQ(0, run("echo x > y").code);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch"));
}

TEST_F(probe_test, copies_where_nothing_can_be_mounted) {
  write_base("file", "");
  EXPECT_EQ(workspace::strategy::copy, choose_strategy(spec_.base / "file"));
}

TEST(find_cell_program, is_beside_this_program) {
  const auto program = find_cell_program();
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ("skein-cell", program->filename());
}

}  // namespace
}  // namespace skein::cell::testing
