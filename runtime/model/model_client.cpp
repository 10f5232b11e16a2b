#include "runtime/model/model_client.hpp"

#include <algorithm>

namespace skein::model {
namespace {

using std::chrono::milliseconds;

/// One question, on the thread of the timers.
class question : public std::enable_shared_from_this<question> {
 public:
  question(std::vector<route> routes, std::shared_ptr<timers> time, retry_settings retry,
           const conversation& said, ask_settings settings, provider::done_fn done)
      : routes_(std::move(routes)),
        time_(std::move(time)),
        retry_(retry),
        said_(said),
        settings_(std::move(settings)),
        done_(std::move(done)),
        deadline_(time_->now() + settings_.total_timeout) {}

  /// The timers were taken away: nobody will ask any more.
  ~question() {
    if (done_) end_with(simple(failure_kind::cancelled, "the client ended"));
  }
  question(const question&) = delete;
  question& operator=(const question&) = delete;

  void ask_next() {
    if (!done_) return;
    const milliseconds left = std::chrono::duration_cast<milliseconds>(deadline_ - time_->now());
    if (left <= milliseconds(0))
      return give_up(simple(failure_kind::timeout, "the deadline passed"));
    if (at_ >= routes_.size()) {
      if (failed_.empty())
        return give_up(simple(failure_kind::unavailable, "every provider is down"));
      failure last = std::move(failed_.back());
      failed_.pop_back();
      return give_up(std::move(last));
    }
    const route& to = routes_[at_];
    if (to.down && !to.down->admit(time_->now())) return next_route();
    ask_settings asked = settings_;
    if (!to.model.empty()) asked.model = to.model;
    asked.total_timeout = left;
    ++attempts_;
    const unsigned turn = ++turn_;
    // The answer may come on another thread, and before this call returns.
    running_ =
        to.asked->ask(said_, asked, [self = shared_from_this(), turn](outcome ended) mutable {
          auto held = std::make_shared<outcome>(std::move(ended));
          self->time_->after({}, [self, turn, held] { self->take(turn, std::move(*held)); });
        });
  }

  void cancel() {
    if (!done_) return;
    if (running_) running_->cancel();
    if (waiting_) waiting_->cancel();
    ++turn_;
    if (at_ < routes_.size() && routes_[at_].down)
      routes_[at_].down->failed(failure_kind::cancelled, time_->now());
    failure out = simple(failure_kind::cancelled, "cancelled");
    if (running_) {
      // It was on its way and is paid for; how much nobody will say now.
      const spending most =
          routes_[std::min(at_, routes_.size() - 1)].asked->worst_case(said_, settings_);
      out.spent.input =
          most.tokens - std::min<std::uint64_t>(most.tokens, settings_.max_output_tokens);
      out.usd = most.usd;
    }
    give_up(std::move(out));
  }

 private:
  void take(unsigned turn, outcome ended) {
    if (!done_ || turn != turn_) return;
    running_.reset();
    const route& from = routes_[at_];
    if (ended) {
      if (from.down) from.down->succeeded();
      ended->failed = std::move(failed_);
      return end_with(std::move(ended));
    }
    failure why = ended.error();
    if (from.down) from.down->failed(why.kind, time_->now());
    if (why.kind == failure_kind::cancelled || why.kind == failure_kind::context_length ||
        why.kind == failure_kind::too_large)
      return give_up(std::move(why));
    paid_ += why.spent.total() > 0 ? 1 : 0;
    const auto wait = wait_after(why);
    failed_.push_back(std::move(why));
    if (!wait) return next_route();
    waiting_ = time_->after(*wait, [self = shared_from_this(), turn] {
      if (turn == self->turn_) self->ask_next();
    });
  }

  /// nullopt: not here any more.
  std::optional<milliseconds> wait_after(const failure& why) {
    if (!may_repeat(why.kind) || attempts_ >= retry_.attempts || paid_ >= retry_.paid_attempts)
      return std::nullopt;
    if (why.retry_after && *why.retry_after > retry_.most_retry_after) return std::nullopt;
    const auto doubled = retry_.base * (1LL << std::min(attempts_ - 1, 20U));
    const auto jitter = std::chrono::duration_cast<milliseconds>(
        std::min<milliseconds>(doubled, retry_.most) * time_->random());
    // Never sooner than told, and not all at the same moment.
    const milliseconds wait =
        why.retry_after ? *why.retry_after + std::min(jitter, retry_.base) : jitter;
    if (time_->now() + wait >= deadline_) return std::nullopt;
    return wait;
  }

  void next_route() {
    ++at_;
    attempts_ = 0;
    paid_ = 0;
    ask_next();
  }

  static failure simple(failure_kind kind, std::string text) {
    failure out;
    out.kind = kind;
    out.text = std::move(text);
    return out;
  }

  /// With what the failed attempts before it cost.
  void give_up(failure why) {
    if (why.model.empty()) why.model = settings_.model;
    for (const failure& before : failed_) {
      why.spent.input += before.spent.input;
      why.spent.output += before.spent.output;
      why.spent.cache_read += before.spent.cache_read;
      why.spent.cache_write += before.spent.cache_write;
      why.usd += before.usd;
    }
    end_with(std::move(why));
  }

  void end_with(outcome ended) {
    const auto done = std::move(done_);
    done_ = nullptr;
    running_.reset();
    waiting_.reset();
    done(std::move(ended));
  }

  std::vector<route> routes_;
  std::shared_ptr<timers> time_;
  retry_settings retry_;
  conversation said_;
  ask_settings settings_;
  provider::done_fn done_;
  timers::clock::time_point deadline_;
  std::size_t at_ = 0;
  std::uint32_t attempts_ = 0;
  std::uint32_t paid_ = 0;
  unsigned turn_ = 0;
  std::vector<failure> failed_;
  std::shared_ptr<pending> running_;
  std::shared_ptr<pending> waiting_;
};

class asked final : public pending {
 public:
  asked(std::weak_ptr<question> one, std::shared_ptr<timers> time)
      : one_(std::move(one)), time_(std::move(time)) {}
  void cancel() override {
    time_->after({}, [held = one_] {
      if (const auto alive = held.lock()) alive->cancel();
    });
  }

 private:
  std::weak_ptr<question> one_;
  std::shared_ptr<timers> time_;
};

}  // namespace

model_client::model_client(std::vector<route> routes, std::shared_ptr<timers> time,
                           retry_settings retry)
    : routes_(std::move(routes)), time_(std::move(time)), retry_(retry) {}

std::shared_ptr<pending> model_client::ask(const conversation& said, const ask_settings& settings,
                                           done_fn done) {
  const auto one =
      std::make_shared<question>(routes_, time_, retry_, said, settings, std::move(done));
  time_->after({}, [one] { one->ask_next(); });
  return std::make_shared<asked>(one, time_);
}

spending model_client::worst_case(const conversation& said, const ask_settings& settings) const {
  spending out;
  for (const route& to : routes_) {
    ask_settings asked = settings;
    if (!to.model.empty()) asked.model = to.model;
    const spending one = to.asked->worst_case(said, asked);
    out.tokens = std::max(out.tokens, one.tokens);
    out.usd = std::max(out.usd, one.usd);
  }
  return out;
}

}  // namespace skein::model
