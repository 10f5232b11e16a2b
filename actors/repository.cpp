#include "actors/repository.hpp"

#include "actors/offload.hpp"

#include <filesystem>

namespace skein::actors {

namespace {

result<prepared_base> prepare(const surroundings& world, const prepare_base& ask) {
  SKEIN_TRY(where, git::parse_location(ask.repo.url));
  SKEIN_TRY(base, git::fetch(world.layout.mirrors(), where, ask.repo.branch, ask.repo.commit,
                             world.config.git_timeout, ask.stop));
  SKEIN_TRY(checkout, git::checkout(world.layout.bases(), where, base, ask.stop));
  SKEIN_TRY(ignored, git::ignore_rules(base, checkout));
  prepared_base prepared{base, checkout, {}, ignored};
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(checkout, failed)) {
    prepared.root_entries.push_back(entry.path().filename().string());
  }
  if (failed) return errno_error("list " + checkout.string(), failed.value());
  return prepared;
}

result<recorded_change> record(const surroundings& world, const record_change& ask) {
  SKEIN_TRY(tree, git::write_tree(ask.base, *ask.change));
  SKEIN_TRY(diff, git::diff_trees(ask.base, tree));
  recorded_change recorded{tree, std::move(diff), {}, {}};
  for (const auto& found : world.secrets.scan_added(recorded.diff.patch)) {
    recorded.secrets.push_back({found.rule, "error", found.path, found.line, "block",
                                "secret in the change: " + found.description});
  }
  // A patch that carries a secret is kept only with the secret taken out.
  const auto& patch = recorded.diff.patch;
  SKEIN_TRY(ref, world.artifacts.put(recorded.secrets.empty() ? patch : world.secrets.redact(patch)));
  recorded.patch_ref = ref;
  return recorded;
}

result<stored_text> put(const surroundings& world, const put_text& ask) {
  auto clean = world.secrets.redact(ask.text);
  const bool redacted = clean != ask.text;
  SKEIN_TRY(ref, world.artifacts.put(clean));
  return stored_text{ref, redacted};
}

}  // namespace

repository_actor::behavior_type repository(
    repository_actor::stateful_pointer<repository_state> self, surroundings_ptr world) {
  auto on_pool = [self, world](auto work, auto&& ask) {
    using answer = typename decltype(work(*world, ask))::value_type;
    return answer_from_pool<answer>(self, world->pool,
                                    [world, work, ask] { return work(*world, ask); });
  };
  return {
      [on_pool](const prepare_base& ask) { return on_pool(&prepare, ask); },
      [on_pool](const record_change& ask) { return on_pool(&record, ask); },
      [on_pool](const put_text& ask) { return on_pool(&put, ask); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
