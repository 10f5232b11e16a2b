#include "cli/policy_batch.hpp"

#include "schema/text.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace skein::cli {

namespace {

using nlohmann::json;

constexpr std::size_t longest_line = 8U << 20;
constexpr std::size_t read_bytes = 256U << 10;
constexpr int deepest = 64;

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

void append_text(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = schema::detail::utf8_length(text);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    } else if (length == 0) {
      out += "\\ufffd";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_list(const char* name, const std::vector<std::string>& list, std::string& out) {
  out += name;
  out += '[';
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (at > 0) out += ',';
    append_text(list[at], out);
  }
  out += ']';
}

/// Depth and number of members, before anything is built; nullopt: nested too deeply.
std::optional<std::size_t> members_in(std::string_view text) {
  int depth = 0;
  std::size_t members = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\') ++at;
        }
        break;
      case '[':
      case '{':
        if (++depth > deepest) return std::nullopt;
        break;
      case ']':
      case '}':
        --depth;
        break;
      case ':':
        ++members;
        break;
      default:
        break;
    }
  }
  return members;
}

std::size_t members_of(const json& value) {
  std::size_t out = value.is_object() ? value.size() : 0;
  if (value.is_structured()) {
    for (const json& each : value) out += members_of(each);
  }
  return out;
}

void append_error(const json& id, const std::string& what, std::string& out) {
  out += "{\"id\":" + id.dump(-1, ' ', false, json::error_handler_t::replace);
  out += ",\"decision\":\"deny\",\"rule\":null,\"reason\":";
  append_text(what, out);
  out += ",\"error\":";
  append_text(what, out);
  out += "}\n";
}

/// What the line says about the circumstances beside those of the command line.
result<> add_circumstances(const json& line, policy::circumstances& into) {
  for (const auto& [name, target] :
       {std::pair{"tenant", &into.tenant}, {"lane", &into.lane}, {"risk", &into.risk}}) {
    if (!line.contains(name)) continue;
    if (!line[name].is_string()) return error{errc::invalid, std::string(name) + " is no text", ""};
    *target = line[name].get<std::string>();
  }
  if (line.contains("capabilities")) {
    const json& list = line["capabilities"];
    if (!list.is_array()) return error{errc::invalid, "capabilities is no list", ""};
    into.capabilities.clear();
    for (const json& each : list) {
      if (!each.is_string()) return error{errc::invalid, "capabilities is no list of texts", ""};
      into.capabilities.push_back(each.get<std::string>());
    }
  }
  if (line.contains("facts")) return policy::add_facts(line["facts"], into);
  return {};
}

bool has_own_circumstances(const json& line) {
  return line.contains("tenant") || line.contains("lane") || line.contains("risk") ||
         line.contains("capabilities") || line.contains("facts");
}

}  // namespace

void append_decision(const policy::decision& said, std::string& out) {
  out += "\"decision\":\"";
  out += policy::outcome(said.what);
  out += "\",\"action\":\"";
  out += policy::to_string(said.what);
  out += "\",\"rule\":";
  append_text(said.rule, out);
  out += ",\"reason\":";
  append_text(said.reason, out);
  if (!said.alternative.empty()) {
    out += ",\"alternative\":";
    append_text(said.alternative, out);
  }
  append_list(",\"inputs\":{\"paths\":", said.paths, out);
  append_list(",\"commands\":", said.commands, out);
  out += '}';
}

void decide_line(const policy::engine& rules, const policy::circumstances& around,
                 std::string_view line, std::uint64_t number, std::string& out) {
  const auto bad = [&](const json& id, const char* what) {
    append_error(id, "line " + std::to_string(number) + " " + what, out);
  };
  const auto members = members_in(line);
  if (!members) return bad(nullptr, "is nested too deeply");
  const json call = json::parse(line, nullptr, false);
  if (!call.is_object()) return bad(nullptr, "is no JSON object");
  // Two readers of a line with a key twice could take different values.
  if (members_of(call) != *members) return bad(nullptr, "has a key twice");
  static const json none;
  static const json empty = json::object();
  const auto member = [&call](const char* name, const json& otherwise) -> const json& {
    const auto found = call.find(name);
    return found == call.end() || found->is_null() ? otherwise : *found;
  };
  const json& id = member("id", none);
  const json& tool = member("tool", none);
  const json& args = member("args", empty);
  if (!tool.is_string()) return bad(id, "names no tool");
  if (!args.is_object()) return bad(id, "has args that are no object");
  policy::decision said;
  if (has_own_circumstances(call)) {
    policy::circumstances own = around;
    if (auto added = add_circumstances(call, own); !added) {
      return bad(id, ("is wrong: " + added.error().message).c_str());
    }
    said = rules.decide(tool.get_ref<const std::string&>(), args, own);
  } else {
    said = rules.decide(tool.get_ref<const std::string&>(), args, around);
  }
  out += "{\"id\":";
  out += id.dump(-1, ' ', false, json::error_handler_t::replace);
  out += ',';
  append_decision(said, out);
  out += "}\n";
}

bool decide_batch(const policy::engine& rules, const policy::circumstances& around, int input,
                  output& out) {
  std::string waiting;
  std::string answers;
  std::uint64_t number = 0;
  bool skipping = false;  // the rest of a line that is too long
  const auto take = [&](std::string_view line) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (skipping) {
      skipping = false;
      append_error(nullptr,
                   "line " + std::to_string(number) + " is longer than " +
                       std::to_string(longest_line) + " bytes",
                   answers);
    } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
      decide_line(rules, around, line, number, answers);
    }
    if (answers.size() > read_bytes) {
      out.print(answers);
      answers.clear();
    }
  };
  for (;;) {
    const std::size_t before = waiting.size();
    waiting.resize(before + read_bytes);
    ssize_t got = 0;
    do {
      got = ::read(input, waiting.data() + before, read_bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      warn(std::string("standard input cannot be read: ") + std::strerror(errno));
      return false;
    }
    waiting.resize(before + static_cast<std::size_t>(got));
    std::size_t begin = 0;
    std::size_t search = before;
    for (std::size_t end = waiting.find('\n', search); end != std::string::npos;
         end = waiting.find('\n', begin)) {
      take(std::string_view(waiting).substr(begin, end - begin));
      begin = end + 1;
    }
    waiting.erase(0, begin);
    if (waiting.size() > longest_line) {
      skipping = true;
      waiting.clear();
    }
    if (got == 0 && (!waiting.empty() || skipping)) take(waiting);
    if (!answers.empty()) out.print(answers);
    answers.clear();
    if (got == 0) return true;
  }
}

}  // namespace skein::cli
