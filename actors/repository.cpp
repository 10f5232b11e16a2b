#include "actors/repository.hpp"

#include "actors/forges.hpp"
#include "actors/offload.hpp"
#include "runtime/diff/base_reader.hpp"
#include "runtime/diff/examine.hpp"
#include "runtime/diff/patch_reader.hpp"
#include "runtime/diff/whole_tests.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/judge/risk.hpp"
#include "runtime/schedule/opt_out.hpp"
#include "runtime/scan/redact_patch.hpp"
#include "runtime/supply/lock_entries.hpp"
#include "runtime/verify/relied_on.hpp"
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/file_bytes.hpp"
#include "schema/identity.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

namespace skein::actors {

namespace {

constexpr const char* verifier_rule = "verifier.changed";
constexpr const char* judged_rule = "verifier.judged_changed";

struct prepared {
  prepared_base answer;
  git::base_checkout checkout;
};

result<std::vector<std::string>> root_entries_of(const std::filesystem::path& checkout) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(checkout, failed)) {
    out.push_back(entry.path().filename().string());
  }
  if (failed) return errno_error("list " + checkout.string(), failed.value());
  return out;
}

result<prepared> prepare(const surroundings& world, const prepare_base& ask,
                         const git::location& where) {
  SKEIN_TRY(base, git::fetch(world.layout.mirrors(), where, ask.repo.branch, ask.repo.commit,
                             world.config.git_timeout, ask.stop));
  SKEIN_TRY(checkout, git::checkout(world.bases, where, base, ask.stop));
  SKEIN_TRY(ignored, git::ignore_rules(base, checkout.path));
  SKEIN_TRY(entries, root_entries_of(checkout.path));
  SKEIN_TRY(root, workspace::open_trusted_directory(checkout.path));
  auto said = workspace::read_beginning(root.get(), std::string{schedule::opt_out_file},
                                        schedule::largest_opt_out_file + 1);
  return prepared{{base, checkout.path, std::move(entries), ignored, std::move(said)}, checkout};
}

/// The paths of the change that a verifier of the run executes.
result<verify::reliance> run_by_verifiers(const surroundings& world, const record_change& ask,
                                               const std::set<std::string>& paths,
                                               const diff::base_fn& base) {
  SKEIN_TRY(entries, root_entries_of(ask.checkout));
  SKEIN_TRY(verifiers, world.rules.verifiers.select(ask.task->spec, entries));
  std::vector<std::string> commands;
  for (auto& each : verifiers) {
    if (each.builtin.empty()) commands.push_back(std::move(each.run));
  }
  return verify::relied_on(commands, paths, [&base](const std::string& path) {
    auto file = base(path);
    return file ? std::optional(std::move(file->content)) : std::nullopt;
  });
}

/// Empty when there is none, or it is no file that lies below the root.
std::string lockfile_of_base(int root, const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = workspace::open_beneath(
      root, slash == std::string::npos ? "." : path.substr(0, slash), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!folder) return {};
  const auto name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  struct stat status = {};
  const auto file = workspace::open_regular(folder.get(), name, status);
  if (!file || static_cast<std::size_t>(status.st_size) > supply::longest_lockfile) return {};
  auto text = workspace::read_bytes(file.get(), supply::longest_lockfile);
  return text ? std::move(*text) : std::string{};
}

/// T6.7, T6.10: what changed lockfiles now resolve to, kept whole as an artifact, and looked up.
result<> resolved_dependencies(const surroundings& world, const record_change& ask,
                               const scan::secret_scanner& secrets, recorded_change& into) {
  SKEIN_TRY(root, workspace::open_trusted_directory(ask.checkout));
  auto all = nlohmann::json::array();
  auto files = nlohmann::json::array();
  std::size_t vulnerable = 0;
  for (const auto& file : ask.change->files) {
    if (!supply::lock_ecosystem(file.path) || (file.kind != workspace::entry_kind::regular &&
                                               file.kind != workspace::entry_kind::executable)) {
      continue;
    }
    const auto before = supply::read_lockfile(file.path, lockfile_of_base(root.get(), file.path));
    const auto after = supply::read_lockfile(file.path, file.content);
    const auto fresh = supply::newly_resolved(before, after);
    const auto path = git::printable(file.path);
    for (const auto& each : fresh) {
      auto known = nlohmann::json::array();
      for (const auto* found : world.rules.advisories.find(each.ecosystem, each.name, each.version)) {
        known.push_back(found->id);
        constexpr std::size_t most_findings = 100;
        if (++vulnerable > most_findings) continue;
        into.findings.push_back({"dependency.vulnerable", "error", path, 0, "approval",
                                 secrets.redact(git::printable(each.name + " " + each.version)) +
                                     " has a known vulnerability: " + git::printable(found->id) +
                                     (found->summary.empty() ? "" : ", ") +
                                     git::printable(found->summary)});
      }
      nlohmann::json row = {{"ecosystem", each.ecosystem}, {"name", each.name},
                            {"version", each.version},     {"source", each.source},
                            {"integrity", each.integrity}, {"lockfile", path}};
      if (!known.empty()) row["advisories"] = std::move(known);
      all.push_back(std::move(row));
    }
    files.push_back({{"path", path},
                     {"sha256", schema::sha256_hex(file.content)},
                     {"entries", after.entries.size()},
                     {"new", fresh.size()},
                     {"complete", after.complete}});
  }
  if (files.empty()) return {};
  const auto text =
      secrets.redact(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  SKEIN_TRY(ref, world.artifacts.put(text));
  constexpr std::size_t most_told = 50;
  if (files.size() > most_told) files.erase(files.begin() + most_told, files.end());
  into.dependencies = {{"lockfiles", std::move(files)},
                       {"resolved", all.size()},
                       {"vulnerable", vulnerable},
                       {"list", ref}};
  return {};
}

/// What the diff gate finds. Lines of the change stand in its messages, so secrets are taken out.
result<> examine(const surroundings& world, const record_change& ask,
                 const scan::secret_scanner& secrets, recorded_change& into) {
  auto change = diff::read_patch(into.diff.patch);
  std::set<std::string> paths;
  for (const auto& file : into.diff.files) paths.insert(file.path);
  diff::expect_paths(change, paths);
  for (const auto& file : into.diff.files) {
    if (!file.old_path.empty()) paths.insert(file.old_path);
  }
  const auto base = diff::files_of(ask.checkout);
  SKEIN_TRY(verifier_files, run_by_verifiers(world, ask, paths, base));
  for (const auto& path : verifier_files.judges) change.faults.push_back({verifier_rule, path, {}});
  for (const auto& path : verifier_files.judged) change.faults.push_back({judged_rule, path, {}});
  diff::show_whole_tests(change, *ask.change, base, world.rules.gate);
  auto found = diff::examine(change, ask.task->spec, world.rules.gate, [&secrets](const std::string& text) {
    return secrets.redact(text);
  });
  if (!into.secrets.empty()) {
    // A line of a longer secret may look like nothing.
    for (auto& each : found.findings) each.before = each.after = {};
  }
  into.raised_risk = found.raised_risk;
  into.findings = found.records();
  SKEIN_CHECK(resolved_dependencies(world, ask, secrets, into));
  into.risk = judge::computed_risk(*ask.task, world.rules.judging, &found).level;
  // For judges it is no fault of the patch.
  std::erase_if(change.faults, [](const auto& each) {
    return each.rule == verifier_rule || each.rule == judged_rule;
  });
  into.parsed = std::make_shared<const diff::change>(std::move(change));
  return {};
}

result<recorded_change> record(const surroundings& world, const record_change& ask) {
  SKEIN_TRY(written, git::write_change(ask.base, ask.checkout, *ask.change));
  const scan::secret_scanner& secrets = ask.secrets ? *ask.secrets : world.rules.secrets;
  recorded_change recorded;
  recorded.tree = written.tree;
  recorded.diff = std::move(written.change);
  for (const auto& found : secrets.scan_added(recorded.diff.patch)) {
    recorded.secrets.push_back({found.rule, "error", found.path, found.line, "block",
                                "secret in the change: " + found.description});
  }
  // A patch that carries a secret is kept only with the secret taken out.
  const auto& patch = recorded.diff.patch;
  SKEIN_TRY(ref, world.artifacts.put(
                     recorded.secrets.empty() ? patch : scan::redact_patch(secrets, patch)));
  recorded.patch_ref = ref;
  if (ask.task == nullptr) {
    return error{errc::internal, "record a change without its task", "report this as a bug"};
  }
  SKEIN_CHECK(examine(world, ask, secrets, recorded));
  return recorded;
}

/// What does not apply is an answer; an error is one of the platform's.
result<carried_change> carry(const surroundings& world, const carry_change& ask,
                             const git::location& where) {
  const auto& mirror = ask.onto.mirror;
  auto tree = git::tree_of(mirror, ask.head);
  if (!tree) {
    SKEIN_TRY(there, git::fetch(world.layout.mirrors(), where, ask.branch, ask.head,
                                world.config.git_timeout, {}));
    tree = there.tree;
  }
  if (!git::tree_of(mirror, ask.from)) {
    SKEIN_TRY(there, git::fetch(world.layout.mirrors(), where, ask.onto.branch, ask.from,
                                world.config.git_timeout, {}));
    (void)there;
  }
  auto made = git::carry_over(ask.onto, *tree, ask.from, workspace::change_limits{});
  if (made) return carried_change{std::make_shared<const workspace::change_set>(std::move(*made)), {}};
  const bool told = made.error().code == errc::conflict || made.error().code == errc::refused;
  if (!told) return made.error();
  return carried_change{nullptr, made.error().message};
}

result<stored_text> put(const surroundings& world, const put_text& ask) {
  auto clean = (ask.secrets ? *ask.secrets : world.rules.secrets).redact(ask.text);
  const bool redacted = clean != ask.text;
  SKEIN_TRY(ref, world.artifacts.put(clean));
  return stored_text{ref, redacted};
}

}  // namespace

caf::typed_response_promise<prepared_base> repository_state::prepare(const prepare_base& ask) {
  // Before the promise: that takes the sender.
  const auto requester = caf::actor_cast<caf::actor_addr>(self->current_sender());
  self->monitor(requester);
  auto promise = self->make_response_promise<prepared_base>();
  bases.began(requester);
  auto done = [this, requester, promise](result<prepared> outcome) mutable {
    if (!outcome) {
      bases.ended(requester);
      promise.deliver(to_caf(outcome.error()));
      return;
    }
    bases.found(outcome->checkout, requester);
    promise.deliver(std::move(outcome->answer));
  };
  auto where = git::parse_location(ask.repo.url);
  if (!where) {
    done(where.error());
    return promise;
  }
  log_in(self, world->forges, *where, [this, ask, done](result<git::location> known) mutable {
    if (!known) return done(known.error());
    offload<prepared>(
        self, world->pool,
        [world = world, ask, at = *known] { return actors::prepare(*world, ask, at); }, done);
  });
  return promise;
}

caf::typed_response_promise<carried_change> repository_state::carry(const carry_change& ask) {
  auto promise = self->make_response_promise<carried_change>();
  auto done = [promise](result<carried_change> made) mutable {
    if (made) {
      promise.deliver(std::move(*made));
    } else {
      promise.deliver(to_caf(made.error()));
    }
  };
  auto where = git::parse_location(ask.repo_url);
  if (!where) {
    done(where.error());
    return promise;
  }
  log_in(self, world->forges, *where, [this, ask, done](result<git::location> known) mutable {
    if (!known) return done(known.error());
    offload<carried_change>(
        self, world->pool,
        [world = world, ask, at = *known] { return actors::carry(*world, ask, at); }, done);
  });
  return promise;
}

void repository_state::requester_gone(const caf::actor_addr& who) {
  bases.gone(who);
  for (const auto& unused : bases.take_excess()) {
    // Here and now: a request that comes next must not find it.
    world->pool.post([aside = git::set_aside(unused)] { (void)workspace::remove_tree(aside); });
  }
}

repository_actor::behavior_type repository(
    repository_actor::stateful_pointer<repository_state> self, surroundings_ptr world) {
  self->state.world = world;
  self->set_down_handler(
      [self](const caf::down_msg& down) { self->state.requester_gone(down.source); });
  auto on_pool = [self, world](auto work, auto&& ask) {
    using answer = typename decltype(work(*world, ask))::value_type;
    return answer_from_pool<answer>(self, world->pool,
                                    [world, work, ask] { return work(*world, ask); });
  };
  return {
      [self](const prepare_base& ask) { return self->state.prepare(ask); },
      [on_pool](const record_change& ask) { return on_pool(&record, ask); },
      [self](const carry_change& ask) { return self->state.carry(ask); },
      [on_pool](const put_text& ask) { return on_pool(&put, ask); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
