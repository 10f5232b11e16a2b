// The revisions of the protocol this client knows. A row is all that a new one with the same
// handshake takes. Not a negotiation: session does that.
#pragma once

#include "schema/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::mcp {

struct revision {
  std::string_view name;
  bool accepted = false;        ///< from any server; else only where a caller asks for it
  bool version_header = false;  ///< over HTTP every request after the first carries its name
};

/// The newest: what is offered to every server.
[[nodiscard]] const revision& offered_revision() noexcept;

/// What a server chose. `unsupported` names what it may choose; `also` are names of known revisions
/// that the caller takes besides.
[[nodiscard]] result<const revision*> agree_on(std::string_view chosen,
                                               const std::vector<std::string>& also);

}  // namespace skein::mcp
