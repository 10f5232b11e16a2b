// What words and operands of an assertion mean by themselves. Internal to the folder.
#pragma once

#include <string>
#include <string_view>

namespace skein::diff {

/// It holds whatever the subject does.
[[nodiscard]] bool always_true(std::string_view whole);
[[nodiscard]] bool is_size(const std::string& operand);
/// Names whose first two operands are held against each other.
[[nodiscard]] bool compares(const std::string& name);
/// Names that want their condition to be false.
[[nodiscard]] bool is_negative(const std::string& name);
/// assertNotEquals and its like: two operands, and a true first one says nothing.
[[nodiscard]] bool best_is_binary(const std::string& name);
[[nodiscard]] bool is_boolean(std::string_view operand);

}  // namespace skein::diff
