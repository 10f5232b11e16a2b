// Redacts text that comes in pieces, as a command writes it. Nothing is let out before what follows
// is known far enough to see the secrets in it.
#pragma once

#include "runtime/scan/secret_scanner.hpp"

#include <string>
#include <string_view>

namespace skein::scan {

/// Memory is bounded: about four times `hold_back` beyond the largest piece. A secret no longer
/// than `hold_back` is found wherever the text was cut; of a longer one, such as an endless key,
/// the whole run of its characters is left out.
class stream_redactor {
 public:
  static constexpr std::size_t standard_hold_back = 16U << 10U;

  explicit stream_redactor(secret_scanner scanner, std::size_t hold_back = standard_hold_back);

  /// What may be let out now; often nothing.
  [[nodiscard]] std::string push(std::string_view piece);
  /// The rest. The next push() begins another text.
  [[nodiscard]] std::string finish();

  /// Whether anything was redacted so far.
  [[nodiscard]] bool found() const noexcept { return found_; }

 private:
  [[nodiscard]] std::string let_out(bool all);
  void swallow(std::string_view& piece);

  secret_scanner scanner_;
  std::size_t hold_back_;
  std::string seen_;      ///< what was let out last, for rules that look back, then what is held
  std::size_t held_ = 0;  ///< where in `seen_` the held part begins
  bool swallowing_ = false;
  bool found_ = false;
};

}  // namespace skein::scan
