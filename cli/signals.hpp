// Interrupts as a number that verbs look at, instead of handlers that run anywhere. Knows nothing
// of fleets; the verb decides what an interrupt means.
#pragma once

#include <chrono>

namespace skein::cli {

/// Blocks SIGINT, SIGTERM and SIGHUP in all threads and starts to count them; SIGPIPE is ignored.
/// Call first in main, before any thread is started. SIGHUP and SIGINT stay ignored when the parent
/// (nohup, a shell's background job) had them ignored.
void block_signals();

/// Number of interrupts so far.
[[nodiscard]] int interrupts();

/// The first signal that interrupted, 0 when none did.
[[nodiscard]] int interrupted_by();

/// Waits until the first interrupt, at most `longest`; true when there was one. Blocking.
bool wait_for_interrupt(std::chrono::milliseconds longest);

/// From now on the `count`-th interrupt ends the process at once with exit code 130: nothing is
/// lost by it, every acknowledged change is durable and cells die with their process.
void exit_at_interrupt(int count);

/// Ends the process with `code` if it is still there after `longest`: the bound of an orderly end.
void exit_within(std::chrono::milliseconds longest, int code);

}  // namespace skein::cli
