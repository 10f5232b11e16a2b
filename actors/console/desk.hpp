// What the console passes requests on to: whoever knows the fleet and its state. The console says
// who asks and that the role has the verb; what belongs to which tenant is the desk's to know.
#pragma once

#include "actors/console/identity.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::console {

struct page {
  std::string body;
  std::string next;         ///< there is more from here on
  std::uint64_t total = 0;  ///< of an artifact
};

/// Something that has to be in the audit trail.
struct act {
  std::string kind;  ///< snake_case: session_opened, hello_refused, order_refused …
  std::string by;
  std::string tenant;
  std::string what;
};

/// Every call blocks, and may come from several threads at once.
class desk {
 public:
  virtual ~desk() = default;
  /// `args`: JSON of the control protocol's verb. The value is the answer line of that protocol.
  [[nodiscard]] virtual result<page> carry_out(const identity& who, const std::string& verb,
                                               const std::string& args) = 0;
  [[nodiscard]] virtual result<page> ask(const identity& who, const std::string& method,
                                         const std::string& args, const std::string& cursor) = 0;
  [[nodiscard]] virtual result<page> fetch(const identity& who, const std::string& run,
                                           const std::string& ref, std::uint64_t offset,
                                           std::uint32_t length) = 0;
  /// Into the hash chain.
  virtual void note(const act& happened) = 0;

  /// Which lane: true for verbs that may take long because repositories are looked up.
  [[nodiscard]] virtual bool is_slow(std::string_view verb) const = 0;
};

}  // namespace skein::console
