// See receive_pack.hpp. Protocol: gitprotocol-pack(5), "Pushing Data To a Server".
#include "runtime/git/receive_pack.hpp"

#include "runtime/git/command.hpp"
#include "runtime/git/plain_receiver.hpp"
#include "runtime/git/printable.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

namespace skein::git {
namespace {

namespace fs = std::filesystem;
using config_ptr = std::unique_ptr<git_config, freed_by<git_config_free>>;

const std::string zeros(GIT_OID_HEXSZ, '0');

std::string packet(const std::string& payload) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t size = payload.size() + 4;
  std::string out;
  for (const int shift : {12, 8, 4, 0}) out += digits[size >> shift & 15];
  return out + payload;
}

/// The directories that the user has told git to trust. Only read when the repository belongs to
/// somebody else: pushing there runs that person's hooks as this user.
std::vector<std::string> trusted_directories() {
  std::vector<fs::path> files = {"/etc/gitconfig"};
  if (const char* home = std::getenv("HOME"); home != nullptr) {
    const char* xdg = std::getenv("XDG_CONFIG_HOME");
    files.push_back((xdg != nullptr && *xdg != '\0' ? fs::path(xdg) : fs::path(home) / ".config") /
                    "git/config");
    files.push_back(fs::path(home) / ".gitconfig");
  }
  std::vector<std::string> out;
  for (const fs::path& file : files) {
    git_config* opened = nullptr;
    if (::access(file.c_str(), R_OK) != 0 || git_config_open_ondisk(&opened, file.c_str()) < 0) {
      continue;
    }
    const config_ptr config(opened);
    git_config_get_multivar_foreach(
        config.get(), "safe.directory", nullptr,
        [](const git_config_entry* entry, void* list) {
          if (entry->value != nullptr) {
            static_cast<std::vector<std::string>*>(list)->emplace_back(entry->value);
          }
          return 0;
        },
        &out);
  }
  return out;
}

/// Reads the report: "unpack ok", then "ok REF" or "ng REF REASON".
receive_answer read_report(std::string_view out, const std::string& reference) {
  receive_answer answer;
  std::string unpacked;
  while (out.size() >= 4) {
    std::size_t size = 0;
    const auto parsed = std::from_chars(out.data(), out.data() + 4, size, 16);
    if (parsed.ptr != out.data() + 4 || size > out.size()) break;
    if (size < 4) {
      out.remove_prefix(4);
      continue;
    }
    std::string_view line = out.substr(4, size - 4);
    out.remove_prefix(size);
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.starts_with("unpack ") && line != "unpack ok") unpacked = line;
    if (line == "ok " + reference) {
      answer.accepted = answer.answered = true;
    } else if (line.starts_with("ng " + reference + " ")) {
      answer.answered = true;
      answer.detail = line.substr(reference.size() + 4);
    }
  }
  if (!unpacked.empty()) answer.detail = unpacked;
  answer.detail = printable(answer.detail);
  return answer;
}

/// Collects what `id` has and `old` (may be absent) has not at the same place.
class object_collector {
 public:
  object_collector(git_repository* repository, git_packbuilder* into)
      : repository_(repository), into_(into) {}

  result<> add_tree(const git_oid& id, const git_oid* old) {
    SKEIN_CHECK(add(id));
    SKEIN_TRY(tree, read_tree(repository_, id));
    tree_ptr before;
    if (old != nullptr) {
      SKEIN_TRY(read, read_tree(repository_, *old));
      before = std::move(read);
    }
    const std::size_t count = git_tree_entrycount(tree.get());
    for (std::size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const git_tree_entry* was =
          before ? git_tree_entry_byname(before.get(), git_tree_entry_name(entry)) : nullptr;
      const git_oid* now_id = git_tree_entry_id(entry);
      if (git_tree_entry_filemode(entry) == GIT_FILEMODE_COMMIT) continue;
      if (was != nullptr && git_oid_equal(git_tree_entry_id(was), now_id) != 0) continue;
      if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
        const bool tree_before = was != nullptr && git_tree_entry_type(was) == GIT_OBJECT_TREE;
        SKEIN_CHECK(add_tree(*now_id, tree_before ? git_tree_entry_id(was) : nullptr));
      } else {
        SKEIN_CHECK(add(*now_id));
      }
    }
    return {};
  }

  result<> add(const git_oid& id) {
    const int rc = git_packbuilder_insert(into_, &id, nullptr);
    if (rc < 0) return library_error("collect " + id_text(id) + " for a push", rc);
    return {};
  }

 private:
  git_repository* repository_;
  git_packbuilder* into_;
};

}  // namespace

result<std::string> pack_of(const fs::path& mirror, const std::string& commit) {
  SKEIN_TRY(id, parse_id(commit));
  SKEIN_TRY(repository, open_repository(mirror));
  git_commit* found = nullptr;
  if (const int rc = git_commit_lookup(&found, repository.get(), &id); rc < 0) {
    return library_error("read commit " + commit, rc);
  }
  const commit_ptr owned(found);
  const git_oid tree = *git_commit_tree_id(found);
  std::optional<git_oid> old;
  if (git_commit_parentcount(found) > 0) {
    SKEIN_TRY(parent_tree, tree_of_commit(repository.get(), *git_commit_parent_id(found, 0)));
    old = parent_tree;
  }
  git_packbuilder* made = nullptr;
  if (const int rc = git_packbuilder_new(&made, repository.get()); rc < 0) {
    return library_error("pack commit " + commit, rc);
  }
  const std::unique_ptr<git_packbuilder, freed_by<git_packbuilder_free>> packer(made);
  git_packbuilder_set_threads(made, 1);
  object_collector collector(repository.get(), made);
  SKEIN_CHECK(collector.add(id));
  if (!old || git_oid_equal(&*old, &tree) == 0) {
    SKEIN_CHECK(collector.add_tree(tree, old ? &*old : nullptr));
  }
  git_buf buffer{nullptr, 0, 0};
  const int rc = git_packbuilder_write_buf(&buffer, made);
  if (rc < 0) return library_error("pack commit " + commit, rc);
  std::string out(buffer.ptr, buffer.size);
  git_buf_dispose(&buffer);
  return out;
}

result<receive_answer> update_branch(const local_repository& repository, branch_update update,
                                     const fs::path& defaults, std::chrono::milliseconds timeout,
                                     std::stop_token stop) {
  git_call call;
  call.how = transport::local;
  call.defaults = defaults;
  call.timeout = timeout;
  if (!belongs_to_us(repository.directory)) {
    for (const std::string& directory : trusted_directories()) {
      call.arguments.insert(call.arguments.end(), {"-c", "safe.directory=" + directory});
    }
  }
  // What another user's repository wants to run to list references; nothing of it is needed here.
  call.arguments.insert(call.arguments.end(), {"-c", "core.alternateRefsCommand=true"});
  // Stateless: it reads our command at once instead of first listing every branch it has.
  call.arguments.insert(call.arguments.end(),
                        {"receive-pack", "--stateless-rpc", repository.directory.string()});
  std::string capabilities = std::string(1, '\0') + "report-status object-format=sha1";
  if (update.after == zeros) capabilities += " delete-refs";
  call.input = packet(update.before + " " + update.after + " " + update.reference + capabilities) +
               "0000" + std::move(update.pack);
  SKEIN_TRY(ended, run_git(std::move(call), std::move(stop)));
  receive_answer answer = read_report(ended.out, update.reference);
  if (!answer.accepted) {
    const std::string said = reason_line(ended.err);
    if (answer.detail.empty()) {
      answer.detail = said;
    } else if (!said.empty()) {
      answer.detail += ": " + said;
    }
    // git itself turned us away before it read anything: that is an answer too.
    if (!answer.answered && is_refusal(ended.err)) answer.answered = true;
  }
  return answer;
}

}  // namespace skein::git
