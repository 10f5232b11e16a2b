// One provider over HTTP: builds the request of its wire, reads the answer while it streams in, and
// says what it cost. One attempt; retries are model_client's.
#pragma once

#include "runtime/model/provider_settings.hpp"

namespace skein::model {

class wire_provider final : public provider {
 public:
  wire_provider(provider_settings settings, price_table prices,
                std::shared_ptr<http::client> sender, std::string key);

  std::shared_ptr<pending> ask(const conversation& said, const ask_settings& settings,
                               done_fn done) override;
  [[nodiscard]] spending worst_case(const conversation& said,
                                    const ask_settings& settings) const override;

 private:
  [[nodiscard]] std::string model_of(const ask_settings& settings) const;
  [[nodiscard]] bool allows(const std::string& model) const;

  provider_settings settings_;
  price_table prices_;
  std::shared_ptr<http::client> sender_;
  std::string key_;
};

}  // namespace skein::model
