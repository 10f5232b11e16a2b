// Answers the console from a fleet and its state directory.
#pragma once

#include "actors/console/desk.hpp"
#include "actors/fleet_client.hpp"
#include "cli/remote/tenancy.hpp"
#include "cli/tenant_quotas.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/store/reader.hpp"
#include "runtime/store/writer.hpp"

#include <boost/lockfree/stack.hpp>

#include <atomic>
#include <memory>

namespace skein::cli::remote {

class state_desk final : public console::desk {
 public:
  /// `fleet` outlives it. `limits`: of the configuration that the fleet was started with.
  state_desk(actors::fleet_client& fleet, store::state_layout layout, tenant_limits limits = {});
  ~state_desk() override;

  result<console::page> carry_out(const console::identity& who, const std::string& verb,
                                  const std::string& args) override;
  result<console::page> ask(const console::identity& who, const std::string& method,
                            const std::string& args, const std::string& cursor) override;
  result<console::page> fetch(const console::identity& who, const std::string& run,
                              const std::string& ref, std::uint64_t offset,
                              std::uint32_t length) override;
  void note(const console::act& happened) override;
  [[nodiscard]] bool is_slow(std::string_view verb) const override;

 private:
  struct whole {
    std::string ref;
    std::string bytes;
  };
  /// One connection a call, kept for the next one.
  class borrowed;

  actors::fleet_client& fleet_;
  /// The limits of the tenants that `view` sees.
  [[nodiscard]] console::page limits(const tenant_view& view) const;

  const store::state_layout layout_;
  const tenant_limits limits_;
  const artifact::artifact_store artifacts_;
  boost::lockfree::stack<store::reader*, boost::lockfree::capacity<16>> idle_;
  std::atomic<std::shared_ptr<const whole>> last_;  ///< chunks of one artifact come in a row
};

}  // namespace skein::cli::remote
