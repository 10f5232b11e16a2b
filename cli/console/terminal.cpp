#include "cli/console/terminal.hpp"

#include "cli/console/terminal_kind.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"

#include <poll.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <string>

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

namespace skein::cli::screen {

namespace {

/// Long enough for the rest of an arrow key over a slow line, too short to notice after Escape.
constexpr int escape_delay_ms = 50;

int key_of(wint_t pressed, bool special) {
  if (!special) {
    if (pressed == '\r' || pressed == '\n') return key_enter;
    if (pressed == 127 || pressed == 8) return key_backspace;
    return static_cast<int>(pressed);
  }
  switch (pressed) {
    case KEY_UP:
      return key_up;
    case KEY_DOWN:
      return key_down;
    case KEY_LEFT:
      return key_left;
    case KEY_RIGHT:
      return key_right;
    case KEY_PPAGE:
      return key_page_up;
    case KEY_NPAGE:
      return key_page_down;
    case KEY_HOME:
      return key_home;
    case KEY_END:
      return key_end;
    case KEY_ENTER:
      return key_enter;
    case KEY_BACKSPACE:
      return key_backspace;
    case KEY_BTAB:
      return key_back_tab;
    case KEY_RESIZE:
      return key_resize;
    default:
      return key_none;
  }
}

std::string in_ascii(const std::string& text) {
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte < 0x80) {
      out += each;
    } else if (byte >= 0xC0) {
      out += '?';
    }
  }
  return out;
}

}  // namespace

result<> terminal::needed() {
  if (!is_terminal(STDIN_FILENO) || !is_terminal(STDOUT_FILENO)) {
    return error{errc::unsupported, "open the console: standard input and output are no terminal",
                 "scripts use `skein get`, `skein describe` and `-o json`"};
  }
  const char* name = std::getenv("TERM");
  if (name == nullptr || *name == '\0' || !terminal_places_cursor(STDOUT_FILENO)) {
    return error{errc::unsupported,
                 "open the console: TERM is " +
                     (name == nullptr || *name == '\0'
                          ? std::string("not set")
                          : "\"" + printable(name) + "\", which is unknown here or too simple"),
                 "set TERM to what your terminal is, such as xterm-256color, or use `skein get`"};
  }
  return {};
}

result<std::unique_ptr<terminal>> terminal::open(bool colored) {
  SKEIN_CHECK(needed());
  return std::unique_ptr<terminal>(new terminal(colored));
}

terminal::terminal(bool colored) : colored_(colored) {
  (void)std::setlocale(LC_ALL, "");
  if (MB_CUR_MAX == 1 && speaks_utf8()) (void)std::setlocale(LC_CTYPE, "C.UTF-8");
  utf8_ = MB_CUR_MAX > 1;
  ::initscr();
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(::stdscr, TRUE);
  ::nodelay(::stdscr, TRUE);
  ::set_escdelay(escape_delay_ms);
  (void)::curs_set(0);
  if (colored_ && ::has_colors()) {
    ::start_color();
    ::use_default_colors();
    for (short each = 1; each <= 7; ++each) ::init_pair(each, each, -1);
  } else {
    colored_ = false;
  }
}

terminal::~terminal() {
  ::endwin();
}

std::size_t terminal::width() const {
  return static_cast<std::size_t>(::getmaxx(::stdscr));
}
std::size_t terminal::height() const {
  return static_cast<std::size_t>(::getmaxy(::stdscr));
}

unsigned long terminal::attributes_of(tone look) const {
  const auto pair = [this](short number) {
    return colored_ ? static_cast<unsigned long>(COLOR_PAIR(number)) : 0UL;
  };
  switch (look) {
    case tone::good:
    case tone::added:
      return pair(COLOR_GREEN);
    case tone::bad:
      return pair(COLOR_RED) | A_BOLD;
    case tone::removed:
      return pair(COLOR_RED);
    case tone::warn:
      return pair(COLOR_YELLOW);
    case tone::active:
    case tone::hunk:
      return pair(COLOR_CYAN);
    case tone::dim:
      return colored_ ? A_DIM : 0UL;
    case tone::strong:
      return A_BOLD;
    case tone::plain:
      break;
  }
  return 0;
}

void terminal::draw(const frame& what) {
  ::werase(::stdscr);
  const auto rows = static_cast<int>(height());
  for (int y = 0; y < rows && y < static_cast<int>(what.lines.size()); ++y) {
    const auto& each = what.lines[static_cast<std::size_t>(y)];
    const unsigned long chosen = each.chosen ? A_REVERSE : 0UL;
    if (each.chosen) {
      (void)::wattrset(::stdscr, static_cast<int>(chosen));
      ::mvwhline(::stdscr, y, 0, ' ' | chosen, static_cast<int>(width()));
    }
    ::wmove(::stdscr, y, 0);
    for (const auto& part : each.pieces) {
      (void)::wattrset(::stdscr, static_cast<int>(attributes_of(part.look) | chosen));
      ::waddstr(::stdscr, (utf8_ ? part.text : in_ascii(part.text)).c_str());
    }
  }
  (void)::wattrset(::stdscr, A_NORMAL);
  (void)::curs_set(what.cursor ? 1 : 0);
  if (what.cursor) ::wmove(::stdscr, rows - 1, static_cast<int>(*what.cursor));
  ::wnoutrefresh(::stdscr);
  ::doupdate();
}

int terminal::next_key(std::chrono::milliseconds longest) {
  wint_t pressed = 0;
  int kind = ::wget_wch(::stdscr, &pressed);
  if (kind == ERR && longest.count() > 0) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    (void)::poll(&input, 1, static_cast<int>(longest.count()));
    if ((input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) gone_ = true;
    kind = ::wget_wch(::stdscr, &pressed);
  }
  return kind == ERR ? static_cast<int>(key_none) : key_of(pressed, kind == KEY_CODE_YES);
}

}  // namespace skein::cli::screen
