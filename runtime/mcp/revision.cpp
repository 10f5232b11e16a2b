#include "runtime/mcp/revision.hpp"

#include "schema/text.hpp"

#include <algorithm>
#include <array>

namespace skein::mcp {
namespace {

constexpr std::array<revision, 3> known{{
    {"2025-11-25", true, true},
    {"2025-06-18", true, true},
    {"2025-03-26", false, false},
}};

}  // namespace

const revision& offered_revision() noexcept {
  return known.front();
}

result<const revision*> agree_on(std::string_view chosen, const std::vector<std::string>& also) {
  std::string accepted;
  for (const revision& each : known) {
    const bool taken =
        each.accepted || std::find(also.begin(), also.end(), each.name) != also.end();
    if (taken && each.name == chosen) return &each;
    if (taken) accepted += (accepted.empty() ? "" : ", ") + std::string(each.name);
  }
  return error{
      errc::unsupported,
      "the server chose revision " + schema::detail::in_quotes(chosen, 40) + " of the protocol",
      "use a server that speaks one of " + accepted};
}

}  // namespace skein::mcp
