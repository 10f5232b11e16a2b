// Reading documents: bytes → tree → shape → meaning → typed value. Each step runs only on what the
// one before accepted.
#include "schema/document.hpp"

#include "schema/embedded.hpp"
#include "schema/error.hpp"
#include "schema/fault.hpp"
#include "schema/text.hpp"
#include "schema/yaml_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>

namespace skein::schema {

namespace {

using detail::yaml_node;
using nlohmann::json;

struct kind_row {
  std::string_view kind;    ///< as in the file
  std::string_view schema;  ///< name of its JSON Schema
};
constexpr std::array<kind_row, 10> kinds{{{"Task", "task"},
                                         {"Campaign", "campaign"},
                                         {"Config", "config"},
                                         {"Verifier", "verifier"},
                                         {"Policy", "policy"},
                                         {"Tool", "tool"},
                                         {"Agent", "agent"},
                                         {"ToolApprovals", "tool-approvals"},
                                         {"ToolRules", "tool-rules"},
                                         {"Controls", "controls"}}};
constexpr const char* kind_words =
    "one of Task, Campaign, Config, Verifier, Policy, Tool, Agent, ToolApprovals, ToolRules, Controls";

using place_map = std::map<std::string, source_place>;
constexpr std::size_t longest_pointer = 512;
constexpr std::size_t most_places = 20'000;

/// Kinds of which a file may hold several without a name.
bool may_be_nameless(std::string_view kind) {
  return kind == "Policy";
}

/// Collects the problems of one file and knows its text, to count columns in characters.
class reader {
 public:
  reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void add(const detail::place& at, std::string what, std::string expected) {
    if (out.problems.size() >= detail::most_faults) return;
    out.problems.push_back(
        {file_, at.line, column_in_characters(at), std::move(what), std::move(expected)});
  }

  void read_document(const yaml_node& root);

  loaded out;

 private:
  [[nodiscard]] std::uint32_t column_in_characters(const detail::place& at) {
    // Beyond this, as on the single line of a large JSON file, counting would cost too much.
    if (at.line == 0 || at.column == 0 || at.column > 4096) return at.column;
    if (line_starts_.empty()) {
      line_starts_.push_back(0);
      for (std::size_t next = text_.find('\n'); next != std::string_view::npos;
           next = text_.find('\n', next + 1)) {
        line_starts_.push_back(next + 1);
      }
    }
    if (at.line > line_starts_.size()) return at.column;
    const std::string_view line = text_.substr(line_starts_[at.line - 1]);
    return detail::count_characters(line.substr(0, at.column - 1)) + 1;
  }

  void add(const yaml_node& root, const detail::fault& wrong);
  /// Tells each rule of a policy where it and its parts stand.
  void add_places(const yaml_node& root, policy_file& policy);
  /// `unlooked`: a key below which nobody looks.
  void add_places(const yaml_node& node, const std::string& pointer, std::string_view unlooked,
                  place_map& into);
  /// nullopt when the head of the document is wrong, which it has reported.
  std::optional<kind_row> kind_of(const yaml_node& root);

  std::string_view text_;
  const std::string& file_;
  std::vector<std::size_t> line_starts_;
  std::set<std::pair<std::string, std::string>> seen_;  ///< kind and name
};

std::optional<std::size_t> index_in(const yaml_node& node, const std::string& step) {
  if (node.form == yaml_node::shape::list) {
    const auto index = static_cast<std::size_t>(std::strtoull(step.c_str(), nullptr, 10));
    return index < node.items.size() ? std::optional(index) : std::nullopt;
  }
  for (std::size_t at = 0; at < node.keys.size(); ++at) {
    if (node.keys[at].text == step) return at;
  }
  return std::nullopt;
}

void reader::add(const yaml_node& root, const detail::fault& wrong) {
  const yaml_node* node = &root;
  detail::place key_place = root.at;
  for (const std::string& step : wrong.path) {
    const auto index = index_in(*node, step);
    if (!index) break;
    key_place =
        node->form == yaml_node::shape::map ? node->keys[*index].at : node->items[*index].at;
    node = &node->items[*index];
  }
  add(wrong.at_key ? key_place : node->at, wrong.what, wrong.expected);
}

std::optional<kind_row> reader::kind_of(const yaml_node& root) {
  if (root.form != yaml_node::shape::map) {
    add(root.at, "not a document", "a map with apiVersion and kind");
    return std::nullopt;
  }
  const auto version = index_in(root, "apiVersion");
  if (!version) {
    add(root.at, "key \"apiVersion\" is missing", "skein/v1");
    return std::nullopt;
  }
  if (const yaml_node& value = root.items[*version]; value.scalar != "skein/v1") {
    const bool text = value.scalar.is_string();
    add(value.at,
        "unknown apiVersion" +
            (text ? " " + detail::in_quotes(value.scalar.get_ref<const std::string&>()) : ""),
        "skein/v1");
    return std::nullopt;
  }
  const auto kind = index_in(root, "kind");
  if (!kind) {
    add(root.at, "key \"kind\" is missing", kind_words);
    return std::nullopt;
  }
  const yaml_node& value = root.items[*kind];
  for (const kind_row& each : kinds) {
    if (value.scalar == each.kind) return each;
  }
  const bool text = value.scalar.is_string();
  add(value.at,
      "unknown kind" +
          (text ? " " + detail::in_quotes(value.scalar.get_ref<const std::string&>()) : ""),
      kind_words);
  return std::nullopt;
}

void reader::add_places(const yaml_node& node, const std::string& pointer,
                        std::string_view unlooked, place_map& into) {
  // Deeper down the nearest place above will do; endless keys must not cost memory.
  if (pointer.size() > longest_pointer || into.size() >= most_places) return;
  into[pointer] = {file_, node.at.line, column_in_characters(node.at)};
  for (std::size_t at = 0; at < node.items.size(); ++at) {
    const bool map = node.form == yaml_node::shape::map;
    if (map && pointer.find('/') != std::string::npos && !unlooked.empty() &&
        node.keys[at].text == unlooked) {
      continue;
    }
    const std::string step = map ? node.keys[at].text : std::to_string(at);
    add_places(node.items[at], pointer.empty() ? step : pointer + "/" + step, unlooked, into);
  }
}

void reader::add_places(const yaml_node& root, policy_file& policy) {
  const auto rules = index_in(root, "rules");
  if (!rules) return;
  const std::vector<yaml_node>& items = root.items[*rules].items;
  for (std::size_t at = 0; at < items.size() && at < policy.rules.size(); ++at) {
    // What is inside an example is not looked up.
    add_places(items[at], "", "args", policy.rules[at].places);
  }
}

void reader::read_document(const yaml_node& root) {
  const auto row = kind_of(root);
  if (!row) return;
  const json document = root.to_json();
  std::vector<detail::fault> faults = detail::check_shape(document, row->schema);
  if (faults.empty()) faults = detail::check_meaning(document, row->schema);
  for (const detail::fault& each : faults) add(root, each);
  if (!faults.empty()) return;
  const json metadata = document.value("metadata", json::object());
  const std::string name = metadata.value("name", std::string());
  const bool nameless = may_be_nameless(row->kind) && name.empty();
  if (!nameless && !seen_.emplace(row->kind, name).second) {
    const std::string what = name.empty() ? "" : " called " + detail::in_quotes(name);
    add(root.at, "a second " + std::string(row->kind) + what + " in one file", "one of each");
    return;
  }
  try {
    if (row->kind == "Task") out.documents.emplace_back(task_from_json(document));
    if (row->kind == "Campaign") out.documents.emplace_back(campaign_from_json(document));
    if (row->kind == "Config") out.documents.emplace_back(config_from_json(document));
    if (row->kind == "Verifier") out.documents.emplace_back(verifier_from_json(document));
    if (row->kind == "Policy") {
      policy_file policy = policy_from_json(document);
      add_places(root, policy);
      out.documents.emplace_back(std::move(policy));
    }
    if (row->kind == "Tool") {
      tool_descriptor tool = tool_from_json(document);
      add_places(root, "", "", tool.places);
      out.documents.emplace_back(std::move(tool));
    }
    if (row->kind == "Agent") out.documents.emplace_back(agent_from_json(document));
    if (row->kind == "ToolApprovals") {
      out.documents.emplace_back(tool_approvals_from_json(document));
    }
    if (row->kind == "ToolRules") out.documents.emplace_back(tool_rules_from_json(document));
    if (row->kind == "Controls") out.documents.emplace_back(controls_from_json(document));
  } catch (const std::exception& wrong) {
    add(root.at, wrong.what(), "a valid " + std::string(row->kind));
  }
}

std::string size_text(std::size_t bytes) {
  if (bytes % (1U << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

loaded refused_file(const std::string& file, std::string what, std::string expected) {
  loaded out;
  out.problems.push_back({file, 0, 0, std::move(what), std::move(expected)});
  return out;
}

detail::place place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos ? offset : offset - start - 1;
  return {lines + 1, static_cast<std::uint32_t>(column) + 1};
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string to_string(const diagnostic& value) {
  std::string out = value.file;
  if (value.line > 0) {
    out += ":" + std::to_string(value.line) + ":" + std::to_string(value.column);
  }
  out += ": " + value.what;
  if (!value.expected.empty()) out += ", expected " + value.expected;
  return out;
}

loaded load_documents(std::string_view text, const std::string& file,
                      const document_limits& limits) {
  if (text.size() > limits.max_bytes) {
    return refused_file(file, "the file is too long", "at most " + size_text(limits.max_bytes));
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  reader read(text, file);
  if (const auto bad = detail::find_bad_byte(text)) {
    read.add(place_of(text, bad->offset), bad->what, "UTF-8 text");
    return std::move(read.out);
  }
  detail::yaml_documents tree =
      detail::read_yaml(text, {limits.max_bytes, limits.max_depth, limits.max_nodes});
  if (tree.fault) {
    read.add(tree.fault->at, tree.fault->what, tree.fault->expected);
  } else if (tree.documents.empty()) {
    read.add({}, "there is no document in it", "a map with apiVersion and kind");
  }
  for (const yaml_node& each : tree.documents) read.read_document(each);
  loaded out = std::move(read.out);
  std::stable_sort(out.problems.begin(), out.problems.end(),
                   [](const diagnostic& a, const diagnostic& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  if (!out.problems.empty()) out.documents.clear();
  return out;
}

loaded load_file(const std::string& path, const document_limits& limits) {
  const bool standard_input = path == "-";
  const std::string shown = standard_input ? "standard input" : path;
  const descriptor file(standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return refused_file(shown, errno_error("cannot be opened", errno).message, "");
  struct stat status {};
  if (::fstat(file.get(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return refused_file(shown, "it is a folder", "a file");
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > limits.max_bytes) {
      return refused_file(shown, "the file is too long", "at most " + size_text(limits.max_bytes));
    }
  }
  std::string text;
  std::array<char, 65536> chunk;
  while (text.size() <= limits.max_bytes) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused_file(shown, errno_error("cannot be read", errno).message, "");
    if (got == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return load_documents(text, shown, limits);
}

std::optional<std::string_view> json_schema(std::string_view name) {
  for (const embedded::file& each : embedded::json()) {
    if (each.name.ends_with(".json") && each.name.substr(0, each.name.size() - 5) == name) {
      return each.text;
    }
  }
  return std::nullopt;
}

std::vector<std::string> json_schema_names() {
  std::vector<std::string> out;
  for (const embedded::file& each : embedded::json()) {
    if (each.name.ends_with(".json")) out.emplace_back(each.name.substr(0, each.name.size() - 5));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace skein::schema
