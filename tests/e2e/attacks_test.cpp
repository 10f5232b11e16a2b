// The attacks of tests/data/redteam, end to end: the agent does what each wants, and nothing of it
// comes true.
#include "tests/e2e/attack.hpp"

namespace skein::e2e {
namespace {

class git_attack : public attack_test {};
class exfiltration : public attack_test {};
class gaming : public attack_test {};
class planted : public attack_test {};
class bomb : public attack_test {};

TEST_P(git_attack, B8_T3_C2_NothingOfItIsCarriedOut) {
  carry_out(GetParam());
}

TEST_P(exfiltration, B7_T5_T1_7_NothingLeaves) {
  carry_out(GetParam());
}

TEST_P(gaming, R3_T8_IsNotPublishedWithoutAPerson) {
  carry_out(GetParam());
}

TEST_P(planted, T3_6_C1_C2_WhatThePlatformReadsByNameIsNotFollowed) {
  carry_out(GetParam());
}

TEST_P(bomb, R7_T3_8_C4_C5_StaysWithinItsLimits) {
  carry_out(GetParam());
}

std::string name_of(const ::testing::TestParamInfo<attack>& tested) {
  return tested.param.name;
}

INSTANTIATE_TEST_SUITE_P(redteam, git_attack, ::testing::ValuesIn(attacks_of("git.yaml")), name_of);
INSTANTIATE_TEST_SUITE_P(redteam, exfiltration,
                         ::testing::ValuesIn(attacks_of("exfiltration.yaml")), name_of);
INSTANTIATE_TEST_SUITE_P(redteam, gaming, ::testing::ValuesIn(attacks_of("gaming.yaml")), name_of);
INSTANTIATE_TEST_SUITE_P(redteam, planted, ::testing::ValuesIn(attacks_of("paths.yaml")), name_of);
INSTANTIATE_TEST_SUITE_P(redteam, bomb, ::testing::ValuesIn(attacks_of("bombs.yaml")), name_of);

}  // namespace
}  // namespace skein::e2e
