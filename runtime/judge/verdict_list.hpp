// Collects what the rules find, with the decision that the tables give. For this folder only.
#pragma once

#include "runtime/judge/case_reading.hpp"

#include <map>
#include <string>

namespace skein::judge {

class verdict_list {
 public:
  verdict_list(const rule_content& known, const schema::task& task) : known_(known), task_(task) {}

  enum class heard { nothing, explained, intended };
  /// A rule that no table has blocks. `path` and `detail` are raw and made fit to be shown here.
  void add(const std::string& rule, const std::string& path, const std::string& detail = {},
           heard excuse = heard::nothing);
  [[nodiscard]] opinion take() &&;

 private:
  const rule_content& known_;
  const schema::task& task_;
  opinion so_far_{decision::pass, {}, "rules"};
  std::map<std::string, std::size_t> counts_;
};

// Each adds what it finds.
void check_alignment(const case_reading& all, const rule_content& known, verdict_list& into);
void check_balance(const case_reading& all, const rule_content& known, verdict_list& into);
void check_claims(const judged_case& about, const case_reading& all, const rule_content& known,
                  bool behaviour_changes, verdict_list& into);
/// True when it found an edit of behaviour, explained or not.
bool check_behaviour(const case_reading& all, const rule_content& known, verdict_list& into);
/// When the task wants a name changed and nothing else (F8).
void check_rename(const judged_case& about, const case_reading& all, const rule_content& known,
                  verdict_list& into);
void check_findings(const judged_case& about, const case_reading& all, const rule_content& known,
                    verdict_list& into);

}  // namespace skein::judge
