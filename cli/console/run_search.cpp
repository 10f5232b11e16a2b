#include "cli/console/run_search.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace skein::cli::screen {

namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return text;
}

}  // namespace

bool run_search::matches_words(const schema::run& run) const {
  if (words.empty()) return true;
  const auto text =
      lower(run.id + '\n' + run.repo.url + '\n' + run.task_name + '\n' + run.submitter);
  return std::ranges::all_of(
      words, [&](const std::string& each) { return text.find(each) != std::string::npos; });
}

store::run_filter run_search::stored() const {
  store::run_filter out;
  out.state = state == schema::run_state::held ? schema::run_state::schedule : state;
  out.non_final_only = open;
  out.tenant = tenant;
  out.campaign = campaign;
  return out;
}

result<run_search> parse_run_search(const std::string& text) {
  run_search out;
  std::istringstream from(text);
  std::string word;
  while (from >> word) {
    const auto value = word.substr(std::min(word.size(), word.find(':') + 1));
    if (word.starts_with("state:")) {
      out.open = value == "open";
      if (out.open) continue;
      out.state = schema::parse_run_state(value);
      if (!out.state) {
        return error{errc::invalid, "no state " + value.substr(0, 40),
                     "state:open, state:agent, state:waiting_approval, state:blocked …"};
      }
    } else if (word.starts_with("tenant:")) {
      out.tenant = value;
    } else if (word.starts_with("campaign:")) {
      out.campaign = value;
    } else {
      out.words.push_back(lower(word));
    }
  }
  return out;
}

}  // namespace skein::cli::screen
