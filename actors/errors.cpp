#include "actors/errors.hpp"

#include <caf/atom.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

namespace skein::actors {

namespace {

constexpr caf::atom_value category = caf::atom("skein");

}  // namespace

caf::error to_caf(const error& value) {
  // CAF reserves code 0 for "no error".
  return {static_cast<std::uint8_t>(static_cast<int>(value.code) + 1), category,
          caf::make_message(value.message, value.remedy)};
}

error from_caf(const caf::error& value, const std::string& attempted) {
  if (value.category() == category) {
    const auto& context = value.context();
    error result{static_cast<errc>(value.code() - 1), {}, {}};
    if (context.match_elements<std::string, std::string>()) {
      result.message = context.get_as<std::string>(0);
      result.remedy = context.get_as<std::string>(1);
    }
    return result;
  }
  if (value == caf::sec::request_timeout) {
    return {errc::timeout, attempted + ": no answer in time", "look at the log of the fleet"};
  }
  if (value == caf::sec::request_receiver_down || value.category() == caf::atom("exit")) {
    return {errc::unavailable, attempted + ": the actor asked is gone", {}};
  }
  return {errc::internal, attempted + ": " + caf::to_string(value), "report this as a bug"};
}

}  // namespace skein::actors
