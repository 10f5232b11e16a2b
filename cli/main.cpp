// The program: reads the command line, runs the verb.
#include "cli/app.hpp"
#include "cli/log_lines.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"

#include <unistd.h>

#include <exception>
#include <string>

int main(int argc, char** argv) {
  using namespace skein::cli;
  block_signals();
  try {
    invocation call;
    const auto app = make_app(call);
    if (const auto ended = parse(*app, call, argc, argv)) return *ended;
    send_logs_to_stderr(call.global);
    return call.action();
  } catch (const std::exception& failed) {
    // A programming fault; the state on disk is whole, because every change of it is a transaction.
    write_all(STDERR_FILENO, std::string("error: internal fault: ") + failed.what() + "\n");
    return exit_failure;
  }
}
