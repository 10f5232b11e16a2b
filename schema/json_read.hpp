// Reading members of JSON that was validated before: absent members keep a default, a wrong type
// throws. Not a validator, and not for input from outside.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace skein::schema::detail {

/// The member, or an empty object when it is absent or null.
[[nodiscard]] inline const nlohmann::json& member(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none = nlohmann::json::object();
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? none : *found;
}

[[nodiscard]] inline bool has(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

/// Overwrites `target` when the member is there.
template <class T>
void read(const nlohmann::json& object, const char* key, T& target) {
  const auto found = object.find(key);
  if (found != object.end() && !found->is_null()) target = found->get<T>();
}

/// Runs `body`, turning every complaint of the JSON library into the std::logic_error that the
/// `…_from_json` functions promise.
template <class Body>
auto reading(const char* what, Body body) {
  try {
    return body();
  } catch (const nlohmann::json::exception& wrong) {
    throw std::logic_error(std::string("not a valid ") + what + ": " + wrong.what());
  }
}

}  // namespace skein::schema::detail
