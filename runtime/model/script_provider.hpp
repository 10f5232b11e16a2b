// A provider whose answers were told beforehand: for tests, the judge's golden set and replay.
#pragma once

#include "runtime/model/provider.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace skein::model {

/// One thread at a time.
class script_provider final : public provider {
 public:
  using reply_fn = std::function<outcome(const conversation&, const ask_settings&)>;

  /// Told in this order, one for each question; after the last one it fails as malformed.
  void push(outcome told) { told_.push_back(std::move(told)); }
  /// Asked in place of the told ones.
  void on(reply_fn reply) { reply_ = std::move(reply); }
  /// Keeps the question instead of answering, until it is cancelled or released.
  void hold() { holding_ = true; }
  void release();

  /// Calls `done` before it returns, unless held.
  std::shared_ptr<pending> ask(const conversation& said, const ask_settings& settings,
                               done_fn done) override;
  [[nodiscard]] spending worst_case(const conversation& said,
                                    const ask_settings& settings) const override;

  [[nodiscard]] const std::vector<conversation>& said() const { return said_; }
  [[nodiscard]] const std::vector<ask_settings>& asked() const { return asked_; }

 private:
  [[nodiscard]] outcome next(const conversation& said, const ask_settings& settings);

  std::deque<outcome> told_;
  reply_fn reply_;
  bool holding_ = false;
  std::vector<std::function<void()>> held_;
  std::vector<conversation> said_;
  std::vector<ask_settings> asked_;
};

}  // namespace skein::model
