// Retries, fallbacks and the circuit breaker, on a clock that the test moves. T9.10.
#include "runtime/model/model_client.hpp"
#include "runtime/model/script_provider.hpp"
#include "tests/runtime/model/model_samples.hpp"

#include <gtest/gtest.h>

#include <map>

namespace skein::model {
namespace {

using std::chrono::milliseconds;

class fake_timers final : public timers {
 public:
  clock::time_point now() override { return now_; }
  std::shared_ptr<pending> after(milliseconds delay, std::function<void()> then) override {
    waits.push_back(delay);
    const auto one = std::make_shared<entry>(std::move(then));
    queue_.emplace(now_ + delay, one);
    return one;
  }
  double random() override { return dice; }

  /// Runs what is due within `time` and moves the clock.
  void advance(milliseconds time = milliseconds(0)) {
    const auto until = now_ + time;
    while (!queue_.empty() && queue_.begin()->first <= until) {
      const auto one = queue_.begin()->second;
      now_ = std::max(now_, queue_.begin()->first);
      queue_.erase(queue_.begin());
      if (one->then) one->then();
    }
    now_ = until;
  }

  double dice = 1;
  std::vector<milliseconds> waits;

 private:
  struct entry final : pending {
    explicit entry(std::function<void()> what) : then(std::move(what)) {}
    void cancel() override { then = nullptr; }
    std::function<void()> then;
  };
  clock::time_point now_{};
  std::multimap<clock::time_point, std::shared_ptr<entry>> queue_;
};

failure failing(failure_kind kind, std::optional<milliseconds> retry_after = {}) {
  failure out;
  out.kind = kind;
  out.retry_after = retry_after;
  return out;
}

answer saying(const std::string& text) {
  answer out;
  out.text = text;
  out.used = {1, 1, 0, 0, true};
  return out;
}

class model_client_ : public ::testing::Test {
 protected:
  void ask(std::vector<route> routes, retry_settings retry = {},
           ask_settings settings = sample::settings()) {
    client_ = std::make_unique<model_client>(std::move(routes), time_, retry);
    running_ = client_->ask(sample::talk(), settings, [this](outcome one) {
      ++ends_;
      got_ = std::move(one);
    });
    time_->advance();
  }

  std::shared_ptr<fake_timers> time_ = std::make_shared<fake_timers>();
  std::shared_ptr<script_provider> first_ = std::make_shared<script_provider>();
  std::shared_ptr<script_provider> second_ = std::make_shared<script_provider>();
  std::unique_ptr<model_client> client_;
  std::shared_ptr<pending> running_;
  std::optional<outcome> got_;
  int ends_ = 0;
};

TEST_F(model_client_, waits_longer_and_longer_up_to_its_bound) {
  for (int i = 0; i < 4; ++i) first_->push(failing(failure_kind::overloaded));
  first_->push(saying("yes"));
  retry_settings retry;
  retry.base = milliseconds(100);
  retry.most = milliseconds(350);
  ask({{first_, "a", nullptr}}, retry);
  EXPECT_FALSE(got_);
  std::vector<std::size_t> asked;
  for (const int step : {100, 200, 350, 350}) {
    time_->advance(milliseconds(step - 1));
    asked.push_back(first_->asked().size());
    time_->advance(milliseconds(1));
  }
  EXPECT_EQ(asked, (std::vector<std::size_t>{1, 2, 3, 4}));
  ASSERT_TRUE(got_ && *got_);
  EXPECT_EQ((*got_)->text, "yes");
  EXPECT_EQ((*got_)->failed.size(), 4U);
  EXPECT_EQ(ends_, 1);
}

TEST_F(model_client_, the_whole_wait_is_jitter) {
  time_->dice = 0;
  first_->push(failing(failure_kind::overloaded));
  first_->push(saying("yes"));
  ask({{first_, "a", nullptr}});
  EXPECT_TRUE(got_ && *got_);
}

TEST_F(model_client_, honours_retry_after_and_gives_way_when_it_is_too_long) {
  first_->push(failing(failure_kind::rate_limited, milliseconds(5000)));
  first_->push(failing(failure_kind::rate_limited, milliseconds(600'000)));
  second_->push(saying("other"));
  ask({{first_, "a", nullptr}, {second_, "b", nullptr}});
  time_->advance(milliseconds(4999));
  EXPECT_EQ(first_->asked().size(), 1U);
  time_->advance(milliseconds(2000));
  ASSERT_TRUE(got_ && *got_);
  EXPECT_EQ((*got_)->text, "other");
  EXPECT_EQ(second_->asked().at(0).model, "b");
}

TEST_F(model_client_, context_length_is_neither_repeated_nor_passed_on) {
  first_->push(failing(failure_kind::context_length));
  ask({{first_, "a", nullptr}, {second_, "b", nullptr}});
  ASSERT_TRUE(got_);
  ASSERT_FALSE(*got_);
  EXPECT_EQ(got_->error().kind, failure_kind::context_length);
  EXPECT_TRUE(second_->asked().empty());
}

TEST_F(model_client_, T9_10_falls_back_in_order) {
  first_->push(failing(failure_kind::authentication));
  second_->push(failing(failure_kind::invalid_request));
  second_->push(saying("third"));
  ask({{first_, "a", nullptr}, {second_, "b", nullptr}, {second_, "c", nullptr}});
  ASSERT_TRUE(got_ && *got_);
  EXPECT_EQ(second_->asked().at(1).model, "c");
  EXPECT_EQ((*got_)->failed.size(), 2U);
}

TEST_F(model_client_, the_last_failure_carries_what_all_attempts_cost) {
  failure paid = failing(failure_kind::interrupted);
  paid.spent = {10, 5, 0, 0, false};
  paid.usd = 0.5;
  for (int i = 0; i < 3; ++i) first_->push(paid);
  ask({{first_, "a", nullptr}});
  time_->advance(milliseconds(100'000));
  ASSERT_TRUE(got_);
  ASSERT_FALSE(*got_);
  EXPECT_EQ(got_->error().kind, failure_kind::interrupted);
  EXPECT_EQ(first_->asked().size(), 2U) << "failures that cost are repeated once";
  EXPECT_EQ(spent(*got_).tokens, 30U);
  EXPECT_DOUBLE_EQ(spent(*got_).usd, 1.0);
}

TEST_F(model_client_, one_deadline_covers_everything) {
  for (int i = 0; i < 9; ++i) first_->push(failing(failure_kind::overloaded));
  ask_settings settings = sample::settings();
  settings.total_timeout = milliseconds(1200);
  ask({{first_, "a", nullptr}}, {}, settings);
  time_->advance(milliseconds(10'000));
  ASSERT_TRUE(got_);
  ASSERT_FALSE(*got_);
  EXPECT_EQ(got_->error().kind, failure_kind::overloaded);
  EXPECT_EQ(first_->asked().size(), 2U);
  EXPECT_LE(first_->asked().at(1).total_timeout, milliseconds(700));
}

TEST_F(model_client_, cancel_ends_a_wait_and_an_asking) {
  first_->push(failing(failure_kind::overloaded));
  first_->push(saying("never"));
  ask({{first_, "a", nullptr}});
  running_->cancel();
  time_->advance();
  ASSERT_TRUE(got_);
  ASSERT_FALSE(*got_);
  EXPECT_EQ(got_->error().kind, failure_kind::cancelled);
  time_->advance(milliseconds(100'000));
  EXPECT_EQ(first_->asked().size(), 1U);
  EXPECT_EQ(ends_, 1);

  got_.reset();
  first_->hold();
  ask({{first_, "a", nullptr}});
  EXPECT_FALSE(got_);
  running_->cancel();
  time_->advance();
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->error().kind, failure_kind::cancelled);
  EXPECT_GT(spent(*got_).tokens + 1, 0U);
  first_->release();
  time_->advance(milliseconds(1000));
  EXPECT_EQ(ends_, 2);
}

TEST_F(model_client_, a_provider_that_is_down_is_left_out_for_a_while) {
  const auto down = std::make_shared<breaker>(breaker_settings{3, milliseconds(10'000)});
  retry_settings once;
  once.attempts = 1;
  const auto one_ask = [&] {
    got_.reset();
    second_->push(saying("second"));
    ask({{first_, "a", down}, {second_, "b", nullptr}}, once);
    EXPECT_TRUE(got_ && *got_);
  };
  for (int i = 0; i < 3; ++i) {
    first_->push(failing(failure_kind::overloaded));
    one_ask();
  }
  EXPECT_EQ(first_->asked().size(), 3U);
  one_ask();
  EXPECT_EQ(first_->asked().size(), 3U) << "open: not asked";
  time_->advance(milliseconds(10'001));
  first_->push(failing(failure_kind::timeout));
  one_ask();
  EXPECT_EQ(first_->asked().size(), 4U) << "one finds out";
  one_ask();
  EXPECT_EQ(first_->asked().size(), 4U) << "open again";
  time_->advance(milliseconds(10'001));
  first_->push(saying("back"));
  got_.reset();
  ask({{first_, "a", down}}, once);
  ASSERT_TRUE(got_ && *got_);
  EXPECT_EQ((*got_)->text, "back");
}

TEST_F(model_client_, with_every_provider_down_it_says_so) {
  const auto down = std::make_shared<breaker>(breaker_settings{1, milliseconds(10'000)});
  down->failed(failure_kind::overloaded, time_->now());
  ask({{first_, "a", down}});
  ASSERT_TRUE(got_);
  ASSERT_FALSE(*got_);
  EXPECT_EQ(got_->error().kind, failure_kind::unavailable);
}

}  // namespace
}  // namespace skein::model
