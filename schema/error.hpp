// The one error type of the program and the result it travels in. Not an exception hierarchy:
// exceptions are for programming faults only.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace skein {

/// What kind of failure happened, so that callers can decide without reading text.
enum class errc {
  invalid,      ///< the input is wrong: usage, file, argument
  not_found,    ///< the named thing does not exist
  conflict,     ///< it exists already with other content, or moved meanwhile
  refused,      ///< a policy, a switch or a limit says no
  unauthorised, ///< this person may not
  stale,        ///< the message belongs to an old attempt (fencing epoch) or an old state
  in_use,       ///< another process owns the state directory
  unsupported,  ///< this machine or this version cannot do it
  timeout,      ///< the deadline passed
  cancelled,    ///< kill, interrupt or shutdown
  io,           ///< the operating system said no
  corrupt,      ///< stored bytes contradict their hash, schema or version
  unavailable,  ///< a remote end did not answer or answered nonsense
  internal      ///< a bug
};

/// `message`: lower case, no full stop: what was attempted, with which id, what was found.
/// `remedy`: what to do next; may be empty.
struct error {
  errc code = errc::internal;
  std::string message;
  std::string remedy;

  friend bool operator==(const error&, const error&) = default;
};

/// The stable text of a code, as used in logs and JSON (`"not_found"`).
[[nodiscard]] const char* to_string(errc code) noexcept;

/// An error from `errno`, such as `open /x: no space left on device`.
[[nodiscard]] error errno_error(const std::string& attempted, int errno_value);

template <class T = void>
using result = boost::system::result<T, error>;

/// Found by argument-dependent look-up when `value()` is called on a failed result.
[[noreturn]] inline void throw_exception_from_error(const error& failed,
                                                    const boost::source_location&) {
  throw std::runtime_error(failed.message);
}

}  // namespace skein

/// Returns the error of `expression` from the calling function, or names its value `variable`.
#define SKEIN_TRY(variable, expression)                     \
  auto variable##_result = (expression);                    \
  if (!variable##_result) return variable##_result.error(); \
  auto& variable = *variable##_result

/// As SKEIN_TRY for an expression of type `result<>`.
#define SKEIN_CHECK(expression)                                                             \
  do {                                                                                      \
    if (auto checked_result = (expression); !checked_result) return checked_result.error(); \
  } while (false)
