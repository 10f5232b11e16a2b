// What of the fleet's state belongs to an operator of one tenant. Everything else does not exist
// for them.
#pragma once

#include "actors/console/identity.hpp"
#include "cli/control/protocol.hpp"
#include "runtime/store/reader.hpp"

namespace skein::cli::remote {

/// A reader through one tenant's eyes; an empty tenant sees everything.
class tenant_view {
 public:
  tenant_view(const store::reader& from, std::string tenant)
      : from_(from), tenant_(std::move(tenant)) {}

  [[nodiscard]] bool sees(const std::string& tenant) const {
    return tenant_.empty() || tenant == tenant_;
  }
  [[nodiscard]] bool sees_all() const { return tenant_.empty(); }
  [[nodiscard]] const store::reader& all() const { return from_; }
  [[nodiscard]] const std::string& tenant() const { return tenant_; }

  [[nodiscard]] result<std::string> resolve_run(const std::string& prefix) const;
  [[nodiscard]] result<schema::run> run(const std::string& id) const;
  [[nodiscard]] result<store::campaign_row> campaign(const std::string& name) const;
  [[nodiscard]] result<std::string> task_json(const std::string& sha256) const;
  [[nodiscard]] result<std::vector<store::switch_row>> switches() const;
  /// Is the artifact one that this run of theirs speaks of?
  [[nodiscard]] result<> speaks_of(const std::string& run, const std::string& ref) const;

 private:
  const store::reader& from_;
  std::string tenant_;
};

/// Puts the operator's name on the order, and refuses what is not theirs: `not_found` for what
/// belongs to others, `unauthorised` for what is wider than a tenant.
[[nodiscard]] result<> claim(const tenant_view& view, const console::identity& who,
                             control::request& order);

}  // namespace skein::cli::remote
