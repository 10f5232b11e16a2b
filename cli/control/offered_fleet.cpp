#include "cli/control/offered_fleet.hpp"

#include <algorithm>

namespace skein::cli::control {

namespace {

/// For requests that are under way when the fleet stops: a kill is answered within this.
constexpr std::chrono::milliseconds answer_grace{3'000};
constexpr std::chrono::seconds forgotten_stop{30};

}  // namespace

result<std::unique_ptr<offered_fleet>> offered_fleet::open(
    std::unique_ptr<actors::fleet_client> fleet, server_options options) {
  std::unique_ptr<offered_fleet> made{new offered_fleet{std::move(fleet)}};
  auto offered = server::open(*made->fleet_, std::move(options));
  if (!offered) return offered.error();
  made->server_ = std::move(*offered);
  return made;
}

offered_fleet::~offered_fleet() {
  if (!stopped_) (void)stop(forgotten_stop);
}

result<> offered_fleet::stop(std::chrono::milliseconds deadline) {
  stopped_ = true;
  if (server_) server_->close(std::min(deadline, answer_grace));
  return fleet_->stop(deadline);
}

}  // namespace skein::cli::control
