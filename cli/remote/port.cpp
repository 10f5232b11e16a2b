#include "cli/remote/port.hpp"

#include "actors/console/keyring.hpp"
#include "actors/console/service.hpp"
#include "cli/person.hpp"
#include "cli/remote/state_desk.hpp"
#include "cli/state_view.hpp"

#include <spdlog/spdlog.h>

#include <map>

namespace skein::cli::remote {

namespace {

using console::operator_row;

class open_port final : public port {
 public:
  open_port(const std::filesystem::path& state, actors::fleet_client& fleet, tenant_limits limits)
      : desk_(fleet, store::state_layout{state}, std::move(limits)),
        book_(console::keyring_files{state}.operators()),
        noted_file_(state / "operators.noted.json") {
    if (auto noted = console::read_operators(noted_file_)) take(std::move(*noted));
  }

  result<> listen(const std::filesystem::path& state, const console::endpoint& where) {
    console::service_options options;
    options.state = state;
    options.listen = where;
    options.person = current_person();
    options.program = SKEIN_VERSION;
    options.now_ms = now_ms;
    SKEIN_TRY(opened, console::service::open(std::move(options), desk_));
    service_ = std::move(opened);
    return {};
  }

  [[nodiscard]] std::string address() const override {
    return service_ ? to_string(service_->address()) : std::string();
  }

  void note_changes() override {
    bool changed = false;
    for (const auto& row : book_.rows()) {
      const auto known = noted_.find(row.name);
      const auto kind = known == noted_.end() ? "operator_added" : change(known->second, row);
      if (kind == nullptr) continue;
      changed = true;
      desk_.note({kind, row.changed_by, row.tenant,
                  row.name + ", role " + std::string(to_string(row.role))});
    }
    if (!changed) return;
    take(book_.rows());
    if (auto kept = console::write_operators(noted_file_, book_.rows()); !kept) {
      spdlog::error("{}", kept.error().message);
    }
  }

 private:
  static const char* change(const operator_row& before, const operator_row& now) {
    if (before.revoked_ms == 0 && now.revoked_ms != 0) return "operator_revoked";
    if (before.revoked_ms != 0 && now.revoked_ms == 0) return "operator_added";
    if (before.token_sha256 != now.token_sha256) return "operator_rotated";
    if (before.role != now.role || before.tenant != now.tenant) return "operator_changed";
    return nullptr;
  }
  void take(const std::vector<operator_row>& rows) {
    noted_.clear();
    for (const auto& row : rows) noted_.emplace(row.name, row);
  }

  state_desk desk_;
  console::operator_book book_;
  const std::filesystem::path noted_file_;
  std::map<std::string, operator_row> noted_;
  std::unique_ptr<console::service> service_;  // goes first: it asks the desk
};

}  // namespace

result<std::unique_ptr<port>> port::open(const std::filesystem::path& state,
                                         const console::endpoint& where,
                                         actors::fleet_client& fleet, tenant_limits limits) {
  auto made = std::make_unique<open_port>(state, fleet, std::move(limits));
  if (!where.host.empty()) {
    SKEIN_CHECK(made->listen(state, where));
  } else if (auto keys = console::keyring_files{state}.open(current_person(), now_ms()); !keys) {
    spdlog::warn("{}", keys.error().message);
  }
  made->note_changes();
  return std::unique_ptr<port>{std::move(made)};
}

}  // namespace skein::cli::remote
