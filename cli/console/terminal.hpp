// The terminal: draws frames and reads keys. The only file that knows ncurses. Restores the
// terminal when it goes, whatever the way out.
#pragma once

#include "cli/console/console.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <memory>

namespace skein::cli::screen {

class terminal {
 public:
  /// `unsupported` when standard input and output are no terminal, or TERM names none that is
  /// known.
  [[nodiscard]] static result<> needed();
  /// Errors as needed().
  [[nodiscard]] static result<std::unique_ptr<terminal>> open(bool colored);
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t height() const;
  /// In one piece: only what changed is sent.
  void draw(const frame& what);
  /// Waits for a key, at most `longest`; key_none: there was none. Blocking.
  [[nodiscard]] int next_key(std::chrono::milliseconds longest);
  /// The other end hung up.
  [[nodiscard]] bool gone() const noexcept { return gone_; }

 private:
  explicit terminal(bool colored);
  [[nodiscard]] unsigned long attributes_of(tone look) const;

  bool colored_;
  bool utf8_ = true;
  bool gone_ = false;
};

}  // namespace skein::cli::screen
