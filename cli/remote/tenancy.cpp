#include "cli/remote/tenancy.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::cli::remote {

namespace {

error no_run(const std::string& id) {
  return {errc::not_found, "no run " + id, "list them with `skein get runs`"};
}

error no_campaign(const std::string& name) {
  return {errc::not_found, "no campaign " + name, "list them with `skein get campaigns`"};
}

error too_wide(const console::identity& who, const std::string& what) {
  return {errc::unauthorised, who.name + " is an operator of tenant " + who.tenant + ": " + what,
          "ask an operator of the whole fleet"};
}

class claimer {
 public:
  claimer(const tenant_view& view, const console::identity& who) : view_(view), who_(who) {}

  result<> operator()(control::ask_owner&) const { return {}; }
  result<> operator()(actors::get_active&) const { return {}; }
  result<> operator()(actors::get_why& order) const { return own_run(order.run_id); }
  result<> operator()(actors::submit_run& order) const {
    order.by = who_.name;
    return own_tenant(order.task.tenant);
  }
  result<> operator()(actors::submit_campaign& order) const {
    order.by = who_.name;
    // What a list file says is the client's to read: here it would be a file of the fleet's
    // machine.
    for (const auto& each : order.campaign.repos) {
      if (!each.file.empty() || !each.glob.empty()) {
        return error{errc::refused,
                     "campaign " + order.campaign.name +
                         ": `file` and `glob` of repositories mean the client's "
                         "files and have to be expanded there",
                     "use the same version of skein on both sides"};
      }
    }
    SKEIN_CHECK(own_tenant(order.campaign.tenant));
    // A name that another tenant has.
    const auto known = view_.all().campaign(order.campaign.name);
    if (known && !view_.sees(known->value.tenant)) {
      return error{errc::conflict, "the name " + order.campaign.name + " is in use",
                   "choose another name"};
    }
    return {};
  }
  result<> operator()(actors::attach_run& order) const { return own_run(order.run_id); }
  result<> operator()(actors::retry_campaign& order) const {
    order.by = who_.name;
    return own_campaign(order.name);
  }
  result<> operator()(actors::control_campaign& order) const {
    order.by = who_.name;
    return own_campaign(order.name);
  }
  result<> operator()(actors::rollback_order& order) const {
    order.by = who_.name;
    return own_campaign(order.campaign);
  }
  result<> operator()(actors::decide_run& order) const {
    order.value.by = who_.name;
    return own_run(order.value.run_id);
  }
  result<> operator()(store::switch_row& order) const {
    order.by = who_.name;
    return own_scope(order.scope, order.target);
  }
  result<> operator()(store::lift_switch& order) const {
    order.by = who_.name;
    return own_scope(order.scope, order.target);
  }

 private:
  [[nodiscard]] result<> own_tenant(const std::string& tenant) const {
    if (view_.sees(tenant)) return {};
    return too_wide(who_, "not of " + tenant);
  }
  [[nodiscard]] result<> own_run(const std::string& id) const {
    if (view_.sees_all()) return {};
    SKEIN_TRY(found, view_.run(id));
    (void)found;
    return {};
  }
  [[nodiscard]] result<> own_campaign(const std::string& name) const {
    if (view_.sees_all()) return {};
    SKEIN_TRY(found, view_.campaign(name));
    (void)found;
    return {};
  }
  [[nodiscard]] result<> own_scope(store::switch_scope scope, const std::string& target) const {
    if (view_.sees_all()) return {};
    switch (scope) {
      case store::switch_scope::tenant:
        return own_tenant(target);
      case store::switch_scope::campaign:
        return own_campaign(target);
      case store::switch_scope::run:
        return own_run(target);
      case store::switch_scope::all:
      case store::switch_scope::repo:
        break;
    }
    return too_wide(who_, "a switch on " + std::string(store::to_string(scope)) +
                              " is for more than that tenant");
  }

  const tenant_view& view_;
  const console::identity& who_;
};

}  // namespace

result<std::string> tenant_view::resolve_run(const std::string& prefix) const {
  auto id = from_.resolve_run(prefix);
  if (sees_all()) return id;
  if (!id && id.error().code == errc::conflict) {
    // Whose the others are is nobody's business.
    return error{errc::conflict, "more than one run may begin with " + prefix,
                 "give more of the id"};
  }
  if (!id) return id;
  SKEIN_TRY(found, from_.run(*id));
  if (!sees(found.tenant)) return no_run(prefix);
  return id;
}

result<schema::run> tenant_view::run(const std::string& id) const {
  auto found = from_.run(id);
  if (found && !sees(found->tenant)) return no_run(id);
  return found;
}

result<store::campaign_row> tenant_view::campaign(const std::string& name) const {
  auto found = from_.campaign(name);
  if (found && !sees(found->value.tenant)) return no_campaign(name);
  return found;
}

result<std::string> tenant_view::task_json(const std::string& sha256) const {
  auto found = from_.task_json(sha256);
  if (!found || sees_all()) return found;
  const auto document = nlohmann::json::parse(*found, nullptr, false);
  if (document.is_object() && document.contains("metadata") &&
      sees(document["metadata"].value("tenant", std::string{"default"}))) {
    return found;
  }
  return error{errc::not_found, "no task " + sha256, {}};
}

result<std::vector<store::switch_row>> tenant_view::switches() const {
  SKEIN_TRY(rows, from_.switches());
  if (sees_all()) return std::move(rows);
  std::vector<store::switch_row> out;
  for (auto& row : rows) {
    const bool theirs = row.scope == store::switch_scope::all ||
                        (row.scope == store::switch_scope::tenant && sees(row.target)) ||
                        (row.scope == store::switch_scope::campaign && campaign(row.target)) ||
                        (row.scope == store::switch_scope::run && run(row.target));
    if (theirs) out.push_back(std::move(row));
  }
  return out;
}

result<> tenant_view::speaks_of(const std::string& id, const std::string& ref) const {
  if (sees_all()) return {};
  SKEIN_TRY(found, run(id));
  if (found.patch_ref == ref || found.log_ref == ref) return {};
  if (found.failed && found.failed->raw_log_ref == ref) return {};
  for (const auto& each : found.verdicts) {
    if (each.log_ref == ref) return {};
  }
  SKEIN_TRY(events, from_.events(id, 0, 0));
  for (const auto& each : events) {
    if (each.payload.find("\"" + ref + "\"") != std::string::npos) return {};
  }
  return error{errc::not_found, "no artifact " + ref, {}};
}

result<> claim(const tenant_view& view, const console::identity& who, control::request& order) {
  return std::visit(claimer{view, who}, order);
}

}  // namespace skein::cli::remote
