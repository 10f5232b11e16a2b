#include "runtime/model/script_provider.hpp"

namespace skein::model {
namespace {

/// Held until one of the two comes first.
class held_question final : public pending {
 public:
  held_question(provider::done_fn done, outcome told)
      : done_(std::move(done)), told_(std::move(told)) {}
  void cancel() override {
    failure out;
    out.kind = failure_kind::cancelled;
    end_with(out);
  }
  void release() { end_with(std::move(told_)); }

 private:
  void end_with(outcome ended) {
    if (!done_) return;
    const auto done = std::move(done_);
    done_ = nullptr;
    done(std::move(ended));
  }
  provider::done_fn done_;
  outcome told_;
};

}  // namespace

outcome script_provider::next(const conversation& said, const ask_settings& settings) {
  if (reply_) return reply_(said, settings);
  if (told_.empty()) {
    failure out;
    out.kind = failure_kind::malformed;
    out.text = "nothing more was told";
    return out;
  }
  outcome out = std::move(told_.front());
  told_.pop_front();
  return out;
}

std::shared_ptr<pending> script_provider::ask(const conversation& said,
                                              const ask_settings& settings, done_fn done) {
  said_.push_back(said);
  asked_.push_back(settings);
  const auto one = std::make_shared<held_question>(std::move(done), next(said, settings));
  if (holding_)
    held_.emplace_back([one] { one->release(); });
  else
    one->release();
  return one;
}

void script_provider::release() {
  holding_ = false;
  std::vector<std::function<void()>> now;
  now.swap(held_);
  for (const auto& one : now) one();
}

spending script_provider::worst_case(const conversation&, const ask_settings& settings) const {
  return {settings.max_output_tokens, 0};
}

}  // namespace skein::model
