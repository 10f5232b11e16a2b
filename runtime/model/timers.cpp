#include "runtime/model/timers.hpp"

#include <random>

namespace skein::model {
namespace {

class waiting final : public pending {
 public:
  explicit waiting(std::shared_ptr<http::exchange> held) : held_(std::move(held)) {}
  void cancel() override { held_->cancel(); }

 private:
  std::shared_ptr<http::exchange> held_;
};

class real_timers final : public timers {
 public:
  explicit real_timers(std::shared_ptr<http::client> sender) : sender_(std::move(sender)) {}

  clock::time_point now() override { return clock::now(); }
  std::shared_ptr<pending> after(std::chrono::milliseconds delay,
                                 std::function<void()> then) override {
    return std::make_shared<waiting>(sender_->after(delay, std::move(then)));
  }
  double random() override {
    thread_local std::minstd_rand dice{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(dice);
  }

 private:
  std::shared_ptr<http::client> sender_;
};

}  // namespace

std::shared_ptr<timers> http_timers(std::shared_ptr<http::client> sender) {
  return std::make_shared<real_timers>(std::move(sender));
}

}  // namespace skein::model
