#include "runtime/http/client.hpp"

#include "runtime/http/engine.hpp"

#include <future>

namespace skein::http {

exchange::exchange(std::weak_ptr<engine> owner, std::uint64_t number)
    : engine_(std::move(owner)), number_(number) {}

void exchange::cancel() {
  if (const auto alive = engine_.lock())
    alive->post([raw = alive.get(), number = number_] { raw->cancel(number); });
}

void exchange::pause() {
  if (const auto alive = engine_.lock())
    alive->post([raw = alive.get(), number = number_] { raw->pause(number); });
}

void exchange::resume() {
  if (const auto alive = engine_.lock())
    alive->post([raw = alive.get(), number = number_] { raw->resume(number); });
}

client::client() : engine_(std::make_shared<engine>()) {}

client::~client() {
  engine_->stop();
}

std::shared_ptr<exchange> client::start(request wanted, listener heard) {
  const std::uint64_t number = engine_->begin(std::move(wanted), std::move(heard));
  return std::make_shared<exchange>(engine_, number);
}

result<reply> client::send(request wanted) {
  std::promise<result<reply>> promise;
  auto future = promise.get_future();
  start(std::move(wanted),
        {{}, {}, [&promise](result<reply> ended) { promise.set_value(std::move(ended)); }});
  return future.get();
}

std::shared_ptr<exchange> client::after(std::chrono::milliseconds delay,
                                        std::function<void()> then) {
  const std::uint64_t number = engine_->begin_timer(delay, std::move(then));
  return std::make_shared<exchange>(engine_, number);
}

}  // namespace skein::http
