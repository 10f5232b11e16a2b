// A run of kind model against a provider that says what the test wrote.
#pragma once

#include "tests/e2e/program.hpp"
#include "tests/support/http_peer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace skein::e2e {

class model_agent_program : public program_test {
 protected:
  using calls = std::vector<std::pair<std::string, nlohmann::json>>;
  static nlohmann::json usual_usage() { return {{"input_tokens", 3000}, {"output_tokens", 60}}; }

  /// An answer of these calls, or of words when there are none; `id` names the first call.
  static test::peer_reply answer_of(const calls& wanted, int id,
                                    const nlohmann::json& usage = usual_usage()) {
    auto content = nlohmann::json::array();
    for (const auto& [tool, arguments] : wanted)
      content.push_back({{"type", "tool_use"},
                         {"id", "toolu_" + std::to_string(id++)},
                         {"name", tool},
                         {"input", arguments}});
    test::peer_reply reply;
    reply.headers = {{"content-type", "application/json"}};
    reply.body = nlohmann::json{{"id", "msg_" + std::to_string(id)},
                                {"type", "message"},
                                {"role", "assistant"},
                                {"model", "m"},
                                {"content", content},
                                {"stop_reason", wanted.empty() ? "end_turn" : "tool_use"},
                                {"usage", usage}}
                     .dump();
    return reply;
  }
  /// The next answer of the provider.
  void answers(const calls& wanted) {
    peer_.push(answer_of(wanted, id_));
    id_ += static_cast<int>(wanted.size());
  }
  void finishes(const std::string& summary = "done") {
    answers({{"finish", {{"summary", summary}, {"outcome", "changed"}}}});
  }
  void edits(const std::string& path, const std::string& from, const std::string& to) {
    answers({{"apply_patch", {{"path", path}, {"edits", {{{"search", from}, {"replace", to}}}}}}});
  }
  nlohmann::json fly(const std::string& url, const std::string& verifier = "! grep -q old file.txt",
                     const std::string& more = "", const std::string& scope = "**") {
    if (base_url_.empty()) base_url_ = peer_.url();
    const auto key = write("provider.key", "e2e-key-0123456789abcdef\n");
    const auto config = write("skein.yaml",
                              "apiVersion: skein/v1\nkind: Config\nproviders:\n  peer: {wire: anthropic, "
                              "baseUrl: \"" + base_url_ + "\", key: {file: \"" + key + "\"}, models: [m], "
                              "prices: {m: {input: 1, output: 2}}}\n" + config_more_);
    const auto file = "apiVersion: skein/v1\nkind: Task\nmetadata: {name: change, tenant: t}\nspec:\n"
                      "  intent: \"Replace old by new in file.txt; nothing else changes.\"\n"
                      "  repo: {url: \"" + url + "\"}\n  scope: {include: [\"" + scope + "\"]}\n"
                      "  agent: {kind: model, provider: peer, model: m" + agent_more_ + "}\n"
                      "  verifiers: [{name: unit, run: \"" + verifier + "\"}]\n" + more;
    return run(file, {"--config", config});
  }
  /// Everything that was ever said to the provider.
  std::string said() const {
    std::string all;
    for (const auto& one : peer_.requests()) all += one.body;
    return all;
  }
  std::string branches() {
    return sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l");
  }

  test::http_peer peer_;
  int id_ = 1;
  std::string base_url_;     ///< of the provider; empty: that of the peer
  std::string config_more_;  ///< of skein.yaml
  std::string agent_more_;   ///< of the task's agent: ", key: value"
};

}  // namespace skein::e2e
