// The parser is nlohmann's; which token it is at is followed in the text beside it.
#include "runtime/tools/json_tree.hpp"

#include "schema/text.hpp"

#include <nlohmann/json.hpp>

#include <unordered_set>

namespace skein::tools {

namespace {

using nlohmann::json;
using schema::detail::place;
using schema::detail::yaml_fault;
using schema::detail::yaml_limits;
using schema::detail::yaml_node;

class tree_builder {
 public:
  tree_builder(std::string_view text, const yaml_limits& limits) : text_(text), limits_(limits) {}

  yaml_node root;
  std::optional<yaml_fault> fault;

  // What nlohmann's parser calls; false stops it.
  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(std::int64_t value) { return scalar(value); }
  bool number_unsigned(std::uint64_t value) { return scalar(value); }
  bool number_float(double value, const std::string&) { return scalar(value); }
  bool binary(const json::binary_t&) { return false; }
  bool string(const std::string& value) { return scalar(value, value.size()); }

  bool key(const std::string& text) {
    const place at = pass_token();
    if (!charge(at, text.size())) return false;
    if (!open_.back().seen.insert(text).second) {
      return stop(at, "key " + schema::detail::in_quotes(text) + " stands twice", "each key once");
    }
    open_.back().node.keys.push_back({text, at});
    return true;
  }

  bool start_object(std::size_t) { return open(yaml_node::shape::map); }
  bool start_array(std::size_t) { return open(yaml_node::shape::list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) {
    skip_separators();
    return stop(here(), "not well-formed JSON", "JSON");
  }

 private:
  struct open_node {
    yaml_node node;
    std::unordered_set<std::string> seen;
  };

  bool stop(const place& at, std::string what, std::string expected) {
    if (!fault) fault = yaml_fault{at, std::move(what), std::move(expected)};
    return false;
  }

  bool charge(const place& at, std::size_t bytes) {
    bytes_ += bytes;
    if (++nodes_ <= limits_.max_nodes && bytes_ <= limits_.max_text_bytes) return true;
    return stop(at, "the file holds too much",
                "at most " + std::to_string(limits_.max_nodes) + " values and " +
                    std::to_string(limits_.max_text_bytes) + " bytes of text");
  }

  [[nodiscard]] place here() const {
    return {line_, static_cast<std::uint32_t>(from_ - line_start_) + 1};
  }

  void skip_separators() {
    for (; from_ < text_.size(); ++from_) {
      const char c = text_[from_];
      if (c == '\n') {
        ++line_;
        line_start_ = from_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r' && c != ',' && c != ':') {
        break;
      }
    }
  }

  /// Past the token that the parser has just accepted, which is well-formed; its place.
  place pass_token() {
    skip_separators();
    const place at = here();
    if (from_ >= text_.size()) return at;
    const char first = text_[from_++];
    if (first == '"') {
      while (from_ < text_.size() && text_[from_] != '"') from_ += text_[from_] == '\\' ? 2U : 1U;
      ++from_;
    } else if (first != '{' && first != '[' && first != '}' && first != ']') {
      const std::size_t end = text_.find_first_of(" \t\r\n,:]}", from_);
      from_ = end == std::string_view::npos ? text_.size() : end;
    }
    return at;
  }

  bool scalar(json value, std::size_t bytes = 0) {
    const place at = pass_token();
    if (!charge(at, bytes)) return false;
    yaml_node node;
    node.at = at;
    node.scalar = std::move(value);
    add(std::move(node));
    return true;
  }

  bool open(yaml_node::shape form) {
    const place at = pass_token();
    if (!charge(at, 0)) return false;
    if (open_.size() + 1 > limits_.max_depth) {
      return stop(at, "nested too deeply",
                  "at most " + std::to_string(limits_.max_depth) + " levels");
    }
    open_.emplace_back();
    open_.back().node.form = form;
    open_.back().node.at = at;
    return true;
  }

  bool close() {
    pass_token();
    yaml_node done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
    return true;
  }

  void add(yaml_node node) {
    (open_.empty() ? root : open_.back().node.items.emplace_back()) = std::move(node);
  }

  std::string_view text_;
  const yaml_limits& limits_;
  std::size_t from_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::size_t bytes_ = 0;
  std::size_t nodes_ = 0;
  std::vector<open_node> open_;
};

}  // namespace

schema::detail::yaml_documents read_json(std::string_view text, const yaml_limits& limits) {
  tree_builder build(text, limits);
  schema::detail::yaml_documents out;
  const bool whole = json::sax_parse(text.begin(), text.end(), &build);
  if (whole) {
    out.documents.push_back(std::move(build.root));
  } else {
    out.fault =
        build.fault ? std::move(build.fault) : yaml_fault{{}, "not well-formed JSON", "JSON"};
  }
  return out;
}

}  // namespace skein::tools
