// A change that goes on an open pull request: pushed to its branch, in place of a second one.
#include "actors/publisher.hpp"

namespace skein::actors {

using pr_state = store::pull_request_state;

void publisher_state::read_followed(const delivery_ptr& work, std::function<void()> then) {
  store::pull_request_filter that;
  that.run_id = work->order.follows->run;
  self->request(store, store_timeout, get_pull_requests{that})
      .then(
          [work, then](const pull_request_list& rows) {
            if (rows.size() == 1) {
              work->followed = rows.front();
              work->number = rows.front().number;
              work->describe();
            }
            then();
          },
          [this, work](const caf::error& failed) {
            fail(work, from_caf(failed, "read the pull request"));
          });
}

void publisher_state::follow(const delivery_ptr& work) {
  if (work->stopped()) return cancelled(work, "before anything was sent");
  const auto& row = work->followed;
  const auto before = work->branch_before();
  const bool there = row && row->state == pr_state::open;
  if (there && row->commit == before && row->head_commit == before) return begin(work);
  // Somebody closed it, merged it, or took its branch over: that is their answer.
  publish_outcome outcome;
  outcome.duplicate = true;
  outcome.reason = "pull request " + work->url +
                   (there ? " was moved on by somebody" : " is not open any more");
  deliver(work, std::move(outcome));
}

void publisher_state::followed(const delivery_ptr& work, const std::string& how) {
  store::set_pull_request more;
  more.run_id = work->order.follows->run;
  more.commit = work->commit;
  more.head_commit = work->commit;
  more.checks = store::checks_state::none;
  more.kind = "pull_request_updated";
  if (work->order.follows->rebase()) {
    more.kind = "pull_request_rebased";
    more.base_commit = work->order.base.commit;
    more.rebase_end = std::string{};
  }
  more.payload = {
      {"commit", work->commit}, {"by", work->order.run.id}, {"round", work->order.follows->round}};
  keep(work, std::move(more), "record the new commit of the pull request", [this, work, how] {
    self->send(self, look_at{{work->order.follows->run}});
    on_the_branch(work, how);
  });
}

void publisher_state::on_the_branch(const delivery_ptr& work, const std::string& how) {
  work->tries = 0;
  if (work->order.follows->rebase() && work->place && work->number != 0) return retell(work, how);
  settle(work, store::outbox_state::done, how, [this, work] {
    deliver(work, {work->publication(), {}, false});
  });
}

}  // namespace skein::actors
