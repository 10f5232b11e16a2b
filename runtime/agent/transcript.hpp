// What was said between a run and its model, as artifacts, and a provider that says it again. An
// exchange holds the request and the reply as they went over the wire, the answer that was read from
// them, and the marks of everything that led to it, so that a replay notices where it differs.
#pragma once

#include "runtime/model/provider.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::agent {

/// Spans of this origin differ between runs that are otherwise the same: they have no mark.
inline constexpr std::string_view canary_origin = "canary";

/// One hash for each part of a conversation in order, with a name for people; from the beginning
/// with `first_turn` 0, else only of the turns from there on.
struct mark {
  std::string what;  ///< "task", "reply 2 of turn 3: read_file"
  std::string sha256;
  friend bool operator==(const mark&, const mark&) = default;
};
[[nodiscard]] std::vector<mark> marks_of(const model::conversation& said, std::size_t first_turn = 0);

/// What a request has that the one before it has not: most of a conversation is said again with
/// every question. `before` bytes of the beginning and `after` of the end are those of the request
/// before.
struct request_change {
  std::size_t before = 0;
  std::size_t after = 0;
  std::string text;
};
/// Cut generously, so that whatever a scanner looks for stands on one side as a whole.
[[nodiscard]] request_change change_of(std::string_view previous, std::string_view request);

/// The text of an exchange's artifact. `previous`: the request of the exchange before it.
/// `first_turn`: as in marks_of().
[[nodiscard]] std::string exchange_text(const model::conversation& said, const model::answer& given,
                                        std::string_view previous, std::size_t first_turn);

struct exchange {
  std::vector<mark> marks;
  model::answer given;
};
[[nodiscard]] result<exchange> parse_exchange(const std::string& text);

/// The text of a transcript's artifact: its exchanges by reference, in order.
[[nodiscard]] std::string transcript_text(const std::string& task_sha256,
                                          const std::vector<std::string>& exchanges);
[[nodiscard]] result<std::vector<std::string>> parse_transcript(const std::string& text);

/// Answers what was answered before, one exchange after the other. Says through `diverged`, once,
/// what the first part is that differs from what was said then; after the last exchange every
/// question fails.
class replay_provider : public model::provider {
 public:
  using diverged_fn = std::function<void(std::uint32_t exchange, const std::string& what)>;
  replay_provider(std::vector<exchange> recorded, diverged_fn diverged)
      : recorded_(std::move(recorded)), diverged_(std::move(diverged)) {}

  std::shared_ptr<model::pending> ask(const model::conversation& said,
                                      const model::ask_settings& settings, done_fn done) override;
  [[nodiscard]] model::spending worst_case(const model::conversation&,
                                           const model::ask_settings&) const override {
    return {};
  }

 private:
  std::vector<exchange> recorded_;
  diverged_fn diverged_;
  std::size_t next_ = 0;         ///< one asker
  std::size_t known_turns_ = 0;  ///< compared before
};

}  // namespace skein::agent
