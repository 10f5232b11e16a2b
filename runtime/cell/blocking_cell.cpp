#include "runtime/cell/blocking_cell.hpp"

#include <chrono>
#include <future>

namespace skein::cell {
namespace {

// Longer than any deadline inside a cell; only a bug gets here.
constexpr std::chrono::minutes last_resort{5};

/// Calls `ask` with a callback and waits for it. The promise is shared: a late answer is harmless.
template <class Answer, class Ask>
Answer wait_for(const Ask& ask) {
  auto answer = std::make_shared<std::promise<Answer>>();
  auto arrives = answer->get_future();
  ask([answer](Answer given) { answer->set_value(std::move(given)); });
  if (arrives.wait_for(last_resort) != std::future_status::ready)
    return error{errc::timeout, "wait for a cell: no answer", ""};
  return arrives.get();
}

}  // namespace

blocking_cell::~blocking_cell() {
  if (!cell_) return;
  static_cast<void>(wait_for<result<>>([this](auto done) { cell_->kill([done] { done({}); }); }));
  cell_.reset();
}

result<> blocking_cell::start(cell_spec spec) {
  auto started = wait_for<result<std::shared_ptr<cell>>>(
      [this, &spec](auto done) { cell::start(loop_, std::move(spec), done); });
  if (!started) return started.error();
  cell_ = std::move(*started);
  return {};
}

result<> blocking_cell::enter_phase(const std::string& phase) {
  return wait_for<result<>>([this, &phase](auto done) { cell_->enter_phase(phase, done); });
}

result<command_result> blocking_cell::execute(command what) {
  return wait_for<result<command_result>>(
      [this, &what](auto done) { cell_->execute(std::move(what), done); });
}

}  // namespace skein::cell
