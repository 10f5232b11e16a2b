// A base, a root with two overlay phases and two copies, and a loop; requests as futures.
#pragma once

#include "runtime/cell/cell.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

namespace skein::cell::testing {

/// Empty when this user may make user namespaces, else why not.
[[nodiscard]] std::string why_no_cells();

/// Longer than any deadline of a cell, so that a test ends instead of hanging.
constexpr std::chrono::minutes patience{2};

template <class T>
T take(std::future<T> answer) {
  if (answer.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    std::abort();
  }
  return answer.get();
}

[[nodiscard]] std::future<result<std::shared_ptr<cell>>> ask_start(process::io_loop& loop,
                                                                   const cell_spec& spec);
[[nodiscard]] std::future<result<>> ask_enter(cell& in, const std::string& phase);
[[nodiscard]] std::future<result<command_result>> ask_execute(cell& in, command what);
[[nodiscard]] std::future<bool> ask_kill(cell& in);
[[nodiscard]] command line(const std::string& text);

class cell_test : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Starts `cell_` and enters `phase`.
  void start(const std::string& phase = "agent");
  /// Runs a line that must be answered.
  command_result run(const std::string& text);
  command_result run(command what);
  void write_base(const std::string& name, const std::string& text) const;
  /// Copies the intruder into the base.
  void let_intruder_in() const;

  std::filesystem::path folder_;
  cell_spec spec_;
  process::io_loop loop_;
  std::shared_ptr<cell> cell_;
};

}  // namespace skein::cell::testing
