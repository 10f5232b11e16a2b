// Rows of pull requests: claimed once, moved as the forge says, counted for their campaign.
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using state = pull_request_state;

class PullRequestTest : public StoreTest {
 protected:
  PullRequestTest() {
    must(add_run{queued_run_of("a")});
    must(admit("a"));
  }
  static claim_pull_request claim(const std::string& run) {
    claim_pull_request out;
    out.value.run_id = run;
    out.value.forge = "github";
    out.value.repository = "acme/pay";
    out.value.branch = "skein/x";
    out.value.fingerprint = "f";
    out.value.paths = {"a.c", "b\"c"};
    return out;
  }
  static set_pull_request to(state where, const std::string& kind = "pull_request_moved") {
    set_pull_request out;
    out.run_id = "a";
    out.state = where;
    out.kind = kind;
    return out;
  }
  [[nodiscard]] pull_request_row row() const {
    pull_request_filter mine;
    mine.run_id = "a";
    return view().pull_requests(mine).value().at(0);
  }
};

TEST_F(PullRequestTest, IsClaimedOnceAndSurvivesARestart) {
  EXPECT_EQ(must(claim("a")).affected, 1U);
  EXPECT_EQ(must(claim("a")).affected, 0U);
  auto opened = to(state::open, "pull_request_opened");
  opened.number = 12;
  opened.url = "https://x/12";
  opened.opened_ms = 5;
  must(opened);
  EXPECT_EQ(apply(claim("a")).error().code, errc::conflict);
  reopen();
  EXPECT_EQ(row().state, state::open);
  EXPECT_EQ(row().number, 12);
  EXPECT_THAT(row().paths, ElementsAre("a.c", "b\"c"));
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(PullRequestTest, MovesOnlyAsAForgeCan) {
  EXPECT_EQ(apply(to(state::open)).error().code, errc::not_found);
  must(claim("a"));
  must(to(state::open));
  EXPECT_EQ(apply(to(state::not_opened)).error().code, errc::conflict);
  EXPECT_EQ(apply(to(state::opening)).error().code, errc::conflict);
  must(to(state::closed_by_person));
  EXPECT_EQ(apply(to(state::closed_by_platform)).error().code, errc::conflict);
  must(to(state::open));
  must(to(state::merged));
  must(to(state::merged));
  for (const auto other : {state::open, state::closed_by_person, state::not_opened}) {
    EXPECT_EQ(apply(to(other)).error().code, errc::conflict);
  }
}

TEST_F(PullRequestTest, WhatWasGivenUpMayBeClaimedAnew) {
  must(claim("a"));
  must(to(state::not_opened));
  EXPECT_EQ(must(claim("a")).affected, 1U);
  EXPECT_EQ(row().state, state::opening);
}

TEST_F(PullRequestTest, WhatSomebodyHasToLookAfterIsListed) {
  must(claim("a"));
  pull_request_filter cared;
  cared.cared_for = true;
  EXPECT_EQ(view().pull_requests(cared).value().size(), 1U);
  auto merged = to(state::merged);
  merged.branch_there = true;
  must(merged);
  EXPECT_EQ(view().pull_requests(cared).value().size(), 1U) << "its branch is there";
  set_pull_request gone;
  gone.run_id = "a";
  gone.branch_there = false;
  must(gone);
  EXPECT_THAT(view().pull_requests(cared).value(), IsEmpty());
}

TEST_F(PullRequestTest, T10_ADeliveryIsTakenOnce) {
  EXPECT_EQ(must(take_delivery{"github", "id-1"}).affected, 1U);
  EXPECT_EQ(must(take_delivery{"github", "id-1"}).affected, 0U);
  EXPECT_EQ(must(take_delivery{"other", "id-1"}).affected, 1U);
  reopen();
  EXPECT_EQ(must(take_delivery{"github", "id-1"}).affected, 0U);
}

}  // namespace
}  // namespace skein::store::testing
