// The console itself: a stack of pages, what keys mean, and what the screen shows. Without a
// terminal, so that all of it can be tested; terminal.hpp draws it.
#pragma once

#include "cli/console/keys.hpp"
#include "cli/console/orders.hpp"
#include "cli/console/page.hpp"
#include "cli/console/prompt.hpp"
#include "cli/console/scroll.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::cli::screen {

/// What a terminal shows: as many lines as it has, none wider than it is.
struct frame {
  std::vector<line> lines;
  std::optional<std::size_t> cursor;  ///< the column on the last line; none: hidden
};

class console {
 public:
  /// `where` is the state directory or the server, for the first line.
  console(order_desk& orders, std::string where);

  void resize(std::size_t width, std::size_t height);
  /// Reads again what is seen, and hears what came of an order.
  void tick(const feed& from);
  /// False: the console ends.
  [[nodiscard]] bool key(int pressed, const feed& from);
  [[nodiscard]] frame draw() const;

 private:
  struct opened {
    std::unique_ptr<page> what;
    scroll at;
  };
  struct question {
    prompt words;
    std::function<void(const std::string& answer, const feed& from)> then;
  };

  [[nodiscard]] opened& now() { return pages_.back(); }
  [[nodiscard]] const opened& now() const { return pages_.back(); }
  [[nodiscard]] std::size_t body_height() const;
  [[nodiscard]] window seen(bool to_the_end) const;
  void fit();
  void show(std::unique_ptr<page> next, const feed& from);
  void view(std::size_t number, const feed& from);
  void read(const feed& from);
  void extend(const feed& from, bool to_the_end);
  void tell(const result<>& outcome);

  bool move(int pressed, const feed& from);
  bool turn(int pressed, const feed& from);
  bool act(int pressed, const feed& from);
  [[nodiscard]] bool back(bool whole);
  void open_chosen(const feed& from);

  void ask(std::string text, std::string typed,
           std::function<void(const std::string&, const feed&)> then);
  void answer_key(int pressed, const feed& from);
  void ask_words(const feed& from);
  void search(bool forward);
  void ask_answer(bool approve, const feed& from);
  void ask_switch(store::switch_kind kind);
  void ask_lift();
  void confirm(const std::string& words, order what);

  [[nodiscard]] line views_line() const;
  [[nodiscard]] line title_line() const;
  [[nodiscard]] line last_line() const;

  order_desk& orders_;
  std::string where_;
  std::size_t width_ = 80;
  std::size_t height_ = 24;
  std::size_t view_ = 0;
  std::vector<opened> pages_;
  std::optional<question> question_;
  std::string searched_;
  line message_;
};

}  // namespace skein::cli::screen
