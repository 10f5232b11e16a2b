// Pages, moving and drawing. What is asked and ordered is in console_acts.cpp.
#include "cli/console/console.hpp"

#include "cli/render/printable.hpp"

#include <algorithm>
#include <array>

namespace skein::cli::screen {

namespace {

struct view_entry {
  const char* name;
  std::unique_ptr<page> (*make)();
};

const std::array views{
    view_entry{"fleet", fleet_page},         view_entry{"runs", [] { return runs_page(); }},
    view_entry{"approvals", approvals_page}, view_entry{"campaigns", campaigns_page},
    view_entry{"tenants", tenants_page},     view_entry{"incidents", incidents_page},
    view_entry{"switches", switches_page}};

/// The two first lines, the titles of columns and the last line.
constexpr std::size_t frame_lines = 4;
/// Pages on pages on pages are of no use, and cost memory.
constexpr std::size_t deepest = 16;

}  // namespace

console::console(order_desk& orders, std::string where)
    : orders_(orders), where_(std::move(where)) {
  pages_.push_back({views[0].make(), {}});
}

std::size_t console::body_height() const {
  return height_ > frame_lines ? height_ - frame_lines : 1;
}

window console::seen(bool to_the_end) const {
  return {now().at.top(), body_height(), width_, to_the_end};
}

void console::fit() {
  now().at.fit(now().what->rows(), body_height(), now().what->selects());
}

void console::resize(std::size_t width, std::size_t height) {
  width_ = width;
  height_ = height;
  fit();
}

void console::tell(const result<>& outcome) {
  if (outcome) return;
  message_ = line_of(outcome.error().message, tone::bad);
}

void console::read(const feed& from) {
  tell(now().what->load(from, seen(false)));
  fit();
}

void console::extend(const feed& from, bool to_the_end) {
  tell(now().what->extend(from, seen(to_the_end)));
  fit();
}

void console::tick(const feed& from) {
  if (auto outcome = orders_.outcome()) {
    if (*outcome) {
      message_ = line_of(**outcome, tone::good);
    } else {
      const auto& failed = outcome->error();
      message_ =
          line_of(failed.message + (failed.remedy.empty() ? "" : "; " + failed.remedy), tone::bad);
    }
  }
  read(from);
}

void console::show(std::unique_ptr<page> next, const feed& from) {
  if (!next || pages_.size() >= deepest) return;
  pages_.push_back({std::move(next), {}});
  read(from);
}

void console::view(std::size_t number, const feed& from) {
  if (number >= views.size()) return;
  view_ = number;
  pages_.clear();
  pages_.push_back({views[number].make(), {}});
  read(from);
}

bool console::back(bool whole) {
  if (pages_.size() == 1) return !whole;
  pages_.pop_back();
  fit();
  return true;
}

void console::open_chosen(const feed& from) {
  show(now().what->open(now().at.at()), from);
}

bool console::key(int pressed, const feed& from) {
  if (question_) {
    answer_key(pressed, from);
    return true;
  }
  message_ = {};
  if (pressed == 'q') return back(true);
  if (pressed == key_escape || pressed == key_backspace) return back(false);
  if (pressed >= '1' && pressed < '1' + static_cast<int>(views.size())) {
    view(static_cast<std::size_t>(pressed - '1'), from);
    return true;
  }
  if (pressed == '?') {
    show(help_page(), from);
  } else if (!move(pressed, from) && !turn(pressed, from)) {
    (void)act(pressed, from);
  }
  return true;
}

bool console::move(int pressed, const feed& from) {
  auto& at = now().at;
  const auto half = static_cast<std::ptrdiff_t>(at.height() / 2 + 1);
  switch (pressed) {
    case 'j':
    case key_down:
      at.move(1);
      break;
    case 'k':
    case key_up:
      at.move(-1);
      break;
    case key_ctrl_d:
      at.move(half);
      break;
    case key_ctrl_u:
      at.move(-half);
      break;
    case ' ':
    case key_page_down:
      at.page(1);
      break;
    case 'b':
    case key_page_up:
      at.page(-1);
      break;
    case 'g':
    case key_home:
      at.home();
      break;
    case 'G':
    case key_end:
      extend(from, true);
      at.end();
      break;
    default:
      return false;
  }
  extend(from, false);
  return true;
}

bool console::turn(int pressed, const feed& from) {
  const bool next = pressed == key_tab || pressed == key_right || pressed == 'l';
  const bool before = pressed == key_back_tab || pressed == key_left || pressed == 'h';
  if (!next && !before) return false;
  if (!now().what->turn(next ? 1 : -1)) {
    if (pressed == 'h' || pressed == key_left) (void)back(false);
    if (pressed == 'l' || pressed == key_right) open_chosen(from);
    return true;
  }
  now().at = {};
  read(from);
  return true;
}

line console::views_line() const {
  line out;
  for (std::size_t i = 0; i < views.size(); ++i) {
    out.add((i == 0 ? "" : "  ") + std::to_string(i + 1) + " ", tone::dim)
        .add(views[i].name, i == view_ ? tone::strong : tone::plain);
  }
  const auto used = columns(plain(out));
  const auto where = printable(where_);
  if (width_ > used + 12) {
    const auto shown = cut_front(where, width_ - used - 2);
    out.add(std::string(width_ - used - columns(shown), ' ') + shown, tone::dim);
  }
  return out;
}

line console::title_line() const {
  line out = line_of(now().what->title(), tone::strong);
  const auto rows = now().what->rows();
  if (rows == 0) return out;
  const bool all = now().what->complete();
  out.add("  " + std::to_string(now().at.at() + 1) + "/" + std::to_string(rows) + (all ? "" : "+"),
          tone::dim);
  return out;
}

line console::last_line() const {
  if (question_) return question_->words.shown(width_);
  if (!message_.empty()) return message_;
  if (orders_.busy()) return line_of("ordered, waiting for the fleet …", tone::active);
  line out = line_of(now().what->keys(), tone::dim);
  out.add(out.empty() ? "" : "  ").add("? help  q ", tone::dim);
  out.add(pages_.size() > 1 ? "back" : "end", tone::dim);
  return out;
}

frame console::draw() const {
  frame out;
  out.lines.push_back(views_line());
  out.lines.push_back(title_line());
  out.lines.push_back(now().what->heading(width_));
  const auto rows = now().what->rows();
  const auto body = body_height();
  for (std::size_t i = 0; i < body; ++i) {
    const auto index = now().at.top() + i;
    line each;
    if (index < rows) {
      each = now().what->row(index, width_);
      each.chosen = now().what->selects() && index == now().at.at();
    } else if (rows == 0 && i == 0) {
      each = line_of(now().what->nothing(), tone::dim);
    }
    out.lines.push_back(std::move(each));
  }
  out.lines.push_back(last_line());
  if (question_) out.cursor = question_->words.cursor(width_);
  // A terminal lower than the frame keeps the last line, where questions are.
  while (out.lines.size() > height_ && out.lines.size() > 1) out.lines.erase(out.lines.begin());
  for (auto& each : out.lines) each = screen::fit(std::move(each), width_);
  return out;
}

}  // namespace skein::cli::screen
