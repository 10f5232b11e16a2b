#include "runtime/tools/descriptor_file.hpp"

#include "runtime/tools/json_tree.hpp"
#include "schema/text.hpp"

#include <algorithm>

namespace skein::tools {

namespace {

using nlohmann::json;
using schema::detail::yaml_node;

constexpr schema::detail::yaml_limits limits{most_descriptor_bytes, 200, 200'000};
constexpr std::size_t most_tools = 2000;

const yaml_node* member(const yaml_node& node, std::string_view key) {
  if (node.form != yaml_node::shape::map) return nullptr;
  for (std::size_t at = 0; at < node.keys.size(); ++at) {
    if (node.keys[at].text == key) return &node.items[at];
  }
  return nullptr;
}

void add_places(const yaml_node& node, const std::string& pointer, const std::string& file,
                place_map& into) {
  // Deeper down the nearest place above will do; endless keys must not cost memory.
  if (pointer.size() > 512 || into.size() >= 20'000) return;
  into[pointer] = {file, node.at.line, node.at.column};
  for (std::size_t at = 0; at < node.items.size(); ++at) {
    const bool map = node.form == yaml_node::shape::map;
    const std::string step = map ? node.keys[at].text : std::to_string(at);
    add_places(node.items[at], pointer.empty() ? step : pointer + "/" + step, file, into);
  }
}

class offer_reader {
 public:
  explicit offer_reader(const std::string& file) : file_(file) {}

  void read(const yaml_node& root) {
    const yaml_node* from = &root;
    if (const yaml_node* failed = member(root, "error");
        failed != nullptr && member(root, "jsonrpc") != nullptr) {
      wrong(*failed, "the server answered with an error", "a result with tools");
      return;
    }
    if (const yaml_node* answer = member(root, "result")) from = answer;
    if (const yaml_node* list = member(*from, "tools")) from = list;
    if (from->form == yaml_node::shape::map && member(*from, "name") != nullptr) {
      read_tool(*from);
    } else if (from->form == yaml_node::shape::list) {
      if (from->items.size() > most_tools) {
        wrong(*from, "too many tools", "at most " + std::to_string(most_tools));
        return;
      }
      for (const yaml_node& each : from->items) read_tool(each);
    } else {
      wrong(root, "no tools in it", "kind: Tool, or the answer of a server to tools/list");
    }
  }

  told_file out;

 private:
  void wrong(const yaml_node& at, std::string what, std::string expected) {
    if (out.problems.size() >= 50) return;
    out.problems.push_back({file_, at.at.line, at.at.column, std::move(what), std::move(expected)});
  }

  void read_tool(const yaml_node& node) {
    const yaml_node* name = member(node, "name");
    if (name == nullptr || !name->scalar.is_string() ||
        name->scalar.get_ref<const std::string&>().empty()) {
      wrong(name == nullptr ? node : *name, "a tool without a name",
            "a map with name, inputSchema");
      return;
    }
    if (const yaml_node* about = member(node, "description");
        about != nullptr && !about->scalar.is_string()) {
      wrong(*about, "a description that is no text", "text");
      return;
    }
    for (const char* key : {"inputSchema", "outputSchema", "annotations"}) {
      const yaml_node* part = member(node, key);
      if (part != nullptr && part->form != yaml_node::shape::map) {
        wrong(*part, std::string(key) + " is no map", "a map of keys");
        return;
      }
    }
    told_tool tool;
    tool.name = name->scalar.get<std::string>();
    tool.told = node.to_json();
    tool.foreign = true;
    tool.name_at = "name";
    add_places(node, "", file_, tool.places);
    out.tools.push_back(std::move(tool));
  }

  const std::string& file_;
};

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

/// Ours say a kind and a version.
bool is_offer(const yaml_node& root) {
  return member(root, "kind") == nullptr && member(root, "apiVersion") == nullptr;
}

told_file read_documents(std::string_view text, const std::string& file) {
  schema::document_limits bounds;
  bounds.max_bytes = most_descriptor_bytes;
  schema::loaded read = schema::load_documents(text, file, bounds);
  told_file out;
  out.problems = std::move(read.problems);
  for (schema::document& each : read.documents) {
    auto* tool = std::get_if<schema::tool_descriptor>(&each);
    if (tool == nullptr) {
      out.problems.push_back({file, 1, 1, "a document of another kind", "kind: Tool"});
      continue;
    }
    out.tools.push_back(told_by(*tool));
    out.descriptors.push_back(std::move(*tool));
  }
  if (!out.problems.empty()) {
    out.tools.clear();
    out.descriptors.clear();
  }
  return out;
}

told_file refused(const std::string& file, const schema::detail::yaml_fault& fault) {
  told_file out;
  out.problems.push_back({file, fault.at.line, fault.at.column, fault.what, fault.expected});
  return out;
}

std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return {};
  const std::string rest = url.substr(begin + 3);
  return rest.substr(0, rest.find_first_of(":/?#"));
}

}  // namespace

schema::source_place place_of(const told_tool& tool, std::string pointer) {
  if (pointer == "name") {
    pointer = tool.name_at;
  } else if (!tool.prefix.empty()) {
    pointer = pointer.empty() ? tool.prefix : tool.prefix + "/" + pointer;
  }
  for (;;) {
    if (const auto found = tool.places.find(pointer); found != tool.places.end()) {
      return found->second;
    }
    if (pointer.empty()) return {};
    const std::size_t slash = pointer.rfind('/');
    pointer.resize(slash == std::string::npos ? 0 : slash);
  }
}

told_tool told_by(const schema::tool_descriptor& descriptor) {
  told_tool out;
  out.name = descriptor.name;
  out.told = json::parse(descriptor.model_json, nullptr, false);
  if (!out.told.is_object()) out.told = json::object();
  out.told["name"] = descriptor.name;
  out.host = host_of(descriptor.origin.url);
  out.foreign = descriptor.origin.from == schema::tool_origin::source::mcp;
  out.prefix = "spec/model";
  out.name_at = "metadata/name";
  out.places = descriptor.places;
  return out;
}

told_file read_descriptors(std::string_view text, const std::string& file) {
  if (text.size() > most_descriptor_bytes) {
    return refused(file, {{},
                          "the file is too long",
                          "at most " + std::to_string(most_descriptor_bytes >> 20) + " MiB"});
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (schema::detail::find_bad_byte(text)) return read_documents(text, file);
  const bool json_text = looks_like_json(text);
  const auto tree = json_text ? read_json(text, limits) : schema::detail::read_yaml(text, limits);
  if (tree.fault) {
    // Braces are YAML too; what that reader accepts is a document or nothing.
    told_file other = read_documents(text, file);
    return other.problems.empty() || !json_text ? other : refused(file, *tree.fault);
  }
  if (tree.documents.size() != 1 || !is_offer(tree.documents.front())) {
    return read_documents(text, file);
  }
  const yaml_node& root = tree.documents.front();
  offer_reader read(file);
  read.read(root);
  if (!read.out.problems.empty()) read.out.tools.clear();
  return std::move(read.out);
}

}  // namespace skein::tools
