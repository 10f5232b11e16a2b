// The questions of the remote protocol: one for each method of store::reader, answered in pages.
#pragma once

#include "actors/console/desk.hpp"
#include "cli/remote/tenancy.hpp"

#include <string>

namespace skein::cli::remote {

/// `unsupported` for a method that is not known.
[[nodiscard]] result<console::page> answer_question(const tenant_view& view,
                                                    const std::string& method,
                                                    const std::string& args,
                                                    const std::string& cursor);

}  // namespace skein::cli::remote
