// `skein-tools TOOL`: one call of one file tool. Arguments come as JSON on standard input, the answer
// goes to standard output. The current folder is the workspace.
#include "runtime/agent/in_cell/tools.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>

int main(int count, char** words) {
  using namespace skein::agent::in_cell;
  using tool_fn = std::function<nlohmann::json(const tree&, const nlohmann::json&)>;
  static const std::map<std::string, tool_fn> tools{{"list_files", list_files},
                                                    {"read_file", read_file},
                                                    {"search", search},
                                                    {"write_file", write_file},
                                                    {"apply_patch", apply_patch}};
  const auto found = count == 2 ? tools.find(words[1]) : tools.end();
  if (found == tools.end()) {
    std::fputs("usage: skein-tools list_files|read_file|search|write_file|apply_patch < ARGUMENTS\n",
               stderr);
    return 2;
  }
  constexpr std::size_t most_input = 64 << 20;
  std::string input;
  const opened_file standard_input(::dup(STDIN_FILENO));
  const opened_file root(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root || !read_all(standard_input, most_input, input)) return 1;
  const auto args = nlohmann::json::parse(input, nullptr, false);
  nlohmann::json answer;
  try {
    answer = args.is_object() ? found->second(tree(root.get()), args)
                              : refusal("invalid", "the arguments are no object");
  } catch (const nlohmann::json::exception& wrong) {
    answer = refusal("invalid", wrong.what());
  }
  const std::string text = answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; at < text.size();) {
    const auto wrote = ::write(STDOUT_FILENO, text.data() + at, text.size() - at);
    if (wrote <= 0) return 1;
    at += static_cast<std::size_t>(wrote);
  }
  return 0;
}
