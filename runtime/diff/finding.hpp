// A finding of the diff gate: what schema::finding holds, and the text it is about.
#pragma once

#include "schema/run.hpp"

#include <functional>
#include <string>

namespace skein::diff {

/// All texts are fit to be shown (see shown.hpp); `path` is too, so compare it with nothing.
struct finding : schema::finding {
  std::string before;  ///< empty: nothing was there
  std::string after;
  friend bool operator==(const finding&, const finding&) = default;
};

/// Takes secrets out of a text before any of it is shown; empty: nothing to take out.
using redact_fn = std::function<std::string(const std::string&)>;

/// True when the change must not leave without somebody saying so: "block" or "approval".
[[nodiscard]] inline bool stops(const schema::finding& found) {
  return found.action == "block" || found.action == "approval";
}

}  // namespace skein::diff
