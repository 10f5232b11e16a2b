// A pull request that is open: that of run 0001aaaa, number 7 at the forge, and the runs that the
// platform queues to go on with it.
#pragma once

#include "actors/system/follow_up.hpp"
#include "schema/identity.hpp"
#include "tests/actors/publisher_fixture.hpp"

namespace skein::actors::test {

class open_pull_fixture : public publisher_fixture {
 protected:
  [[nodiscard]] schema::task task_for(schema::agent_kind kind) const {
    schema::task task;
    task.name = "replace-api";
    task.tenant = "payments";
    task.spec.intent = "Replace old_api by new_api in the sources, behaviour stays as it is";
    task.spec.scope.include = {"src/**"};
    task.spec.agent.kind = kind;
    task.spec.agent.provider = "p";
    task.spec.agent.model = "m";
    if (kind == schema::agent_kind::external) task.spec.agent.use = "codex";
    task.spec.agent.steps = {{"true", {}}};
    task.spec.agent_given = true;
    task.spec.repo.url = remote();
    schema::verifier_spec unit;
    unit.name = "unit";
    unit.run = "true";
    task.spec.verifiers = {unit};
    return task;
  }
  void open(const schema::task& task) {
    pinned_ = task.spec.repo.commit;
    const auto frozen = schema::freeze(task);
    must(store::put_task{frozen.sha256, frozen.json});
    task_sha256_ = frozen.sha256;
    ASSERT_TRUE(publish_to_the_end(add_run("0001aaaa", "f1"))->value->published);
    shown_at(now().commit);
  }
  /// The forge has heard of the push.
  void shown_at(const std::string& commit) {
    hub_.branch(hub_.pulls()[0].head, commit);
    hub_.change(7, [&](auto& pull) {
      pull.sha = commit;
      pull.updated = "";
    });
  }
  void look(int hours = 3) {
    for (int i = 0; i < hours; ++i) pass(std::chrono::hours{1});
  }
  [[nodiscard]] store::pull_request_row now() const { return record("0001aaaa"); }
  [[nodiscard]] schema::task_spec spec_of(const schema::run& run) const {
    return schema::task_from_json(
               nlohmann::json::parse(reader_->task_json(run.task_sha256).value()))
        .spec;
  }
  /// The run's work, as far as publishing: on what its task names, as that is now, with this text.
  schema::run make_anew(const schema::run& queued, const std::string& text) {
    const auto spec = spec_of(queued);
    follows_ = spec.follow_up;
    const auto base = git::fetch(store::state_layout{directory_ / "state"}.mirrors(),
                                 *git::parse_location(remote()), spec.repo.branch, spec.repo.commit,
                                 std::chrono::seconds{30}, {});
    EXPECT_TRUE(base) << base.error().message;
    base_ = *base;
    return bring_to_publish(queued.id, changed("src/a.c", text));
  }
  std::shared_ptr<outcome> publish_anew(const schema::run& queued, const std::string& text) {
    auto out = publish_to_the_end(make_anew(queued, text));
    if (out->value && out->value->published) conclude(queued.id);
    return out;
  }
  std::string tip() { return said("git -C served/acme/pay.git rev-parse " + now().branch); }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& each : reader_->events("0001aaaa", 0, 0).value()) out.push_back(each.kind);
    return out;
  }
};

}  // namespace skein::actors::test
