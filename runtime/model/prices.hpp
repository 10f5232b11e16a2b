// What models cost. A table read from a file; what is not in it counts as the costliest that is.
#pragma once

#include "runtime/model/provider.hpp"

#include <map>
#include <string>
#include <string_view>

namespace skein::model {

/// USD per million tokens.
struct price {
  double input = 0;
  double output = 0;
  double cache_read = 0;
  double cache_write = 0;
  bool encrypted_reasoning = false;

  [[nodiscard]] double usd(const usage& used) const noexcept;
  friend bool operator==(const price&, const price&) = default;
};

class price_table {
 public:
  /// `kind: ModelPrices`. `file` is for messages. `invalid` names the place.
  [[nodiscard]] static result<price_table> read(std::string_view text, const std::string& file);
  /// The table that is shipped.
  [[nodiscard]] static const price_table& shipped();

  /// Adds or replaces.
  void set(const std::string& model, const price& value) { models_[model] = value; }

  struct found {
    price value;
    bool known = false;  ///< false: `value` is the costliest of the table in every part
  };
  [[nodiscard]] found find(std::string_view model) const;

 private:
  std::map<std::string, price, std::less<>> models_;
};

}  // namespace skein::model
