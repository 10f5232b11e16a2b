// The judges, in one include: what they see, what they say, who they are.
#pragma once

#include "runtime/judge/by_model.hpp"     // IWYU pragma: export
#include "runtime/judge/judged_case.hpp"  // IWYU pragma: export
#include "runtime/judge/opinion.hpp"      // IWYU pragma: export
#include "runtime/judge/rules.hpp"        // IWYU pragma: export
