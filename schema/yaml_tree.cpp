// Builds the tree from yaml-cpp's events, so that limits stop the parser while it runs, before it
// recurses or anything is expanded.
#include "schema/yaml_tree.hpp"

#include "schema/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <limits>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace skein::schema::detail {

namespace {

constexpr std::size_t longest_key = 256;

place place_of(const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {};
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

/// Unwinds the parser; never leaves this file.
struct refused {
  yaml_fault fault;
};

/// A stream over a text that is not copied.
class text_buffer : public std::streambuf {
 public:
  explicit text_buffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

class tree_builder : public YAML::EventHandler {
 public:
  explicit tree_builder(const yaml_limits& limits) : limits_(limits) {}

  std::vector<yaml_node> documents;

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp leaves a stray "," or "]" between documents where it is and would read it for ever.
    if (mark.pos == last_start_) {
      throw refused{{place_of(mark), "unexpected text", "well-formed YAML"}};
    }
    last_start_ = mark.pos;
    anchors_.clear();
    open_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(place_of(mark), nullptr, 0, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const place at = place_of(mark);
    refuse_tag(at, tag);
    if (open_.empty() || !open_.back().key_next) {
      if (const auto bad = find_bad_byte(value)) {
        throw refused{{at, "an escape makes " + bad->what, "text"}};
      }
    }
    if (key_is_next()) {
      take_key(at, value);
    } else {
      scalar(at, tag == "?" ? plain_scalar(value) : nlohmann::json(value), value.size(), anchor);
    }
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const place at = place_of(mark);
    if (key_is_next()) throw refused{{at, "a key is an alias", "a plain key"}};
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw refused{{at, "an alias inside of its own anchor", ""}};
    charge(at, found->second.nodes, found->second.bytes);
    check_depth(at, found->second.depth);
    yaml_node copy = found->second.node;
    copy.at = at;
    add(std::move(copy), found->second.nodes, found->second.bytes, found->second.depth);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(place_of(mark), tag, anchor, yaml_node::shape::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(place_of(mark), tag, anchor, yaml_node::shape::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct open_node {
    yaml_node node;
    YAML::anchor_t anchor = 0;
    bool key_next = false;
    std::unordered_set<std::string> seen;
    std::uint32_t nodes = 1;
    std::size_t bytes = 0;
    std::uint32_t depth = 1;  ///< of the subtree
  };
  struct anchored {
    yaml_node node;
    std::uint32_t nodes = 0;
    std::size_t bytes = 0;
    std::uint32_t depth = 0;
  };

  [[nodiscard]] bool key_is_next() const { return !open_.empty() && open_.back().key_next; }

  static void refuse_tag(const place& at, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw refused{{at, "tag " + in_quotes(tag, 40), "a value without a tag"}};
  }

  void charge(const place& at, std::uint32_t nodes, std::size_t bytes) {
    // Subtractions, because sums of hostile numbers could wrap.
    if (nodes > limits_.max_nodes - nodes_ || bytes > limits_.max_text_bytes - bytes_) {
      throw refused{{at, "the file holds too much, counting what aliases repeat",
                     "at most " + std::to_string(limits_.max_nodes) + " values and " +
                         std::to_string(limits_.max_text_bytes) + " bytes of text"}};
    }
    nodes_ += nodes;
    bytes_ += bytes;
  }

  void check_depth(const place& at, std::uint32_t more) const {
    if (open_.size() + more > limits_.max_depth) {
      throw refused{
          {at, "nested too deeply", "at most " + std::to_string(limits_.max_depth) + " levels"}};
    }
  }

  void scalar(const place& at, nlohmann::json value, std::size_t bytes, YAML::anchor_t anchor) {
    if (key_is_next()) throw refused{{at, "an empty key", "a key"}};
    charge(at, 1, bytes);
    yaml_node node;
    node.at = at;
    node.scalar = std::move(value);
    finish(std::move(node), anchor, 1, bytes, 1);
  }

  void take_key(const place& at, const std::string& text) {
    open_node& map = open_.back();
    if (text.size() > longest_key) {
      throw refused{{at, "key " + in_quotes(text, 20) + " is too long",
                     "at most " + std::to_string(longest_key) + " bytes"}};
    }
    if (find_bad_byte(text))
      throw refused{{at, "key " + in_quotes(text) + " is not text", "a key"}};
    if (!map.seen.insert(text).second) {
      throw refused{{at, "key " + in_quotes(text) + " is there twice", "each key once"}};
    }
    charge(at, 0, text.size());
    map.bytes += text.size();
    map.node.keys.push_back({text, at});
    map.key_next = false;
  }

  void open(const place& at, const std::string& tag, YAML::anchor_t anchor, yaml_node::shape form) {
    refuse_tag(at, tag);
    if (key_is_next()) throw refused{{at, "a key is a list or a map", "a text key"}};
    check_depth(at, 1);
    charge(at, 1, 0);
    open_node& started = open_.emplace_back();
    started.node.form = form;
    started.node.at = at;
    started.anchor = anchor;
    started.key_next = form == yaml_node::shape::map;
  }

  void close() {
    open_node done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.node), done.anchor, done.nodes, done.bytes, done.depth);
  }

  void finish(yaml_node node, YAML::anchor_t anchor, std::uint32_t nodes, std::size_t bytes,
              std::uint32_t depth) {
    if (anchor != 0) {
      // The kept copy costs as much as an expansion.
      charge(node.at, nodes, bytes);
      anchors_[anchor] = {node, nodes, bytes, depth};
    }
    add(std::move(node), nodes, bytes, depth);
  }

  void add(yaml_node node, std::uint32_t nodes, std::size_t bytes, std::uint32_t depth) {
    if (open_.empty()) {
      if (node.form != yaml_node::shape::scalar || !node.scalar.is_null()) {
        documents.push_back(std::move(node));
      }
      return;
    }
    open_node& parent = open_.back();
    parent.nodes += nodes;
    parent.bytes += bytes;
    parent.depth = std::max(parent.depth, depth + 1);
    parent.node.items.push_back(std::move(node));
    parent.key_next = parent.node.form == yaml_node::shape::map;
  }

  yaml_limits limits_;
  int last_start_ = -1;
  std::vector<open_node> open_;
  std::unordered_map<YAML::anchor_t, anchored> anchors_;
  std::uint32_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

/// yaml-cpp holds all tokens of a flow collection until it ends; bounding the characters that open
/// and separate them bounds that memory before the parser starts.
std::optional<yaml_fault> refuse_token_flood(std::string_view text, const yaml_limits& limits) {
  std::uint32_t count = 0;
  place at{1, 1};
  for (const char c : text) {
    if ((c == '[' || c == '{' || c == ',') && ++count > limits.max_nodes) {
      return yaml_fault{at, "too many [, { and , characters",
                        "at most " + std::to_string(limits.max_nodes)};
    }
    if (c == '\n') {
      ++at.line;
      at.column = 0;
    }
    ++at.column;
  }
  return std::nullopt;
}

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

}  // namespace

nlohmann::json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true") return true;
  if (text == "false") return false;
  if (text.size() > 40) return text;
  std::string_view digits = text;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return text;
  const bool leading_zero = digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
  if (leading_zero) return text;
  if (std::all_of(digits.begin(), digits.end(), is_digit)) {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failed == std::errc{}) return negative ? -value : value;
  }
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value)) {
    return text;
  }
  return negative ? -value : value;
}

nlohmann::json yaml_node::to_json() const {
  if (form == shape::scalar) return scalar;
  if (form == shape::list) {
    nlohmann::json out = nlohmann::json::array();
    for (const yaml_node& each : items) out.push_back(each.to_json());
    return out;
  }
  nlohmann::json out = nlohmann::json::object();
  for (std::size_t at = 0; at < keys.size() && at < items.size(); ++at) {
    out[keys[at].text] = items[at].to_json();
  }
  return out;
}

yaml_documents read_yaml(std::string_view text, const yaml_limits& limits) {
  yaml_documents out;
  if (auto flood = refuse_token_flood(text, limits)) {
    out.fault = std::move(flood);
    return out;
  }
  tree_builder builder(limits);
  try {
    text_buffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const refused& stopped) {
    out.fault = stopped.fault;
  } catch (const YAML::Exception& wrong) {
    out.fault = yaml_fault{place_of(wrong.mark), lower_first(wrong.msg), "well-formed YAML"};
  } catch (const std::exception& failed) {
    out.fault = yaml_fault{{}, std::string("cannot be read: ") + failed.what(), ""};
  }
  out.documents = std::move(builder.documents);
  return out;
}

}  // namespace skein::schema::detail
