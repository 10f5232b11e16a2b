#include "runtime/metrics/figures.hpp"
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::metrics {
namespace {

using schema::run_state;
using store::testing::admit;
using store::testing::move_run;
using store::testing::queued_run_of;

class Figures : public store::testing::StoreTest {
 protected:
  void fail_run(const std::string& id) {
    must(store::add_run{queued_run_of(id)});
    must(admit(id));
    must(move_run(id, 1, run_state::prepare, run_state::verification_failed));
  }
  figures look() {
    if (!source_) {
      auto opened = figure_source::open(layout_);
      EXPECT_TRUE(opened) << opened.error().message;
      source_ = std::move(*opened);
    }
    auto found = source_->look();
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : figures{};
  }
  std::unique_ptr<figure_source> source_;
};

TEST_F(Figures, AreZeroOfAnEmptyFleet) {
  const auto found = look();
  for (const auto state : schema::all_run_states) EXPECT_EQ(found.in(state), 0U);
  EXPECT_EQ(found.queued, 0U);
  EXPECT_EQ(found.admissions, 0U);
  EXPECT_TRUE(found.failures.empty());
}

TEST_F(Figures, CountEveryStateOnce) {
  must(store::add_run{queued_run_of("r1")});
  must(store::add_run{queued_run_of("r2"), false});
  must(store::add_run{queued_run_of("r3")});
  must(admit("r3"));
  fail_run("r4");
  const auto found = look();
  EXPECT_EQ(found.in(run_state::schedule), 2U);
  EXPECT_EQ(found.queued, 1U) << "the one whose wave is not open does not wait for a place";
  EXPECT_EQ(found.in(run_state::prepare), 1U);
  EXPECT_EQ(found.cells_in_use(), 1U);
  EXPECT_EQ(found.in(run_state::verification_failed), 1U);
  EXPECT_EQ(found.submitted, 4U);
  EXPECT_EQ(found.admissions, 2U);
  EXPECT_EQ(found.failures, (std::map<std::string, std::uint64_t>{{"F5", 1}}));
}

TEST_F(Figures, GrowByWhatHappenedSinceTheLastLook) {
  fail_run("r1");
  EXPECT_EQ(look().failures.at("F5"), 1U);
  EXPECT_EQ(look().failures.at("F5"), 1U) << "an unchanged history is not counted again";
  fail_run("r2");
  const auto found = look();
  EXPECT_EQ(found.failures.at("F5"), 2U);
  EXPECT_EQ(found.admissions, 2U);
}

TEST_F(Figures, CountTheSameAfterARestart) {
  fail_run("r1");
  const auto before = look();
  source_.reset();
  const auto after = look();
  EXPECT_EQ(after.failures, before.failures);
  EXPECT_EQ(after.admissions, before.admissions);
}

TEST_F(Figures, BoundTheKindsOfIncidents) {
  must(store::add_run{queued_run_of("r1")});
  for (std::size_t i = 0; i < most_kinds + 20; ++i) {
    store::put_incident one;
    one.kind = "kind_" + std::to_string(i);
    one.run_id = "r1";
    one.summary = "stopped";
    must(one);
  }
  const auto found = look();
  EXPECT_EQ(found.incidents.size(), most_kinds + 1);
  EXPECT_EQ(found.incidents.at("other"), 20U);
}

TEST(FiguresSource, SaysThatThereIsNoDatabase) {
  const store::testing::scratch_dir empty;
  EXPECT_FALSE(figure_source::open(store::state_layout{empty.path()}));
}

}  // namespace
}  // namespace skein::metrics
