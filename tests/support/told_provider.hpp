// A model that says what the test wrote, and remembers what it was told.
#pragma once

#include "runtime/model/provider.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace skein::actors::test {

/// Answers from a list; the last one again and again when `repeats` is set.
class told_provider : public model::provider {
 public:
  struct waiting : model::pending {
    done_fn done;
    bool cancelled = false;
    void cancel() override {
      cancelled = true;
      if (auto call = std::exchange(done, nullptr)) {
        model::failure gone;
        gone.kind = model::failure_kind::cancelled;
        call(gone);
      }
    }
  };

  std::shared_ptr<model::pending> ask(const model::conversation& said,
                                      const model::ask_settings& how, done_fn done) override {
    heard.push_back(said);
    rooms.push_back(how.max_output_tokens);
    last = std::make_shared<waiting>();
    if (hangs) {
      last->done = std::move(done);
      return last;
    }
    if (fails) {
      done(*fails);
      return last;
    }
    if (answers.empty()) {
      ADD_FAILURE() << "asked more often than the test has answers";
      done(model::failure{});
      return last;
    }
    auto given = answers.front();
    if (answers.size() > 1 || !repeats) answers.pop_front();
    done(std::move(given));
    return last;
  }
  [[nodiscard]] model::spending worst_case(const model::conversation&,
                                           const model::ask_settings& how) const override {
    return {1000ULL + how.max_output_tokens, (1000.0 + how.max_output_tokens) / 1e6};
  }

  std::deque<model::answer> answers;
  bool repeats = false;
  bool hangs = false;
  std::optional<model::failure> fails;
  std::vector<model::conversation> heard;
  std::vector<std::uint32_t> rooms;
  std::shared_ptr<waiting> last;
};

inline model::answer says(std::vector<model::tool_request> calls, const std::string& text = "") {
  model::answer out;
  out.text = text;
  out.calls = std::move(calls);
  out.stop = out.calls.empty() ? model::stop_reason::end : model::stop_reason::tool_calls;
  out.used = {1000, 100, 0, 0, true};
  out.usd = 0.01;
  out.provider = "told";
  out.model = "m";
  return out;
}

inline model::tool_request call(const std::string& tool, nlohmann::json arguments) {
  static int next_id = 0;
  return {"c" + std::to_string(++next_id), tool, std::move(arguments), ""};
}
inline model::tool_request finish(const std::string& outcome = "changed") {
  return call("finish", {{"summary", "done"}, {"outcome", outcome}});
}

}  // namespace skein::actors::test
