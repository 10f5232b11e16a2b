// What the console asks before it does something, and what it then orders.
#include "cli/console/console.hpp"
#include "cli/render/run_text.hpp"

namespace skein::cli::screen {

namespace {

/// What has to be typed: the act and what it is about.
std::string confirmation(const std::string& act, const switch_target& target) {
  if (target.scope == store::switch_scope::all) return act + " all";
  if (target.scope == store::switch_scope::run) return act + " " + short_id(target.name);
  return act + " " + target.name;
}

}  // namespace

void console::ask(std::string text, std::string typed,
                  std::function<void(const std::string&, const feed&)> then) {
  question_ = question{prompt(std::move(text), std::move(typed)), std::move(then)};
}

void console::answer_key(int pressed, const feed& from) {
  const auto end = question_->words.key(pressed);
  if (end == prompt::end::open) return;
  // The answer may lead to the next question.
  const question asked = std::move(*question_);
  question_.reset();
  if (end == prompt::end::given_up) {
    message_ = line_of("given up, nothing was done", tone::dim);
    return;
  }
  asked.then(asked.words.typed(), from);
}

bool console::act(int pressed, const feed& from) {
  switch (pressed) {
    case key_enter:
      open_chosen(from);
      return true;
    case 'r':
      read(from);
      return true;
    case '/':
      ask_words(from);
      return true;
    case 'n':
    case 'N':
      search(pressed == 'n');
      return true;
    case 'c':
      if (now().what->filters()) tell(now().what->filter({}));
      now().at = {};
      read(from);
      return true;
    case 'a':
    case 'd':
      ask_answer(pressed == 'a', from);
      return true;
    case 'H':
      ask_switch(store::switch_kind::hold);
      return true;
    case 'D':
      ask_switch(store::switch_kind::drain);
      return true;
    case 'K':
      ask_switch(store::switch_kind::kill);
      return true;
    case 'L':
      ask_lift();
      return true;
    default:
      return false;
  }
}

void console::ask_words(const feed&) {
  if (now().what->filters()) {
    ask("show only:", {}, [this](const std::string& words, const feed& from) {
      const auto done = now().what->filter(words);
      if (!done) {
        message_ = line_of(done.error().message + "; " + done.error().remedy, tone::bad);
        return;
      }
      now().at = {};
      read(from);
    });
    return;
  }
  ask("search:", {}, [this](const std::string& words, const feed&) {
    searched_ = words;
    search(true);
  });
}

void console::search(bool forward) {
  if (searched_.empty()) return;
  const auto rows = now().what->rows();
  const auto begin = now().at.at();
  for (std::size_t step = 1; step <= rows; ++step) {
    const auto index = (forward ? begin + step : begin + rows - step) % rows;
    // As wide as a line can be: what is cut off on the screen is found too.
    if (plain(now().what->row(index, 1000)).find(searched_) == std::string::npos) continue;
    now().at.go(index);
    return;
  }
  message_ = line_of("not found: " + searched_, tone::warn);
}

void console::ask_answer(bool approve, const feed& from) {
  const auto* found = now().what->approval(now().at.at());
  if (found == nullptr) return;
  const schema::approval what = *found;
  // Nobody answers what they have not seen.
  if (now().what->selects()) show(approval_page(what), from);
  if (orders_.busy()) {
    message_ = line_of("another order is under way", tone::warn);
    return;
  }
  const std::string text = std::string(approve ? "approve" : "deny") + " run " +
                           short_id(what.run_id) + ", reason" +
                           (approve ? " (may be empty):" : ":");
  ask(text, {}, [this, what, approve](const std::string& reason, const feed&) {
    if (!approve && reason.empty()) {
      message_ = line_of("a denial needs a reason; nothing was done", tone::warn);
      return;
    }
    orders_.start(answer_approval{what, approve, reason});
  });
}

void console::ask_switch(store::switch_kind kind) {
  const auto target = now().what->target(now().at.at());
  if (!target) return;
  const std::string act(store::to_string(kind));
  ask(act + " " + to_string(*target) + ", reason (may be empty):", {},
      [this, kind, target = *target, act](const std::string& reason, const feed&) {
        confirm(confirmation(act, target), set_switch{kind, target, reason});
      });
}

void console::ask_lift() {
  const auto target = now().what->target(now().at.at());
  if (!target) return;
  confirm(confirmation("lift", *target), lift_switches{*target});
}

void console::confirm(const std::string& words, order what) {
  ask("type `" + words + "` to do it:", {},
      [this, words, what = std::move(what)](const std::string& typed, const feed&) {
        if (typed != words) {
          message_ = line_of("that was not `" + words + "`; nothing was done", tone::warn);
        } else if (orders_.busy()) {
          message_ = line_of("another order is under way; nothing was done", tone::warn);
        } else {
          orders_.start(what);
        }
      });
}

}  // namespace skein::cli::screen
