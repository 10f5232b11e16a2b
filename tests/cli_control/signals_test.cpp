// Interrupts, each in a process of its own.
#include "cli/signals.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace skein::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto longest = 20s;  // the bound of a broken program, not a measurement

class Signals : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void send(int number) {
  ::kill(::getpid(), number);
}

TEST_F(Signals, AreCountedInsteadOfEndingTheProcess) {
  EXPECT_EXIT(
      {
        block_signals();
        send(SIGTERM);
        const bool seen = wait_for_interrupt(longest);
        std::exit(seen && interrupts() == 1 && interrupted_by() == SIGTERM ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, HangUpIsLikeTermination) {
  EXPECT_EXIT(
      {
        block_signals();
        send(SIGHUP);
        std::exit(wait_for_interrupt(longest) && interrupted_by() == SIGHUP ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, WhatTheParentIgnoredStaysIgnored) {
  EXPECT_EXIT(
      {
        ::signal(SIGHUP, SIG_IGN);
        block_signals();
        send(SIGHUP);
        send(SIGTERM);
        std::exit(wait_for_interrupt(longest) && interrupted_by() == SIGTERM ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, TheSecondOneMayEndTheProcessAtOnce) {
  EXPECT_EXIT(
      {
        block_signals();
        exit_at_interrupt(2);
        send(SIGINT);
        if (!wait_for_interrupt(longest)) std::exit(1);
        send(SIGINT);
        ::alarm(20);
        ::pause();
      },
      ::testing::ExitedWithCode(130), "");
}

TEST_F(Signals, AnOrderlyEndIsBounded) {
  EXPECT_EXIT(
      {
        block_signals();
        exit_within(20ms, 42);
        ::alarm(20);
        ::pause();
      },
      ::testing::ExitedWithCode(42), "");
}

TEST_F(Signals, ABrokenPipeIsNoReasonToDie) {
  EXPECT_EXIT(
      {
        block_signals();
        int ends[2];
        if (::pipe(ends) != 0) std::exit(1);
        ::close(ends[0]);
        std::exit(::write(ends[1], "x", 1) == -1 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace skein::cli
