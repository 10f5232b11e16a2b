// One attack of tests/data/redteam: a hostile repository and what an agent that obeys it does. What
// the files may say is in the README there.
#pragma once

#include "tests/e2e/program.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace skein::e2e {

struct attack {
  std::string name;
  std::string repository;
  std::string remote;
  std::string repo;
  std::string step;
  std::string verifier = "true";
  std::string task;
  std::vector<std::string> ends;
  std::optional<std::vector<std::string>> lands = std::vector<std::string>{"file"};
  std::vector<std::string> finds;
  std::vector<std::string> traces;
  std::string incident;
  std::vector<std::string> logs;
  std::vector<std::string> hidden;
};

/// The attacks of tests/data/redteam/FILE; throws std::runtime_error for a file that is wrong.
std::vector<attack> attacks_of(const std::string& file);

/// Carries one out and looks at everything that an attack may not reach.
class attack_test : public program_test, public ::testing::WithParamInterface<attack> {
 protected:
  /// The whole of it: build, run, check.
  void carry_out(const attack& what);

 private:
  class listening;

  std::string filled(std::string text) const;
  std::string task_of(const attack& what, const std::string& url) const;
  /// What the run's readers are shown, by what they asked.
  std::map<std::string, std::string> shown_of(const nlohmann::json& run);
  void check_shown(const attack& what, const std::map<std::string, std::string>& shown);
  void check_kept(bool published);
  void check_landed(const attack& what, const std::string& base);

  std::uint16_t port_ = 0;
};

}  // namespace skein::e2e
