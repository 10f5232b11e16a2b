#include "runtime/agent/tool_answer.hpp"

namespace skein::agent {
namespace {

std::string ending(const cell::command_result& ended) {
  switch (ended.end) {
    case cell::command_end::exited:
      return "exit status " + std::to_string(ended.code);
    case cell::command_end::signalled:
      return "ended by signal " + std::to_string(ended.code);
    case cell::command_end::timed_out:
      return "timed out after " + std::to_string(ended.duration_ms) +
             " ms; every process of it was killed";
    case cell::command_end::output_exceeded:
      return "killed: it wrote more than the run may";
    case cell::command_end::killed:
      return "killed";
  }
  return "ended";
}

tool_answer shell_answer(const cell::command_result& ended) {
  tool_answer answer;
  answer.failed = ended.end != cell::command_end::exited || ended.code != 0;
  answer.kind = ended.end == cell::command_end::exited      ? "ok"
                : ended.end == cell::command_end::timed_out ? "timed_out"
                                                            : "ended";
  answer.text = ending(ended) + "\n" + ended.output;
  return answer;
}

std::string listed(const nlohmann::json& found, const may_see_fn& may_see) {
  std::string text;
  std::size_t hidden = 0;
  for (const auto& one : found.at("entries")) {
    const auto path = one.at("path").get<std::string>();
    if (!may_see(path)) {
      ++hidden;
      continue;
    }
    const auto kind = one.at("kind").get<std::string>();
    text += path;
    if (kind == "folder") text += "/";
    if (kind == "link" || kind == "other") text += " (" + kind + ")";
    if (one.contains("bytes")) text += " " + std::to_string(one["bytes"].get<std::uint64_t>());
    text += "\n";
  }
  if (text.empty()) text = "nothing\n";
  if (hidden > 0) text += "(" + std::to_string(hidden) + " names are not shown by policy)\n";
  if (found.value("cut", false)) text += "(there are more: name a folder, a glob or fewer levels)\n";
  return text;
}

std::string matched(const nlohmann::json& found, const may_see_fn& may_see, std::uint64_t& bytes) {
  std::string text;
  std::size_t hidden = 0;
  for (const auto& one : found.at("matches")) {
    const auto path = one.at("path").get<std::string>();
    if (!may_see(path)) {
      ++hidden;
      continue;
    }
    const auto line = one.at("text").get<std::string>();
    bytes += line.size();
    text += path + ":" + std::to_string(one.at("line").get<std::uint64_t>()) + ": " + line + "\n";
  }
  if (text.empty()) text = "no match\n";
  if (hidden > 0) text += "(" + std::to_string(hidden) + " matches are not shown by policy)\n";
  if (const auto left = found.value("filesLeftOut", std::uint64_t{0}); left > 0)
    text += "(" + std::to_string(left) + " files were not searched: binary or too large)\n";
  if (found.value("cut", false)) text += "(there are more matches: search for less)\n";
  return text;
}

std::string read(const nlohmann::json& found, std::uint64_t& bytes) {
  const auto& text = found.at("text").get_ref<const std::string&>();
  bytes = text.size();
  std::string out = found.at("path").get<std::string>() + ", lines " +
                    std::to_string(found.at("firstLine").get<std::uint64_t>()) + " to " +
                    std::to_string(found.at("lastLine").get<std::uint64_t>()) +
                    (found.value("ended", false) ? ", to the end" : "") +
                    (found.value("cut", false) ? ", cut at the limit of bytes" : "") + ":\n";
  return out + text;
}

std::string told(std::string_view tool, const nlohmann::json& found, const may_see_fn& may_see,
                 std::uint64_t& bytes) {
  if (tool == "list_files") return listed(found, may_see);
  if (tool == "search") return matched(found, may_see, bytes);
  if (tool == "read_file") return read(found, bytes);
  if (tool == "write_file")
    return found.at("path").get<std::string>() +
           (found.value("created", false) ? " created, " : " replaced, ") +
           std::to_string(found.at("bytes").get<std::uint64_t>()) + " bytes\n";
  std::string text;
  for (const auto& one : found.at("files"))
    text += one.at("path").get<std::string>() + " " + one.at("action").get<std::string>() + "\n";
  return text;
}

tool_answer file_answer(std::string_view tool, const cell::command_result& ended,
                        const may_see_fn& may_see) {
  tool_answer answer;
  const auto found = nlohmann::json::parse(ended.output, nullptr, false);
  if (ended.end != cell::command_end::exited || ended.code != 0 || !found.is_object()) {
    answer.failed = true;
    answer.kind = "ended";
    answer.text = std::string(tool) + " failed: " + ending(ended) + "\n";
    return answer;
  }
  if (const auto refused = found.find("error"); refused != found.end()) {
    answer.failed = true;
    answer.kind = refused->value("kind", std::string{"failed"});
    answer.text = refused->value("message", std::string{}) + "\n";
    return answer;
  }
  try {
    answer.kind = "ok";
    answer.text = told(tool, found, may_see, answer.file_bytes);
  } catch (const nlohmann::json::exception&) {
    answer.failed = true;
    answer.kind = "ended";
    answer.text = std::string(tool) + " failed: its answer cannot be read\n";
  }
  return answer;
}

}  // namespace

tool_answer answer_of(std::string_view tool, const cell::command_result& ended,
                      const may_see_fn& may_see) {
  return tool == "run_shell" ? shell_answer(ended) : file_answer(tool, ended, may_see);
}

std::string head_and_tail(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::string_view head = text.substr(0, most / 2);
  std::string_view tail = text.substr(text.size() - most / 2);
  if (const auto end = head.rfind('\n'); end != std::string_view::npos && end > head.size() / 2)
    head = head.substr(0, end + 1);
  if (const auto end = tail.find('\n'); end != std::string_view::npos && end < tail.size() / 2)
    tail = tail.substr(end + 1);
  // Not in the middle of a character.
  while (!head.empty() && (static_cast<unsigned char>(head.back()) & 0xc0) == 0x80)
    head.remove_suffix(1);
  if (!head.empty() && static_cast<unsigned char>(head.back()) >= 0xc0) head.remove_suffix(1);
  while (!tail.empty() && (static_cast<unsigned char>(tail.front()) & 0xc0) == 0x80)
    tail.remove_prefix(1);
  return std::string(head) + "\n[… " + std::to_string(text.size() - head.size() - tail.size()) +
         " bytes left out …]\n" + std::string(tail);
}

}  // namespace skein::agent
