// The files of the fleet's own authority and server certificate:
//
//   STATE/pki/            0700
//   ├─ ca.pem, ca.key     the authority, ten years
//   ├─ server.pem, .key   one year, renewed by `serve` in its last month
//   └─ local.yaml         credentials of who started the fleet, for this machine
//   STATE/operators.json  who else may connect
#pragma once

#include "actors/console/credentials.hpp"
#include "actors/console/operators.hpp"

namespace skein::console {

struct keyring {
  std::string authority;  ///< PEM, without its key
  certified_key server;
};

class keyring_files {
 public:
  explicit keyring_files(std::filesystem::path state);

  [[nodiscard]] std::filesystem::path operators() const { return state_ / "operators.json"; }
  [[nodiscard]] std::filesystem::path local_credentials() const { return pki_ / "local.yaml"; }

  /// On a first start makes everything, with `person` as local admin. Renews the server's
  /// certificate when its time is nearly over. `refused` when a file is missing or out of date and
  /// cannot be made again. Blocking.
  [[nodiscard]] result<keyring> open(const std::string& person, std::int64_t now_ms) const;

  struct wish {
    std::string name;
    console::role role = console::role::viewer;
    std::string tenant;
    std::string by;
    std::int64_t expires_ms = 0;
  };
  /// `conflict` when the name is in use; `not_found` before the first start of `serve`. Blocking.
  [[nodiscard]] result<credentials> add(const wish& wanted, std::int64_t now_ms) const;
  /// New token and certificate for a known operator; the old ones end at once. Blocking.
  [[nodiscard]] result<credentials> rotate(const std::string& name, const std::string& by,
                                           std::int64_t expires_ms, std::int64_t now_ms) const;
  [[nodiscard]] result<> revoke(const std::string& name, const std::string& by,
                                std::int64_t now_ms) const;
  /// Writes local.yaml again with another address in it. Blocking.
  [[nodiscard]] result<> say_where(const std::string& server) const;

 private:
  [[nodiscard]] result<> make_authority_files(std::int64_t now_ms) const;
  [[nodiscard]] result<> renew_server(std::int64_t now_ms) const;
  [[nodiscard]] result<> make_local(const std::string& person, std::int64_t now_ms) const;
  [[nodiscard]] result<certified_key> authority() const;
  [[nodiscard]] result<credentials> equip(operator_row& row, std::int64_t now_ms) const;

  std::filesystem::path state_;
  std::filesystem::path pki_;
};

}  // namespace skein::console
