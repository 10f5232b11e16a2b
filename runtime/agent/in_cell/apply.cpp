#include "runtime/agent/in_cell/patch.hpp"
#include "runtime/agent/in_cell/tools.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <set>

namespace skein::agent::in_cell {
namespace {

constexpr std::size_t largest_file = 16 << 20;

/// One file as it will be; nothing is written before all of them are known.
struct planned {
  std::string path;
  file_patch::what action = file_patch::what::change;
  std::string content;
};

/// The text of a file, or a refusal.
std::optional<nlohmann::json> read_text(const tree& workspace, const std::string& path,
                                        std::string& into) {
  const opened_file file = workspace.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status = {};
  if (!file || ::fstat(file.get(), &status) != 0) return workspace.why_not(path);
  if (!S_ISREG(status.st_mode)) return refusal("special", path + " is no regular file");
  if (static_cast<std::size_t>(status.st_size) > largest_file)
    return refusal("too_large", path + " has " + std::to_string(status.st_size) +
                                    " bytes: too many to be patched");
  if (!read_all(file, largest_file, into)) return workspace.why_not(path);
  return std::nullopt;
}

std::optional<nlohmann::json> plan(const tree& workspace, const file_patch& patch, planned& into) {
  into.path = relative_path(patch.path);
  into.action = patch.action;
  if (into.path.empty() || into.path == ".")
    return refusal("outside", patch.path + " is no file of the workspace");
  std::string text;
  if (patch.action == file_patch::what::create) {
    if (workspace.open(into.path, O_PATH))
      return refusal("exists", into.path + " exists already; the patch creates it from /dev/null");
    if (errno != ENOENT) return workspace.why_not(into.path);
  } else if (auto wrong = read_text(workspace, into.path, text)) {
    return wrong;
  }
  auto applied = apply_hunks(patch, text);
  if (const auto* wrong = std::get_if<patch_error>(&applied))
    return refusal("does_not_apply", wrong->message + "; nothing was changed");
  into.content = std::move(std::get<std::string>(applied));
  if (patch.action == file_patch::what::remove && !into.content.empty())
    return refusal("does_not_apply",
                   into.path + ": the patch removes the file but not all of its lines");
  return std::nullopt;
}

std::optional<nlohmann::json> write(const tree& workspace, const planned& one) {
  std::string name;
  const bool creates = one.action == file_patch::what::create;
  const opened_file folder = workspace.open_parent(one.path, creates, name);
  if (!folder) return workspace.why_not(one.path);
  const bool good = one.action == file_patch::what::remove
                        ? ::unlinkat(folder.get(), name.c_str(), 0) == 0
                        : replace_file(folder, name, one.content, false);
  return good ? std::nullopt : std::optional(workspace.why_not(one.path));
}

nlohmann::json carry_out(const tree& workspace, const std::vector<planned>& all) {
  static constexpr const char* words[] = {"changed", "created", "removed"};
  nlohmann::json files = nlohmann::json::array();
  for (const planned& one : all) {
    if (auto wrong = write(workspace, one)) {
      (*wrong)["done"] = files;  // a full disk: say what happened before it
      return *wrong;
    }
    files.push_back({{"path", one.path}, {"action", words[static_cast<int>(one.action)]}});
  }
  return {{"files", std::move(files)}};
}

nlohmann::json apply_edits(const tree& workspace, const nlohmann::json& args) {
  planned one;
  const std::string asked = args.value("path", std::string{});
  one.path = relative_path(asked);
  if (one.path.empty() || one.path == ".")
    return refusal("outside", asked + " is no file of the workspace");
  if (auto wrong = read_text(workspace, one.path, one.content)) return *wrong;
  std::size_t number = 0;
  for (const auto& edit : args.at("edits")) {
    ++number;
    if (!edit.is_object()) return refusal("invalid", "an edit is {search, replace}");
    auto replaced = replace_once(one.content, edit.value("search", std::string{}),
                                 edit.value("replace", std::string{}));
    if (const auto* wrong = std::get_if<patch_error>(&replaced))
      return refusal("does_not_apply", one.path + ": edit " + std::to_string(number) + ": " +
                                           wrong->message + "; nothing was changed");
    one.content = std::move(std::get<std::string>(replaced));
  }
  return carry_out(workspace, {one});
}

}  // namespace

nlohmann::json apply_patch(const tree& workspace, const nlohmann::json& args) {
  const bool edits = args.contains("edits") && args["edits"].is_array() && !args["edits"].empty();
  if (edits == args.contains("patch"))
    return refusal("invalid", "give either `patch`, or `path` and `edits`");
  if (edits) return apply_edits(workspace, args);
  auto parsed = parse_patch(args.value("patch", std::string{}));
  if (const auto* wrong = std::get_if<patch_error>(&parsed))
    return refusal("invalid", wrong->message + "; nothing was changed");
  std::vector<planned> all;
  std::set<std::string> seen;
  for (const auto& patch : std::get<std::vector<file_patch>>(parsed)) {
    planned one;
    if (auto wrong = plan(workspace, patch, one)) return *wrong;
    if (!seen.insert(one.path).second)
      return refusal("invalid", one.path + " is in the patch twice; nothing was changed");
    all.push_back(std::move(one));
  }
  return carry_out(workspace, all);
}

}  // namespace skein::agent::in_cell
