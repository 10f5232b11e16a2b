// Keys as the console sees them: a character, or one of these.
#pragma once

namespace skein::cli::screen {

enum key : int {
  key_none = 0,
  key_ctrl_d = 4,
  key_tab = 9,
  key_ctrl_u = 21,
  key_escape = 27,
  key_first = 0x110000,  ///< beyond the last character
  key_up,
  key_down,
  key_left,
  key_right,
  key_page_up,
  key_page_down,
  key_home,
  key_end,
  key_enter,
  key_backspace,
  key_back_tab,
  key_resize
};

}  // namespace skein::cli::screen
