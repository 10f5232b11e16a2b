// Random fleets, random orders: the chooser never passes a limit, chooses what a brute-force model
// would, and gives the reasons that the model gives.
#include "tests/runtime/schedule/chooser_model.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <random>

namespace skein::schedule::test {
namespace {

class fleet {
 public:
  explicit fleet(std::uint64_t seed) : dice_(seed), real_(limits()) {
    model_.ageing_ms = limits().ageing_ms;
    set_capacity();
  }

  void step() {
    switch (roll(16)) {
      case 0:
        return set_tenant();
      case 1:
        return set_campaign();
      case 2:
        return set_label();
      case 3:
        return turn_switch();
      case 4:
        if (roll(6) == 0) set_capacity();
        return;
      case 5:
        now_ms_ += roll(30'000);
        return;
      case 6:
      case 7:
      case 8:
        return end_one();
      case 9:
      case 10:
        admit_one();
        return;
      case 11:
        return remove_one();
      default:
        return add_one();
    }
  }

  void check_reasons() {
    // A choice would wake what became free or due; nothing may change while there is no room.
    for (const auto& row : model_.rows) {
      const auto real = real_.why(row.what.run_id, now_ms_);
      const auto wanted = model_.why(row, now_ms_);
      // Only these name a resource, and they always do.
      const bool of_room = real.what == waits_for::room || real.what == waits_for::never_fits;
      const bool names = real.detail == "cells" || real.detail == "memory" ||
                         real.detail == "processors";
      RC_ASSERT(!of_room || names);
      if (real.what != wanted) {
        RC_FAIL(row.what.run_id + " waits for " + std::string{to_string(real.what)} + ", not for " +
                std::string{to_string(wanted)});
      }
    }
  }

  void admit_all() {
    // Due rows enter the order with the first look.
    while (admit_one()) {
    }
  }

 private:
  static chooser_limits limits() {
    chooser_limits out;
    out.lane_window = 0;
    out.half_life_ms = 120'000;
    out.ageing_ms = 20'000;
    out.reserve_after_ms = INT64_MAX / 4;  // keeping room has a test of its own
    return out;
  }
  std::uint64_t roll(std::uint64_t sides) {
    return std::uniform_int_distribution<std::uint64_t>(0, sides - 1)(dice_);
  }
  std::string name(const char* kind, std::uint64_t sides) {
    return kind + std::to_string(roll(sides));
  }

  void set_capacity() {
    model_.all = {
        static_cast<std::uint32_t>(roll(8)), 1024 + static_cast<std::uint32_t>(roll(4096)),
        500 + static_cast<std::uint32_t>(roll(4000)), static_cast<std::uint32_t>(roll(4))};
    real_.set_capacity(model_.all);
  }
  void set_tenant() {
    const auto who = name("t", 4);
    tenant_terms terms;
    terms.weight = 1 + static_cast<double>(roll(4));
    terms.max_concurrency = static_cast<std::uint32_t>(roll(4));
    if (roll(3) == 0) terms.quota_micro_usd = static_cast<std::int64_t>(roll(40));
    model_.tenants[who] = terms;
    real_.set_tenant(who, terms);
  }
  void set_campaign() {
    const auto which = name("c", 5);
    campaign_terms terms{static_cast<std::uint32_t>(roll(4)), roll(5) == 0,
                         roll(4) == 0 ? now_ms_ + static_cast<std::int64_t>(roll(40'000)) : 0};
    model_.campaigns[which] = terms;
    real_.set_campaign(which, terms, now_ms_);
  }
  void set_label() {
    const auto which = name("l", 3);
    const auto most = static_cast<std::uint32_t>(roll(4));
    model_.labels[which] = most;
    real_.set_label_limit(which, most);
  }
  void turn_switch() {
    const std::pair<switch_scope, std::string> all[] = {
        {switch_scope::all, ""},
        {switch_scope::tenant, name("t", 4)},
        {switch_scope::campaign, name("c", 5)},
        {switch_scope::repo, name("r", 12)},
        {switch_scope::run, "run" + std::to_string(roll(next_run_ + 1))}};
    const auto& chosen = all[roll(5)];
    if (!model_.holds.empty() && roll(2) == 0) {
      const auto lifted = *model_.holds.begin();
      model_.holds.erase(lifted);
      return real_.lift(lifted.first, lifted.second, now_ms_);
    }
    if (chosen.first == switch_scope::all && roll(3) > 0) return;
    model_.holds.insert(chosen);
    real_.hold(chosen.first, chosen.second);
  }
  void add_one() {
    if (model_.rows.size() > 60) return;
    queue_entry row;
    row.run_id = "run" + std::to_string(next_run_++);
    row.tenant = name("t", 4);
    row.campaign = roll(3) == 0 ? "" : name("c", 5);
    row.repo = name("r", 12);
    for (std::uint64_t n = roll(3); n > 0; --n) row.labels.push_back(name("l", 3));
    row.priority = static_cast<int>(roll(5)) - 2;
    row.enqueued_ms = now_ms_ - static_cast<std::int64_t>(roll(10'000));
    row.not_before_ms = roll(5) == 0 ? now_ms_ + static_cast<std::int64_t>(roll(20'000)) : 0;
    row.seq = static_cast<std::int64_t>(next_run_);
    row.needs = {static_cast<std::uint32_t>(roll(3)), static_cast<std::uint32_t>(roll(3) * 512),
                 static_cast<std::uint32_t>(roll(3) * 250)};
    row.reserve_micro_usd = static_cast<std::int64_t>(roll(12));
    model_.rows.push_back({row, false, false});
    RC_ASSERT(real_.add(row, now_ms_).verdict == intake::queued);
  }
  void remove_one() {
    if (model_.rows.empty()) return;
    const auto at = roll(model_.rows.size());
    const auto row = model_.rows[at];
    RC_ASSERT(real_.remove(row.what.run_id) == !row.admitted);
    if (row.admitted) return;
    model_.holds.erase({switch_scope::run, row.what.run_id});
    model_.rows.erase(model_.rows.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void refund(const queue_entry& row, std::int64_t used) {
    auto& quota = model_.tenants[row.tenant].quota_micro_usd;
    if (quota) *quota += row.reserve_micro_usd - used;
  }
  void end_one() {
    for (std::size_t tries = 0; tries < model_.rows.size(); ++tries) {
      const auto at = roll(model_.rows.size());
      auto& row = model_.rows[at];
      if (!row.admitted) continue;
      const auto used = static_cast<std::int64_t>(roll(12));
      const run_use use{static_cast<double>(roll(90)), used};
      switch (roll(4)) {
        case 0:
          row.past_cell = true;
          return real_.cell_free(row.what.run_id);
        case 1:
          real_.requeue(row.what.run_id, use, now_ms_);
          refund(row.what, used);
          row.admitted = row.past_cell = false;
          return;
        case 2:
          real_.give_back(row.what.run_id);
          refund(row.what, 0);
          break;
        default:
          real_.finished(row.what.run_id, use);
          refund(row.what, used);
          model_.holds.erase({switch_scope::run, row.what.run_id});
      }
      model_.rows.erase(model_.rows.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
  }
  /// What the model lets the real one choose from: each tenant's first that may go and fits.
  bool admit_one() {
    // Lets time pass there too, so that standings are of the same instant.
    real_.set_campaign("nobody's", {}, now_ms_);
    const plain_model::row* best = nullptr;
    double least = 0;
    std::map<std::string, double> before;
    std::map<std::string, const plain_model::row*> first;
    for (const auto& row : model_.rows) {
      if (model_.why(row, now_ms_) != waits_for::turn) continue;
      auto& at = first[row.what.tenant];
      if (at == nullptr || model_.place(row) < model_.place(*at)) at = &row;
    }
    for (const auto& [who, row] : first) {
      const double standing = before[who] = real_.standing(who);
      if (best == nullptr || standing < least) least = standing;
      best = row;
    }
    const auto chosen = real_.next(now_ms_);
    RC_ASSERT(chosen.admitted.has_value() == (best != nullptr));
    if (!chosen.admitted) return false;
    RC_ASSERT(first.contains(chosen.admitted->tenant));
    const auto* expected = first.at(chosen.admitted->tenant);
    RC_ASSERT(expected->what.run_id == chosen.admitted->run_id);
    RC_ASSERT(before.at(chosen.admitted->tenant) <= least * (1 + 1e-9));
    for (auto& row : model_.rows) {
      if (row.what.run_id != chosen.admitted->run_id) continue;
      row.admitted = true;
      auto& quota = model_.tenants[row.what.tenant].quota_micro_usd;
      if (quota) *quota -= row.what.reserve_micro_usd;
    }
    check_limits();
    return true;
  }
  void check_limits() {
    const auto used = model_.in_use();
    RC_ASSERT(used == real_.figures().in_use);
    std::map<std::string, int> repos;
    for (const auto& row : model_.rows) {
      if (row.admitted) RC_ASSERT(++repos[row.what.repo] == 1);
    }
  }

  std::mt19937_64 dice_;
  chooser real_;
  plain_model model_;
  std::int64_t now_ms_ = 1'000'000;
  std::uint64_t next_run_ = 0;
};

TEST(Chooser, agrees_with_a_brute_force_model) {
  EXPECT_TRUE(rc::check("limits, order and reasons", [](std::uint64_t seed) {
    fleet tried(seed);
    for (int i = 0; i < 250; ++i) {
      tried.step();
      if (i % 10 == 9) {
        tried.admit_all();
        tried.check_reasons();
      }
    }
  }));
}

}  // namespace
}  // namespace skein::schedule::test
